"""Whole syntheses: the language model's tokens, the flow's mel, the vocoder's sound."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from myna.engines.cosyvoice.acoustic.published_stream import PublishedStream, published_draw
from myna.engines.cosyvoice.acoustic.request import (
    SAMPLE_RATE,
    SAMPLES_PER_FRAME,
    Schedule,
    SpeechOptions,
    SpeechPrompt,
)
from myna.engines.cosyvoice.silences import Silences
from myna.engines.cosyvoice.version import Version
from tests.parity.case import Array, Case, NotThere, Row
from tests.parity.cosyvoice.acoustic import (
    prompt_of,
    read_flow_of,
    read_vocoder_of,
)
from tests.parity.cosyvoice.language_model import scripted_tokens
from tests.parity.cosyvoice.listing import case_of
from tests.parity.cosyvoice.recipe import uniform

_USUAL: Mapping[str, Mapping[str, Any]] = {
    "flow": {"keys": "keys_flow_small.json", "model": "flow_small"},
    "hift": {"keys": "keys_hift_pt.json"},
    "lm": {"keys": "keys_lm_small.json", "model": "lm_small"},
    "flow_v3": {"keys": "keys_cv3_flow_small.json"},
    "hift_v3": {"keys": "keys_cv3_hift_pt.json"},
    "lm_v3": {"keys": "keys_lm_v3_small.json", "model": "lm_v3_small"},
}
"""What speaks where the case does not say."""

_DRIFT = 2e-2
"""What is allowed for each second, and at first. Phases add up a pitch that is itself heard in a
computed mel: a last bit there is a hundredth of a turn a second on. Each part is compared with
exact inputs in a case of its own."""


def compare(case: Case) -> Iterator[Row]:
    """Speak as published, each way there is: how many samples in each piece, and which."""
    settings = json.loads(_text_of(case.folder / case.config["meta"]))
    listed = json.loads(_text_of(case.folder / "cases.json"))
    generation = "_v3" if case.config["kind"].endswith("_v3") else ""
    flow_case, vocoder_case, text_case = (
        _network(case, f"{name}{generation}", listed) for name in ("flow", "hift", "lm")
    )
    flow, vocoder = read_flow_of(flow_case), read_vocoder_of(vocoder_case)
    draw = _table_of_data if vocoder.causal else _draw
    silences = Version.COSYVOICE3 if vocoder.causal else Version.COSYVOICE2
    for name, how in settings.items():
        prompt = prompt_of(case)
        if not how.get("prompt", True):
            prompt = SpeechPrompt(prompt.tokens[:0], prompt.mel[:, :0], prompt.speaker_vector)
        schedule = Schedule(how["hop"], how["mel_cache_len"]) if how["stream"] else None
        options = SpeechOptions(schedule=schedule, speed=how.get("speed", 1.0))
        stream = PublishedStream(flow, vocoder, prompt, options, draw)
        tokens = _tokens(case, text_case, how)
        if not how.get("vc"):
            tokens = list(Silences(silences).shortened(tokens))
        pieces = list(stream.push(tokens, last=True))
        yield _sizes(case, name, pieces, how["pieces"])
        row = case.compare(name, np.concatenate(pieces))
        seconds = case.arrays[name].size / SAMPLE_RATE
        yield replace(row, tolerance=max(row.tolerance, _DRIFT * max(1, seconds)))


def _network(case: Case, kind: str, listed: Mapping[str, Any]) -> Case:
    """Return what speaks: as the case says (the name of another, or keys), as usual, as listed."""
    told = case.config.get(kind, case.config.get(kind.removesuffix("_v3")))
    if isinstance(told, str):
        told = listed["cases"].get(told, {"keys": told})
    entry = told or _USUAL[kind]
    if not told and not (case.folder / entry["keys"]).exists():
        cases = (each for each in listed["cases"].values() if isinstance(each, Mapping))
        entry = next((each for each in cases if each.get("kind") == kind), entry)
    return case_of(case.folder, case.name, {**entry, "kind": kind}, listed)


def _text_of(path: Path) -> str:
    if not path.exists():
        raise NotThere(f"{path.name} is missing")
    return path.read_text("utf-8")


def _sizes(case: Case, name: str, pieces: list[Array], expected: list[int]) -> Row:
    wrong = [len(piece) for piece in pieces] != expected
    return Row(case.name, f"{name} pieces", float(wrong), 0.0, f"{len(expected)} pieces")


def _draw(frames: int, harmonics: int) -> Tensor:
    return published_draw(torch.Generator().manual_seed(77))(frames, harmonics)


def _table_of_data(frames: int, harmonics: int) -> Tensor:
    table = (uniform("cv3.sine_noise", frames * SAMPLES_PER_FRAME * harmonics) + 1) / 2
    return torch.from_numpy(table.reshape(-1, harmonics))


@dataclass(frozen=True)
class _GivenCase(Case):
    given: dict[str, Array] = field(default_factory=dict)

    @property
    def arrays(self) -> dict[str, Array]:
        return self.given


def _tokens(case: Case, text_case: Case, how: dict[str, Any]) -> list[int]:
    if how.get("vc"):
        return case.arrays["vc_token"][0].tolist()
    text, empty = case.arrays["text"][:, : how.get("n_text")], np.zeros((1, 0), np.int64)
    heard = how.get("prompt", True)
    given = {
        "text": text,
        "prompt_text": case.arrays["prompt_text"] if how.get("prompt_text", heard) else empty,
        "prompt_speech": case.arrays["prompt_token"] if heard else empty,
        "chunks": np.ones(text.shape[1], np.int64),
    }
    kind = "lm_bistream" if how.get("bistream") else "lm"
    script = {"eos_after": how["eos_after"], "special": how.get("special", {})}
    config = {**text_case.config, "kind": kind, **script}
    return scripted_tokens(
        _GivenCase(case.name, case.folder, config, "", text_case.keys_file, given=given)
    )
