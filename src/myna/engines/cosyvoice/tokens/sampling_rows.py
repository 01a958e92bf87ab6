"""`token_sampling` for rows of a batch, each with its own options, with nothing read back."""

from dataclasses import dataclass

import torch
from torch import Tensor

from myna.engines.batching.noise import exponentials, exponentials_at
from myna.engines.cosyvoice.tokens.token_sampling import COLDEST, SamplingOptions

BEST = 1024
"""Tokens of a nucleus that are looked at: more are not."""
RECENT = 64
"""Tokens said of late that are."""


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """What decides the next draw of each row."""

    top_p: Tensor  # (B, 1) float32, as `temperature`
    temperature: Tensor
    top_k: Tensor  # (B, 1) int64
    window: Tensor  # (B, 1) int64
    most_repeated: Tensor  # (B,) float64: so often a token may not have been said in the window
    seeds: Tensor  # (B,) int64
    steps: Tensor  # (B,) int64: draws so far
    recent: Tensor  # (B, RECENT) int64: what was said, the last of it last; -1 before all
    forbidden: Tensor  # (B, vocabulary) bool: what must not be drawn, for `early` draws
    early: Tensor  # (B,) int64
    forbidden_later: Tensor  # (B, vocabulary) bool: what must not be drawn after them

    @classmethod
    def empty(cls, rows: int, vocabulary: int, device: torch.device) -> "Draws":
        """Return rows to be filled by `put`."""

        def whole(*shape: int) -> Tensor:
            return torch.zeros(rows, *shape, dtype=torch.int64, device=device)

        return cls(
            whole(1).float(),
            whole(1).float() + 1,
            whole(1) + 1,
            whole(1),
            whole().double(),
            whole(),
            whole(),
            whole(RECENT) - 1,
            whole(vocabulary).bool(),
            whole(),
            whole(vocabulary).bool(),
        )

    def put(self, row: int, options: SamplingOptions, seed: int) -> None:
        """Begin a row."""
        # To assign a number, instead of filling with it, would wait for a GPU.
        self.top_p[row].fill_(options.top_p)
        self.temperature[row].fill_(max(options.temperature, COLDEST))
        self.top_k[row].fill_(min(max(options.top_k, 1), BEST))
        self.window[row].fill_(min(options.window, RECENT))
        self.most_repeated[row].fill_(options.window * options.most_repeated)
        self.seeds[row].fill_(seed)
        self.steps[row].zero_()

    def said(self, tokens: Tensor, drawing: Tensor) -> None:
        """Note what was drawn (B,) in the rows that are `drawing` (B,) bool."""
        shifted = torch.cat([self.recent[:, 1:], tokens[:, None]], dim=1)
        self.recent.copy_(torch.where(drawing[:, None], shifted, self.recent))
        self.steps.add_(drawing)
        self.early.sub_(drawing.to(torch.int64)).clamp_(min=0)


def choose_each(logits: Tensor, draws: Draws) -> Tensor:
    """Draw the next token of each row from logits (B, vocabulary): (B,) int64.

    As `token_sampling.choose` with `SeededNoise`, for rows at different steps; each row's outcome
    follows from that row alone.
    """
    early = (draws.early > 0)[:, None]
    forbidden = torch.where(early, draws.forbidden, draws.forbidden_later)
    scores = (logits / draws.temperature).masked_fill(forbidden, -torch.inf)
    first = _of_nucleus(torch.softmax(scores, dim=1), draws)
    age = torch.arange(RECENT, 0, -1, device=scores.device)  # 1 for the last token said
    repeats = ((draws.recent == first[:, None]) & (age <= draws.window)).sum(dim=1)
    others = torch.softmax(scores.scatter(1, first[:, None], -torch.inf), dim=1)
    noise = exponentials(draws.seeds, 2 * draws.steps + 1, scores.shape[1])
    second = torch.argmax(others / noise, dim=1)
    return torch.where(repeats >= draws.most_repeated, second, first)


def _of_nucleus(probabilities: Tensor, draws: Draws) -> Tensor:
    """Draw from the most probable tokens of each row, as `token_sampling.nucleus` has them."""
    count = min(BEST, probabilities.shape[1])
    best = probabilities.topk(count, dim=1, sorted=False).indices.sort(dim=1).values
    ordered, places = probabilities.gather(1, best).sort(dim=1, descending=True, stable=True)
    order = best.gather(1, places)
    before = ordered.cumsum(dim=1).roll(1, dims=1)
    rank = torch.arange(count, device=order.device)
    kept = (rank == 0) | ((rank < draws.top_k) & (before < draws.top_p))
    noise = exponentials_at(draws.seeds, 2 * draws.steps, order)
    place = torch.argmax(ordered * kept / noise, dim=1)
    return order.gather(1, place[:, None])[:, 0]
