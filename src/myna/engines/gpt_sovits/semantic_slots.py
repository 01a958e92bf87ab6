"""The decoder of semantic tokens as a scheduler steps it: one sequence per slot.

Sequences take part in each step one row at a time: a matrix product over several rows may round
otherwise than over one, and one other token changes all that follow. So a sequence has the same
tokens whoever is stepped beside it, bit for bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from myna.engines.gpt_sovits.sampling import SamplingTable, SeededNoise
from myna.engines.gpt_sovits.semantic_decoding import SemanticRequest, choose
from myna.engines.gpt_sovits.text_to_semantic import KeyValueCache, TextToSemantic


@dataclass(frozen=True, slots=True, eq=False)
class SeededSpeech:
    """What to say, and the seed that decides how."""

    speech: SemanticRequest
    seed: int


@dataclass(slots=True, eq=False)
class _Sequence:
    request: SemanticRequest
    noise: SeededNoise
    table: SamplingTable
    cache: KeyValueCache
    seen: Tensor  # (1, vocabulary) bool
    logits: Tensor  # (1, vocabulary): of the next token, once `waiting` is None
    waiting: int | None = None  # a token drawn that the network has not read yet
    drawn: int = 0


class SemanticSlots:
    """Holds the sequences; the network itself is read-only."""

    def __init__(self, model: TextToSemantic) -> None:
        self._model = model
        self._sequences: dict[int, _Sequence] = {}
        self._row = torch.zeros(1, dtype=torch.int64)

    @torch.inference_mode()
    def admit(self, slot: int, request: SeededSpeech) -> None:
        """Read what to say. Raises `TextTooLong`."""
        speech, model = request.speech, self._model
        cache = model.new_cache(1, len(speech.phonemes) + len(speech.prompt) + speech.longest + 1)
        seen = torch.zeros(1, model.vocabulary, dtype=torch.bool)
        seen[0, speech.prompt] = True
        logits = model.prefill(speech.phonemes, speech.context, speech.prompt, cache)[None]
        self._sequences[slot] = _Sequence(
            speech,
            SeededNoise(request.seed),
            SamplingTable.of([speech.options], model.vocabulary),
            cache,
            seen,
            logits,
        )

    @torch.inference_mode()
    def step(self, slots: Sequence[int]) -> list[int | None]:
        """Draw the next token of each sequence; None where it ends or reaches its longest."""
        return [self._next(self._sequences[slot]) for slot in slots]

    def release(self, slot: int) -> None:
        """Forget the sequence, if there is one."""
        self._sequences.pop(slot, None)

    def _next(self, sequence: _Sequence) -> int | None:
        if sequence.drawn >= sequence.request.longest:
            return None
        if sequence.waiting is not None:
            tokens = torch.full_like(self._row, sequence.waiting)
            sequence.logits = self._model.step(tokens, sequence.cache, self._row)
        token, ended = choose(
            sequence.logits, sequence.seen, sequence.table, sequence.noise, sequence.drawn
        )
        if ended:
            return None
        sequence.seen[0, token] = True
        sequence.waiting = token
        sequence.drawn += 1
        return token
