"""Whole syntheses: the language model's tokens, the flow's mel, the vocoder's sound."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from myna.engines.cosyvoice.acoustic.published_stream import PublishedStream, published_draw
from myna.engines.cosyvoice.acoustic.request import Schedule, SpeechOptions, SpeechPrompt
from tests.parity.case import Array, Case, NotThere, Row
from tests.parity.cosyvoice.acoustic import (
    prompt_of,
    read_flow_of,
    read_vocoder_of,
)
from tests.parity.cosyvoice.language_model import scripted_tokens
from tests.parity.cosyvoice.listing import case_of

_NETWORKS = (
    {"kind": "flow", "keys": "keys_flow_small.json", "model": "flow_small"},
    {"kind": "hift", "keys": "keys_hift_pt.json"},
    {"kind": "lm", "keys": "keys_lm_small.json", "model": "lm_small"},
)
"""What speaks, whichever cases of its own are listed."""

_TOLERANCE = 2e-2
"""Phases add up a pitch that is itself heard in a computed mel: a last bit there is a hundredth of
a turn some seconds on. Each part is compared with exact inputs in a case of its own."""


def compare(case: Case) -> Iterator[Row]:
    """Speak as published, each way there is: how many samples in each piece, and which."""
    settings = json.loads(_text_of(case.folder / case.config["meta"]))
    listed = json.loads(_text_of(case.folder / "cases.json"))
    flow_case, vocoder_case, text_case = (
        case_of(case.folder, case.name, entry, listed) for entry in _NETWORKS
    )
    flow, vocoder = read_flow_of(flow_case), read_vocoder_of(vocoder_case)
    for name, how in settings.items():
        prompt = prompt_of(case)
        if not how["prompt"]:
            prompt = SpeechPrompt(prompt.tokens[:0], prompt.mel[:, :0], prompt.speaker_vector)
        schedule = Schedule(how["hop"], how["mel_cache_len"]) if how["stream"] else None
        options = SpeechOptions(schedule=schedule, speed=how["speed"])
        stream = PublishedStream(flow, vocoder, prompt, options, _draw)
        pieces = list(stream.push(_tokens(case, text_case, how), last=True))
        yield _sizes(case, name, pieces, how["pieces"])
        row = case.compare(name, np.concatenate(pieces))
        yield replace(row, tolerance=max(row.tolerance, _TOLERANCE))


def _text_of(path: Path) -> str:
    if not path.exists():
        raise NotThere(f"{path.name} is missing")
    return path.read_text("utf-8")


def _sizes(case: Case, name: str, pieces: list[Array], expected: list[int]) -> Row:
    wrong = [len(piece) for piece in pieces] != expected
    return Row(case.name, f"{name} pieces", float(wrong), 0.0, f"{len(expected)} pieces")


def _draw(frames: int, harmonics: int) -> Tensor:
    return published_draw(torch.Generator().manual_seed(77))(frames, harmonics)


@dataclass(frozen=True)
class _GivenCase(Case):
    given: dict[str, Array] = field(default_factory=dict)

    @property
    def arrays(self) -> dict[str, Array]:
        return self.given


def _tokens(case: Case, text_case: Case, how: dict[str, Any]) -> list[int]:
    if how["vc"]:
        return case.arrays["vc_token"][0].tolist()
    text, empty = case.arrays["text"][:, : how.get("n_text")], np.zeros((1, 0), np.int64)
    given = {
        "text": text,
        "prompt_text": case.arrays["prompt_text"] if how["prompt"] else empty,
        "prompt_speech": case.arrays["prompt_token"] if how["prompt"] else empty,
        "chunks": np.ones(text.shape[1], np.int64),
    }
    kind = "lm_bistream" if how["bistream"] else "lm"
    config = {**text_case.config, "kind": kind, "eos_after": how["eos_after"], "special": {}}
    return scripted_tokens(
        _GivenCase(case.name, case.folder, config, "", text_case.keys_file, given=given)
    )
