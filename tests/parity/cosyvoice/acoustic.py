"""Cases of the acoustic half: flow matching and vocoders."""

import re
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.flow import Flow, read_flow
from myna.engines.cosyvoice.acoustic.mel_stream import MelStream
from myna.engines.cosyvoice.acoustic.published_stream import published_draw
from myna.engines.cosyvoice.acoustic.request import (
    LOOK_AHEAD_TOKENS,
    SAMPLES_PER_FRAME,
    FlowOptions,
    Span,
    SpeechPrompt,
)
from myna.engines.cosyvoice.acoustic.velocity import Condition
from myna.engines.cosyvoice.acoustic.vocoder import Vocoder, read_vocoder
from myna.engines.cosyvoice.version import Version
from tests.parity.case import Case, Row
from tests.parity.cosyvoice.recipe import FilledState, uniform

_VERSIONS = {
    "flow": Version.COSYVOICE2,
    "flow_v3": Version.COSYVOICE3,
    "hift": Version.COSYVOICE2,
    "hift_v3": Version.COSYVOICE3,
}


def compare_flow(case: Case) -> Iterator[Row]:
    """Conditions, one velocity, and whole and streamed mels."""
    flow = read_flow_of(case)
    prompt = prompt_of(case)
    tokens = torch.from_numpy(case.arrays["token"][0].astype(np.int64))
    if "nostream_encoder" in case.arrays:
        yield from _compare_parts(case, flow, torch.cat([prompt.tokens, tokens]))
    silent = SpeechPrompt(prompt.tokens[:0], prompt.mel[:, :0], prompt.speaker_vector)
    for name in case.arrays:
        if found := re.fullmatch(r"(sft_)?(nostream|stream_open|stream_final)(?:_(\d+))?", name):
            given = tokens[: int(found[3])] if found[3] else tokens
            voice = silent if found[1] else prompt
            if found[2] == "nostream":
                mel = flow.mel(voice, given, FlowOptions())
            else:
                left_out = LOOK_AHEAD_TOKENS if found[2] == "stream_open" else 0
                stream = MelStream(flow, voice, FlowOptions())
                stream.take(given)
                mel = stream.advance(given.shape[0] - left_out)
            yield case.compare(name, mel.numpy())


def _compare_parts(case: Case, flow: Flow, tokens: Tensor) -> Iterator[Row]:
    span = Span(0, tokens.shape[0])
    embedded = torch.nn.functional.embedding(tokens, flow.table)[None]
    yield case.compare("nostream_encoder", flow.encoder.hidden(embedded, span, None).numpy())
    point, mu, speaker, prompt = (
        torch.from_numpy(case.arrays[f"est_{name}"]) for name in ("x", "mu", "spks", "cond")
    )
    time = float(case.arrays["est_t"][0])
    out = flow.field.velocity(point, Condition(mu, speaker, prompt), time, None)
    yield case.compare("est_out", out.numpy())
    table = flow.noise(Span(0, 7500), SpeechPrompt(tokens[:0], mu[0, :, :0], speaker[0]), None)[0]
    yield case.compare("rand_noise_head", table[:4, :64].numpy())
    yield case.compare("rand_noise_tail", table[-2:, -64:].numpy())


def read_flow_of(case: Case) -> Flow:
    assert case.keys_file is not None
    tensors = Tensors(FilledState(case.folder / case.keys_file), case.keys_file)
    head_width = case.config["model"].get("estimator", {}).get("attention_head_dim", 64)
    return read_flow(tensors, version=_VERSIONS[case.config["kind"]], head_width=head_width)


def prompt_of(case: Case) -> SpeechPrompt:
    tokens, mel, vector = (
        torch.from_numpy(case.arrays[name][0])
        for name in ("prompt_token", "prompt_feat", "embedding")
    )
    return SpeechPrompt(tokens.to(torch.int64), mel.T, vector)


def compare_vocoder(case: Case) -> Iterator[Row]:
    """Pitch, then excitation of the expected pitch, then sound of the expected excitation.

    Phases add up the pitch: what is a millionth of it is a thousandth of the sound a second on.
    """
    vocoder = read_vocoder_of(case)
    mel = torch.from_numpy(case.arrays["mel"])
    frames = mel.shape[2]
    yield case.compare("f0", vocoder.pitch(mel).numpy())
    pitch = torch.from_numpy(case.arrays["f0"]).to(torch.float32)
    for seed in (11, 12):
        draw = published_draw(torch.Generator().manual_seed(seed))
        noise = draw(frames, vocoder.source.harmonics)
        source = vocoder.source(pitch, noise, precision=torch.float32)
        if seed == 12:
            cached = torch.from_numpy(case.arrays["cache_source"])
            source = torch.cat([cached, source[:, :, cached.shape[2] :]], dim=2)
        ending = "seed12_cached" if seed == 12 else "seed11"
        yield case.compare(f"source_{ending}", source.numpy())
        expected = torch.from_numpy(case.arrays[f"source_{ending}"])
        yield case.compare(f"wav_{ending}", vocoder(mel, expected)[None].numpy())
    silent = torch.zeros(1, 1, frames * SAMPLES_PER_FRAME)
    yield case.compare("wav_zero_source", vocoder(mel, silent)[None].numpy())


def compare_causal_vocoder(case: Case) -> Iterator[Row]:
    """As `compare_vocoder`, with the noise of the data, whole and of a beginning."""
    vocoder = read_vocoder_of(case)
    mel = torch.from_numpy(case.arrays["mel"])
    frames, harmonics = mel.shape[2], vocoder.source.harmonics
    table = (uniform("cv3.sine_noise", frames * SAMPLES_PER_FRAME * harmonics) + 1) / 2
    noise = torch.from_numpy(table.reshape(-1, harmonics))
    yield case.compare("f0", vocoder.pitch(mel).numpy())
    pitch = torch.from_numpy(case.arrays["f0"]).to(torch.float32)
    source = vocoder.source(pitch, noise, precision=torch.float32)
    yield case.compare("source", source.numpy())
    expected = torch.from_numpy(case.arrays["source"])
    yield case.compare("wav", vocoder(mel, expected)[None].numpy())
    yield from _compare_beginning(case, vocoder, noise, 38)


def _compare_beginning(case: Case, vocoder: Vocoder, noise: Tensor, given: int) -> Iterator[Row]:
    """What is certain of the first frames when only so many are given."""
    mel = torch.from_numpy(case.arrays["mel"])[:, :, :given]
    whole = torch.from_numpy(case.arrays["f0"]).to(torch.float32)
    heard = given - vocoder.pitch.ahead
    pitch = torch.cat([vocoder.pitch(mel)[:, :heard], whole[:, heard:]], dim=1)
    yield case.compare("f0", pitch.numpy())
    draws = noise[: heard * SAMPLES_PER_FRAME]
    source = vocoder.source(whole[:, :heard], draws, precision=torch.float32)
    yield case.compare(f"source_open_{given}", source.numpy())
    expected = torch.from_numpy(case.arrays[f"source_open_{given}"])
    certain = (heard - vocoder.ahead) * SAMPLES_PER_FRAME
    wave = vocoder(mel[:, :, :heard], expected)[:certain]
    yield case.compare(f"wav_open_{given}", wave[None].numpy())


def read_vocoder_of(case: Case) -> Vocoder:
    assert case.keys_file is not None
    tensors = Tensors(FilledState(case.folder / case.keys_file), case.keys_file)
    return read_vocoder(tensors, version=_VERSIONS[case.config["kind"]])
