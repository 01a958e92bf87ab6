"""How the next semantic token is chosen.

The order is that of the published models: penalise what was said, keep the most probable, set the
temperature, keep the k best, draw. All of it works on a batch whose rows have their own options.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

COLDEST = 1e-5  # what a temperature of zero means


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """How daring the choice is."""

    top_k: int | None = 15
    top_p: float = 1.0
    temperature: float = 1.0
    repetition_penalty: float = 1.35


@dataclass(frozen=True, slots=True, eq=False)
class SamplingTable:
    """The options of every row of a batch as columns (batch, 1)."""

    top_k: Tensor  # int64
    top_p: Tensor
    temperature: Tensor
    repetition_penalty: Tensor

    @classmethod
    def of(cls, rows: Sequence[SamplingOptions], vocabulary: int) -> "SamplingTable":
        """Lay out the options of each row."""
        return cls(
            _column([min(row.top_k or vocabulary, vocabulary) for row in rows], torch.int64),
            _column([row.top_p for row in rows], torch.float32),
            _column([max(row.temperature, COLDEST) for row in rows], torch.float32),
            _column([row.repetition_penalty for row in rows], torch.float32),
        )

    def to(self, device: torch.device) -> "SamplingTable":
        """Return the same on a device."""
        return SamplingTable(*(column.to(device) for column in self.columns))

    @property
    def columns(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """All of them, in the order of the fields."""
        return self.top_k, self.top_p, self.temperature, self.repetition_penalty

    def put(self, row: int, options: "SamplingTable") -> None:
        """Overwrite a row by a table of one, on the CPU."""
        for column, value in zip(self.columns, options.columns, strict=True):
            column[row].fill_(value.item())


def _column(values: Sequence[float], dtype: torch.dtype) -> Tensor:
    return torch.tensor(values, dtype=dtype)[:, None]


def penalized(logits: Tensor, seen: Tensor, table: SamplingTable) -> Tensor:
    """Make what was said before less likely: logits and `seen` (bool) are (batch, vocabulary).

    Keskar et al. 2019; a token counts once, however often it was said.
    """
    penalty = table.repetition_penalty
    lowered = torch.where(logits < 0, logits * penalty, logits / penalty)
    return torch.where(seen, lowered, logits)


def probabilities(penalized_logits: Tensor, table: SamplingTable) -> Tensor:
    """Return the distribution to draw from, after nucleus, temperature and top-k.

    Shape (batch, vocabulary). Of the nucleus (Holtzman et al. 2019) the token that crosses
    `top_p` is left out, except that the most probable token always stays.
    """
    ordered, order = torch.sort(penalized_logits, descending=True)
    cumulative = torch.softmax(ordered, dim=-1).cumsum(dim=-1)
    outside = (cumulative > table.top_p) & (table.top_p < 1)
    outside[:, 0] = False
    ordered = ordered.masked_fill(outside, -torch.inf) / table.temperature
    weakest = ordered.gather(1, table.top_k.clamp(max=ordered.shape[1]) - 1)
    kept = penalized_logits.masked_fill(
        torch.zeros_like(outside).scatter(1, order, outside), -torch.inf
    )
    kept = kept / table.temperature
    return torch.softmax(kept.masked_fill(kept < weakest, -torch.inf), dim=-1)


def drawn(distribution: Tensor, exponential: Tensor) -> Tensor:
    """Draw one token per row by an exponential race: (batch,) int64."""
    return torch.argmax(distribution / exponential, dim=-1)
