"""Cases of the acoustic half: flow matching and vocoders."""

import re
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.flow import Flow, read_flow
from myna.engines.cosyvoice.acoustic.flow_noise import flow_noise
from myna.engines.cosyvoice.acoustic.matching import Stretch, follow
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
from tests.parity.case import Case, Row, left_out
from tests.parity.cosyvoice.recipe import FilledState, uniform

_MEL = re.compile(r"(sft_)?(nostream(?:_open)?|stream_open|stream_final)(?:_(\d+))?")
_SEEDED = re.compile(r"source_seed(\d+)(_cached)?")
_TABLE_FRAMES = 15_000

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
    yield from _compare_parts(case, flow, torch.cat([prompt.tokens, tokens]))
    yield from _compare_noise(case, flow)
    silent = SpeechPrompt(prompt.tokens[:0], prompt.mel[:, :0], prompt.speaker_vector)
    for name in case.arrays:
        if found := _MEL.fullmatch(name):
            given = tokens[: int(found[3])] if found[3] else tokens
            voice = silent if found[1] else prompt
            yield case.compare(name, _mel(flow, voice, given, found[2]).numpy())
        elif name.startswith("consistency_"):
            yield left_out(case.name, name, "left out: how upstream's own chunks differ")


def _mel(flow: Flow, voice: SpeechPrompt, tokens: Tensor, how: str) -> Tensor:
    ready = tokens.shape[0] - (LOOK_AHEAD_TOKENS if how.endswith("open") else 0)
    if how.startswith("nostream"):
        return _whole(flow, voice, tokens, ready)
    stream = MelStream(flow, voice, FlowOptions())
    stream.take(tokens)
    return stream.advance(ready)


def _whole(flow: Flow, voice: SpeechPrompt, tokens: Tensor, ready: int) -> Tensor:
    """Make the mel of the first tokens at once; those after them are only looked ahead at."""
    if ready == tokens.shape[0]:
        return flow.mel(voice, tokens, FlowOptions())
    span = Span(0, voice.tokens.shape[0] + ready)
    asked = flow.encoded(torch.cat([voice.tokens, tokens]), span)
    stretch = Stretch(flow.condition(asked, span, voice), flow.noise(span, voice, None))
    return follow(flow.field, stretch, FlowOptions())[:, :, voice.mel.shape[1] :]


def _compare_parts(case: Case, flow: Flow, tokens: Tensor) -> Iterator[Row]:
    if "nostream_encoder" in case.arrays:
        span = Span(0, tokens.shape[0])
        embedded = torch.nn.functional.embedding(tokens, flow.table)[None]
        yield case.compare("nostream_encoder", flow.encoder.hidden(embedded, span, None).numpy())
    if "est_out" in case.arrays:
        point, mu, speaker, prompt = (
            torch.from_numpy(case.arrays[f"est_{name}"]) for name in ("x", "mu", "spks", "cond")
        )
        moment = flow.field.moment(float(case.arrays["est_t"][0]))
        out = flow.field.velocity(point, Condition(mu, speaker, prompt), moment, None)
        yield case.compare("est_out", out.numpy())


def _compare_noise(case: Case, flow: Flow) -> Iterator[Row]:
    table = flow_noise(flow.n_mels, 0, _TABLE_FRAMES)[0]
    for name, part in (("head", table), ("tail", table.flip(0, 1))):
        expected = case.arrays.get(f"rand_noise_{name}")
        if expected is not None:
            rows, columns = expected.shape
            corner = part[:rows, :columns]
            corner = corner.flip(0, 1) if name == "tail" else corner
            yield case.compare(f"rand_noise_{name}", corner.numpy())
    total = table.to(torch.float64).sum().numpy()
    yield case.compare("rand_noise_sum", total, relative_to=float(table.abs().sum()))


def read_flow_of(case: Case) -> Flow:
    tensors = Tensors(FilledState(case.keys_path), case.keys_path.name)
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
    heard = vocoder.pitch(mel)
    yield case.compare("f0", heard.numpy())
    given = case.arrays.get("f0")
    pitch = heard if given is None else torch.from_numpy(given).to(torch.float32)
    for name in case.arrays:
        if found := _SEEDED.fullmatch(name):
            source = _seeded(case, vocoder, pitch, int(found[1]), cached=bool(found[2]))
            yield case.compare(name, source.numpy())
            wave = f"wav_{name.removeprefix('source_')}"
            excitation = torch.from_numpy(case.arrays[name])
            yield case.compare(wave, vocoder(mel, excitation)[None].numpy())
    silent = torch.zeros(1, 1, frames * SAMPLES_PER_FRAME)
    yield case.compare("wav_zero_source", vocoder(mel, silent)[None].numpy())


def _seeded(case: Case, vocoder: Vocoder, pitch: Tensor, seed: int, *, cached: bool) -> Tensor:
    draw = published_draw(torch.Generator().manual_seed(seed))
    noise = draw(pitch.shape[1], vocoder.source.harmonics)
    source = vocoder.source(pitch, noise, precision=torch.float32)
    if not cached:
        return source
    kept = torch.from_numpy(case.arrays["cache_source"])
    return torch.cat([kept, source[:, :, kept.shape[2] :]], dim=2)


def compare_causal_vocoder(case: Case) -> Iterator[Row]:
    """As `compare_vocoder`, with the noise of the data, whole and of a beginning."""
    vocoder = read_vocoder_of(case)
    mel = torch.from_numpy(case.arrays["mel"])
    frames, harmonics = mel.shape[2], vocoder.source.harmonics
    table = (uniform("cv3.sine_noise", frames * SAMPLES_PER_FRAME * harmonics) + 1) / 2
    noise = torch.from_numpy(table.reshape(-1, harmonics))
    heard = vocoder.pitch(mel)
    yield case.compare("f0", heard.numpy())
    pitch = torch.from_numpy(case.arrays.get("f0", heard.numpy())).to(torch.float32)
    source = vocoder.source(pitch, noise, precision=torch.float32)
    yield case.compare("source", source.numpy())
    excitation = torch.from_numpy(case.arrays.get("source", source.numpy()))
    yield case.compare("wav", vocoder(mel, excitation)[None].numpy())
    for name in case.arrays:
        if found := re.fullmatch(r"wav_open_(\d+)", name):
            yield from _compare_beginning(case, vocoder, noise, int(found[1]))


def _compare_beginning(case: Case, vocoder: Vocoder, noise: Tensor, given: int) -> Iterator[Row]:
    """What is certain of the first frames when only so many are given."""
    mel = torch.from_numpy(case.arrays["mel"])[:, :, :given]
    heard = given - vocoder.pitch.ahead
    pitch = torch.from_numpy(case.arrays["f0"]).to(torch.float32)[:, :heard]
    mine = vocoder.pitch(mel)[:, :heard].numpy()
    error = float(np.abs(mine - case.arrays["f0"][:, :heard]).max() / case.arrays["f0"].max())
    yield Row(case.name, f"f0 of the first {given}", error, case.tolerance)
    draws = noise[: heard * SAMPLES_PER_FRAME]
    source = vocoder.source(pitch, draws, precision=torch.float32)
    yield case.compare(f"source_open_{given}", source.numpy())
    expected = case.arrays.get(f"source_open_{given}")
    excitation = source if expected is None else torch.from_numpy(expected)
    certain = (heard - vocoder.ahead) * SAMPLES_PER_FRAME
    wave = vocoder(mel[:, :, :heard], excitation)[:certain]
    yield case.compare(f"wav_open_{given}", wave[None].numpy())


def read_vocoder_of(case: Case) -> Vocoder:
    tensors = Tensors(FilledState(case.keys_path), case.keys_path.name)
    return read_vocoder(tensors, version=_VERSIONS[case.config["kind"]])
