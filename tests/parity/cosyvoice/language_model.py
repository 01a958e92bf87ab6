"""Cases of the language model: what it reads, what it makes of it, what is said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from myna.core.errors import SynthesisFailed
from myna.engines.cosyvoice.key_value_cache import BackboneConfig
from myna.engines.cosyvoice.language_model import (
    N_SPEECH_TOKENS,
    LanguageModel,
    read_language_model,
)
from myna.engines.cosyvoice.language_slots import turns_of
from myna.engines.cosyvoice.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.text_feed import TextFeed
from myna.engines.cosyvoice.token_sampling import (
    Draw,
    GeneratorNoise,
    SamplingOptions,
    choose,
)
from myna.engines.cosyvoice.turns import Turn, is_speech
from myna.engines.cosyvoice.version import Version
from tests.parity.case import Case, Row
from tests.parity.cosyvoice.recipe import FilledState

_MASKED = -1e30  # how the data writes the logarithm of nothing
_CAPACITY = 256
_EVERY = 3  # of the log-probabilities, how few are kept


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
        case.compare("logp_special", logp[:, N_SPEECH_TOKENS:], relative_to=largest),
        case.compare("logp_first4", logp[:4], relative_to=largest),
    ]
    yield from (row for row in rows if row.counts)
    expected = case.arrays.get("error", np.array(""))
    yield Row(case.name, "error", float(str(expected) != run.error), 0.0, run.error)


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
        cache = model.decoder.new_cache(1, _CAPACITY)
        turns = turns_of(self._request(), model.marks)
        token: int | None = None
        try:
            while True:
                turn = turns.send(token)
                hidden = model.embedded(turn.reads)
                self.reads.append(hidden)
                self.lengths.append(len(hidden))
                logits = model.decoder.read(hidden, cache, 0)
                token = self._scripted(logits, turn) if turn.draws else None
                if token is not None and is_speech(token):
                    self.tokens.append(token)
        except StopIteration:
            return
        except SynthesisFailed:
            self.error = f"ValueError: should not get token {token}"

    def _request(self) -> SpeechTokenRequest:
        text = self._ints("text")
        if self.case.config["kind"] == "lm":
            return SpeechTokenRequest(text, *self._prompt(), seed=0, compatible=True)
        feed = TextFeed()
        for piece in torch.split(text, self.case.arrays["chunks"].tolist()):
            feed.push(piece.tolist())
        feed.end()
        return SpeechTokenRequest(feed, *self._prompt(), seed=0, compatible=True)

    def _prompt(self) -> tuple[Tensor, Tensor]:
        return self._ints("prompt_text"), self._ints("prompt_speech")

    def _ints(self, name: str) -> Tensor:
        return torch.from_numpy(self.case.arrays[name][0].astype(np.int64))

    def _scripted(self, logits: Tensor, turn: Turn) -> int:
        scores = torch.log_softmax(logits, dim=0)
        scores[list(turn.forbidden)] = _MASKED
        call = len(self.log_probabilities)
        self.log_probabilities.append(scores)
        special: dict[str, int] = self.case.config["special"]
        if str(call) in special:
            return special[str(call)]
        if N_SPEECH_TOKENS not in turn.forbidden:
            self.endings += 1
            if self.endings > self.case.config["eos_after"]:
                return N_SPEECH_TOKENS
        return int(scores[:N_SPEECH_TOKENS].argmax())


def _model(case: Case) -> LanguageModel:
    listed = case.config["model"]
    config = (
        BackboneConfig(listed["num_attention_heads"], listed["rope_theta"], listed["rms_norm_eps"])
        if listed
        else BackboneConfig()
    )
    state: Mapping[str, Tensor] = FilledState(case.folder / str(case.keys_file))
    if listed:
        # Where embedding and text head are one tensor it was filled under its last name.
        tied = {"llm.model.model.embed_tokens.weight": state["llm.model.lm_head.weight"]}
        state = {**state, **tied}
    return read_language_model(state, version=Version.COSYVOICE2, config=config)


def compare_sampling(case: Case) -> Iterator[Row]:
    """Draw with torch's own generator, once for each seed."""
    options = SamplingOptions()
    index = 0
    while f"scores{index}" in case.arrays:
        scores = torch.from_numpy(case.arrays[f"scores{index}"])
        said = case.arrays[f"decoded{index}"].tolist()
        drawn = []
        for seed in range(40):
            noise = GeneratorNoise(torch.Generator().manual_seed(seed))
            drawn.append(choose(scores, Draw(0, said), options, noise))
        yield case.compare(f"draws_seed0_39_{index}", np.array(drawn))
        index += 1
