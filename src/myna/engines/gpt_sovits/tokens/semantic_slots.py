"""The decoder of semantic tokens as a scheduler steps it: one sequence per slot.

All sequences take part in each step, and each has the same tokens whoever is stepped beside it,
bit for bit: the runtime promises it of the logits, and all that is done with them keeps to its row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.core.errors import SynthesisFailed
from myna.engines.batching.scheduler import Outcome
from myna.engines.gpt_sovits.tokens.attention import AttentionRecord
from myna.engines.gpt_sovits.tokens.row_draws import RowDraws
from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.semantic_runtimes import SemanticRuntime


@dataclass(frozen=True, slots=True, eq=False)
class SeededSpeech:
    """What to say, and the seed that decides how."""

    speech: SemanticRequest
    seed: int
    record: AttentionRecord | None = None
    """Where to note what is looked at, if anybody wants to know."""


@dataclass(slots=True, eq=False)
class _Sequence:
    longest: int
    draws: RowDraws
    logits: npt.NDArray[np.float32]  # (vocabulary,): of the next token, once `waiting` is None
    record: AttentionRecord | None
    waiting: int | None = None  # a token drawn that the network has not read yet

    @property
    def is_full(self) -> bool:
        return self.draws.step >= self.longest

    @property
    def is_behind(self) -> bool:
        """Whether there is a token to be read, and use in reading it."""
        return self.waiting is not None and not self.is_full

    def drawn(self) -> Outcome:
        """Draw the next token; None where it ends or is full, an error where there is none."""
        if self.is_full:
            return None
        try:
            token, ended = self.draws.choose(self.logits)
        except SynthesisFailed as error:
            return error
        if ended:
            return None
        self.draws.take(token)
        self.waiting = token
        return token


class SemanticSlots:
    """Holds what decides the draws of each sequence; the runtime holds the sequences."""

    def __init__(self, runtime: SemanticRuntime) -> None:
        self._runtime = runtime
        self._sequences: dict[int, _Sequence] = {}

    def admit(self, slot: int, request: SeededSpeech) -> None:
        """Read what to say. Raises `TextTooLong`."""
        speech = request.speech
        seen = np.zeros(self._runtime.vocabulary, np.bool_)
        seen[speech.prompt.numpy()] = True
        draws = RowDraws(speech.options, request.seed, seen)
        logits = self._runtime.admit(slot, speech)
        self._sequences[slot] = _Sequence(speech.longest, draws, logits, request.record)
        if request.record is not None:
            request.record.begin(self._runtime.keys(slot, request.record.own))

    def step(self, slots: Sequence[int]) -> list[Outcome]:
        """Draw the next token of each sequence; None where it ends or reaches its longest."""
        self._read([slot for slot in slots if self._sequences[slot].is_behind])
        return [self._sequences[slot].drawn() for slot in slots]

    def release(self, slot: int) -> None:
        """Forget the sequence, if there is one."""
        self._sequences.pop(slot, None)
        self._runtime.release(slot)

    def _read(self, slots: Sequence[int]) -> None:
        """Have the network read the tokens that were drawn last."""
        if not slots:
            return
        waiting = [self._sequences[slot].waiting or 0 for slot in slots]
        for slot, logits in zip(slots, self._runtime.step(slots, waiting), strict=True):
            sequence = self._sequences[slot]
            sequence.logits = logits
            if sequence.record is not None:
                sequence.record.note(self._runtime.queries(slot))
