"""Cases of the language model: what it reads, what it makes of it, what is said."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from myna.core.errors import SynthesisFailed
from myna.engines.cosyvoice.text.text_feed import TextFeed
from myna.engines.cosyvoice.tokens.key_value_cache import BackboneConfig
from myna.engines.cosyvoice.tokens.language_model import (
    N_SPEECH_TOKENS,
    LanguageModel,
    Marks,
    read_language_model,
)
from myna.engines.cosyvoice.tokens.language_slots import turns_of
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.tokens.token_sampling import (
    Draw,
    GeneratorNoise,
    SamplingOptions,
    choose,
)
from myna.engines.cosyvoice.tokens.turns import Turn, bounds, is_speech
from myna.engines.cosyvoice.version import Version
from tests.parity.case import Array, Case, Row
from tests.parity.cosyvoice.recipe import FilledState

_MASKED = -1e30  # how the data writes the logarithm of nothing
_HEAD = "llm.model.lm_head.weight"
_EVERY = 3  # of the log-probabilities, how few are kept
_RATIOS = {"min_token_text_ratio": "least_ratio", "max_token_text_ratio": "most_ratio"}
"""How data and requests call the bounds of speech tokens per token of text."""
_ROOM = 64  # positions beside those the data tell of


def compare(case: Case) -> Iterator[Row]:
    """Decode as the published code does, with the data's script in place of chance."""
    run = _Run(case)
    run.decode()
    logp = torch.stack(run.log_probabilities).numpy()
    speech = logp[:, :N_SPEECH_TOKENS]
    largest = float(np.abs(speech).max())  # not that of what is masked
    rows = [
        case.compare("tokens", np.array(run.tokens, np.int64)),
        case.compare("step_lens", np.array(run.lengths)),
        case.compare("step_inputs", torch.cat(run.reads).numpy()),
        case.compare("logp_argmax", speech.argmax(axis=1)),
        case.compare("logp", logp[:, ::_EVERY], relative_to=largest),
        case.compare("logp_special", _some(case, logp[:, N_SPEECH_TOKENS:]), relative_to=largest),
        *_first_rows(case, logp, largest),
        *_bounds(case, run),
    ]
    yield from rows
    expected = case.arrays.get("error", np.array(""))
    yield Row(case.name, "error", float(str(expected) != run.error), 0.0, run.error)


def _some(case: Case, special: Array) -> Array:
    """Return as many marks as the data have: of two hundred it may keep the first few."""
    expected = case.arrays.get("logp_special")
    return special if expected is None else special[:, : expected.shape[1]]


def _first_rows(case: Case, logp: Array, largest: float) -> Iterator[Row]:
    for name in case.arrays:
        if found := re.fullmatch(r"logp_first(\d+)", name):
            yield case.compare(name, logp[: int(found[1])], relative_to=largest)


def _bounds(case: Case, run: "_Run") -> Iterator[Row]:
    least, most = bounds(run.request, case.arrays["text"].shape[1])
    yield case.compare("min_len", np.array(least))
    yield case.compare("max_len", np.array(most))


def scripted_tokens(case: Case) -> list[int]:
    """Return what is said where the data's script stands in place of chance."""
    run = _Run(case)
    run.decode()
    return run.tokens


@dataclass
class _Run:
    case: Case
    tokens: list[int] = field(default_factory=list)
    reads: list[Tensor] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    log_probabilities: list[Tensor] = field(default_factory=list)
    error: str = ""
    endings: int = 0
    """How often the end could have been drawn."""

    def decode(self) -> None:
        model = _model(self.case)
        cache = model.decoder.new_cache(1, self._capacity())
        turns = turns_of(self.request, model.marks)
        token: int | None = None
        try:
            while True:
                turn = turns.send(token)
                hidden = model.embedded(turn.reads)
                self.reads.append(hidden)
                self.lengths.append(len(hidden))
                logits = model.decoder.read(hidden, cache, 0)
                token = self._scripted(logits, turn, model.marks) if turn.draws else None
                if token is not None and is_speech(token):
                    self.tokens.append(token)
        except StopIteration:
            return
        except SynthesisFailed:
            self.error = f"ValueError: should not get token {token}"

    def _capacity(self) -> int:
        """Room for all that is read: what the data tell, or as much speech as a text may have."""
        arrays = self.case.arrays
        n_text = arrays["text"].shape[1]
        prompted = sum(tensor.shape[0] for tensor in self._prompt())
        told = int(arrays["step_lens"].sum()) if "step_lens" in arrays else 0
        most = int((self.request.most_ratio + 1) * n_text)
        return max(told, prompted + most) + _ROOM

    @cached_property
    def request(self) -> SpeechTokenRequest:
        """What the language model is asked for."""
        text: Tensor | TextFeed = self._ints("text")
        if "bistream" in self.case.config["kind"]:
            text = self._arriving(self._ints("text"))
        whole = SpeechTokenRequest(text, *self._prompt(), seed=0, compatible=True)
        told = {
            name: self.case.config[key] for key, name in _RATIOS.items() if key in self.case.config
        }
        return replace(whole, **told)

    def _arriving(self, text: Tensor) -> TextFeed:
        feed = TextFeed()
        chunks = self.case.arrays.get("chunks", np.ones(len(text), np.int64))
        for piece in torch.split(text, chunks.tolist()):
            feed.push(piece.tolist())
        feed.end()
        return feed

    def _prompt(self) -> tuple[Tensor, Tensor]:
        return self._ints("prompt_text"), self._ints("prompt_speech")

    def _ints(self, name: str) -> Tensor:
        absent = name != "text" and name not in self.case.arrays
        numbers = np.zeros((1, 0)) if absent else self.case.arrays[name]
        return torch.from_numpy(numbers.astype(np.int64)).reshape(-1)

    def _scripted(self, logits: Tensor, turn: Turn, marks: Marks) -> int:
        scores = torch.log_softmax(logits, dim=0)
        scores[list(turn.forbidden)] = _MASKED
        call = len(self.log_probabilities)
        self.log_probabilities.append(scores)
        special: dict[str, int] = self.case.config.get("special") or {}
        if str(call) in special:
            return special[str(call)]
        if marks.end not in turn.forbidden:
            self.endings += 1
            if self.endings > self.case.config["eos_after"]:
                return marks.end
        return int(scores[:N_SPEECH_TOKENS].argmax())


def _model(case: Case) -> LanguageModel:
    listed = case.config["model"]
    usual = BackboneConfig()
    config = BackboneConfig(
        listed.get("num_attention_heads", usual.n_heads),
        listed.get("rope_theta", usual.rope_base),
        listed.get("rms_norm_eps", usual.norm_epsilon),
    )
    state: Mapping[str, Tensor] = FilledState(case.keys_path)
    if listed and listed.get("tie_word_embeddings", True) and _HEAD in state:
        # Where embedding and text head are one tensor it was filled under its last name.
        tied = {"llm.model.model.embed_tokens.weight": state[_HEAD]}
        state = {**state, **tied}
    version = Version.COSYVOICE2 if "llm_embedding.weight" in state else Version.COSYVOICE3
    return read_language_model(state, version=version, config=config)


_SAMPLING = {
    "top_p": "top_p",
    "top_k": "top_k",
    "win_size": "window",
    "window": "window",
    "tau_r": "most_repeated",
    "tau": "most_repeated",
}
"""How data and options call what decides a draw."""


def compare_sampling(case: Case) -> Iterator[Row]:
    """Draw with torch's own generator, once for each seed."""
    told = {name: case.config[key] for key, name in _SAMPLING.items() if key in case.config}
    options = SamplingOptions(**told)
    index = 0
    while f"scores{index}" in case.arrays:
        scores = torch.from_numpy(case.arrays[f"scores{index}"])
        said = case.arrays[f"decoded{index}"].tolist()
        for name in case.arrays:
            if found := re.fullmatch(rf"draws_seed(\d+)_(\d+)_{index}", name):
                seeds = range(int(found[1]), int(found[2]) + 1)
                drawn = [_drawn(scores, said, options, seed) for seed in seeds]
                yield case.compare(name, np.array(drawn))
        index += 1


def _drawn(scores: Tensor, said: list[int], options: SamplingOptions, seed: int) -> int:
    noise = GeneratorNoise(torch.Generator().manual_seed(seed))
    return choose(scores, Draw(0, said), options, noise)
