"""The decoder of semantic tokens as a scheduler steps it: one sequence per slot.

All sequences take part in each step, and each has the same tokens whoever is stepped beside it,
bit for bit: the runtime promises it of the logits, and all that is done with them keeps to its row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from myna.engines.gpt_sovits.sampling import SamplingTable
from myna.engines.gpt_sovits.semantic_decoding import Draws, SemanticRequest, choose_each
from myna.engines.gpt_sovits.semantic_runtimes import SemanticRuntime


@dataclass(frozen=True, slots=True, eq=False)
class SeededSpeech:
    """What to say, and the seed that decides how."""

    speech: SemanticRequest
    seed: int


@dataclass(slots=True, eq=False)
class _Sequence:
    longest: int
    draws: Draws  # of one row
    logits: Tensor  # (1, vocabulary): of the next token, once `waiting` is None
    waiting: int | None = None  # a token drawn that the network has not read yet
    drawn: int = 0

    @property
    def is_full(self) -> bool:
        return self.drawn >= self.longest

    def take(self, token: int) -> None:
        """Note a token that was drawn."""
        self.draws.seen[0, token] = True
        self.draws.steps.add_(1)
        self.waiting = token
        self.drawn += 1


class SemanticSlots:
    """Holds what decides the draws of each sequence; the runtime holds the sequences."""

    def __init__(self, runtime: SemanticRuntime) -> None:
        self._runtime = runtime
        self._sequences: dict[int, _Sequence] = {}

    @torch.inference_mode()
    def admit(self, slot: int, request: SeededSpeech) -> None:
        """Read what to say. Raises `TextTooLong`."""
        speech, vocabulary = request.speech, self._runtime.vocabulary
        seen = torch.zeros(1, vocabulary, dtype=torch.bool)
        seen[0, speech.prompt] = True
        draws = Draws(
            SamplingTable.of([speech.options], vocabulary),
            seen,
            torch.tensor([request.seed]),
            torch.zeros(1, dtype=torch.int64),
        )
        logits = self._runtime.admit(slot, speech)[None]
        self._sequences[slot] = _Sequence(speech.longest, draws, logits)

    @torch.inference_mode()
    def step(self, slots: Sequence[int]) -> list[int | None]:
        """Draw the next token of each sequence; None where it ends or reaches its longest."""
        live = [slot for slot in slots if not self._sequences[slot].is_full]
        self._read([slot for slot in live if self._sequences[slot].waiting is not None])
        said: dict[int, int | None] = dict.fromkeys(slots)
        if live:
            sequences = [self._sequences[slot] for slot in live]
            logits = torch.cat([sequence.logits for sequence in sequences])
            draws = Draws.joined([sequence.draws for sequence in sequences])
            tokens, ended = choose_each(logits, draws)
            for slot, token, end in zip(live, tokens.tolist(), ended.tolist(), strict=True):
                if not end:
                    said[slot] = token
                    self._sequences[slot].take(token)
        return [said[slot] for slot in slots]

    def release(self, slot: int) -> None:
        """Forget the sequence, if there is one."""
        self._sequences.pop(slot, None)
        self._runtime.release(slot)

    def _read(self, slots: Sequence[int]) -> None:
        """Have the network read the tokens that were drawn last."""
        if not slots:
            return
        waiting = [self._sequences[slot].waiting or 0 for slot in slots]
        logits = self._runtime.step(slots, waiting)
        for row, slot in enumerate(slots):
            self._sequences[slot].logits = logits[row : row + 1]
