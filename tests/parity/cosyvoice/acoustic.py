"""Cases of the acoustic half: flow matching and vocoders."""

import re
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.flow import Flow, read_flow
from myna.engines.cosyvoice.acoustic.mel_stream import MelStream
from myna.engines.cosyvoice.acoustic.request import (
    LOOK_AHEAD_TOKENS,
    FlowOptions,
    Span,
    SpeechPrompt,
)
from myna.engines.cosyvoice.acoustic.velocity import Condition
from myna.engines.cosyvoice.version import Version
from tests.parity.case import Case, Row
from tests.parity.cosyvoice.recipe import FilledState

_VERSIONS = {"flow": Version.COSYVOICE2, "flow_v3": Version.COSYVOICE3}


def compare_flow(case: Case) -> Iterator[Row]:
    """Conditions, one velocity, and whole and streamed mels."""
    flow = _flow(case)
    prompt = _prompt(case)
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


def _flow(case: Case) -> Flow:
    assert case.keys_file is not None
    tensors = Tensors(FilledState(case.folder / case.keys_file), case.keys_file)
    head_width = case.config["model"].get("estimator", {}).get("attention_head_dim", 64)
    return read_flow(tensors, version=_VERSIONS[case.config["kind"]], head_width=head_width)


def _prompt(case: Case) -> SpeechPrompt:
    tokens, mel, vector = (
        torch.from_numpy(case.arrays[name][0])
        for name in ("prompt_token", "prompt_feat", "embedding")
    )
    return SpeechPrompt(tokens.to(torch.int64), mel.T, vector)
