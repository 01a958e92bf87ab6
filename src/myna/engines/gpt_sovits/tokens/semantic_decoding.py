"""What is asked of the decoder of semantic tokens, and how a batch draws its next ones."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from myna.engines.batching.noise import exponentials
from myna.engines.gpt_sovits.tokens.sampling import (
    SamplingOptions,
    SamplingTable,
    drawn,
    penalized,
    probabilities,
)
from myna.engines.gpt_sovits.weights import END_TOKEN

LONGEST = 1500  # tokens: 60 s, as far as the published decoders go
FIRST_STEPS = 11  # in which the end cannot be drawn


@dataclass(frozen=True, slots=True, eq=False)
class SemanticRequest:
    """What to say, and after which prompt."""

    phonemes: Tensor  # (L,) int64: of the prompt, then of the sentence
    context: Tensor | None  # (L, 1024) from BERT; None is all zeros
    prompt: Tensor  # (P,) int64: the reference's tokens, or none
    options: SamplingOptions = field(default_factory=SamplingOptions)
    longest: int = LONGEST

    @property
    def capacity(self) -> int:
        """Positions it may come to fill."""
        return len(self.phonemes) + len(self.prompt) + self.longest + 1


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """What decides the next draw of each of some sequences."""

    table: SamplingTable
    seen: Tensor  # (B, vocabulary) bool: prompt and tokens drawn
    seeds: Tensor  # (B,) int64
    steps: Tensor  # (B,) int64: tokens drawn


def choose_each(logits: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
    """Draw a token for each row, and say where the speech ends: (B,) int64 and (B,) bool.

    It ends, too, where the end is the most probable token, whatever was drawn. Rows may be at
    different steps; nothing is read back, and each row's outcome follows from that row alone.
    """
    early = draws.steps[:, None] < FIRST_STEPS
    is_end = torch.arange(logits.shape[1], device=logits.device) == END_TOKEN
    logits = penalized(logits.masked_fill(early & is_end, -torch.inf), draws.seen, draws.table)
    noise = exponentials(draws.seeds, draws.steps, logits.shape[1])
    tokens = drawn(probabilities(logits, draws.table), noise)
    return tokens, (tokens == END_TOKEN) | (logits.argmax(dim=1) == END_TOKEN)
