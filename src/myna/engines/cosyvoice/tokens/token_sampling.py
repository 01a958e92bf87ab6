"""How the next speech token is chosen: repetition-aware sampling.

A nucleus (Holtzman et al. 2019) of at most `top_k` tokens gives a first draw; where that token was
said too often of late, one is drawn from all others instead (Chen et al. 2024, VALL-E 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from myna.engines.batching.noise import uniforms_at

COLDEST = 1e-5  # what a temperature of zero means


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """How daring the choice is."""

    top_p: float = 0.8
    top_k: int = 25
    temperature: float = 1.0
    window: int = 10
    """How many of the last tokens count as of late."""
    most_repeated: float = 0.1
    """The share of them a token may not reach before another is drawn."""


class Noise(Protocol):
    """Where the numbers come from that decide a draw."""

    def __call__(self, draw: int, tokens: Tensor) -> Tensor:
        """Return exponentially distributed numbers of mean 1 for some tokens, as float32.

        draw: 2n for the first draw of a call's step n, 2n + 1 for the second.
        """


@dataclass(frozen=True, slots=True)
class SeededNoise:
    """Noise by (seed, draw, token): independent of other calls, batch and device."""

    seed: int

    def __call__(self, draw: int, tokens: Tensor) -> Tensor:
        """Return the numbers of this draw."""
        seeds = torch.tensor([self.seed], dtype=torch.int64, device=tokens.device)
        uniform = uniforms_at(seeds, torch.full_like(seeds, draw), tokens)[0]
        return -torch.log(uniform).to(torch.float32)


@dataclass(frozen=True, slots=True, eq=False)
class GeneratorNoise:
    """Noise drawn one after another from a torch generator, as the published code does."""

    generator: torch.Generator

    def __call__(self, draw: int, tokens: Tensor) -> Tensor:
        """Return the generator's next numbers."""
        drawn = torch.empty(len(tokens), device=tokens.device)
        return drawn.exponential_(1.0, generator=self.generator)


@dataclass(frozen=True, slots=True)
class Draw:
    """Which draw of a call it is, and what came before."""

    step: int
    said: Sequence[int] = ()
    """All tokens drawn before, the last of them last."""
    forbidden: Sequence[int] = ()


def choose(logits: Tensor, draw: Draw, options: SamplingOptions, noise: Noise) -> int:
    """Draw the next token from logits (vocabulary,)."""
    scores = logits / max(options.temperature, COLDEST)
    scores[list(draw.forbidden)] = -torch.inf
    probabilities, tokens = nucleus(scores, options)
    token = _raced(probabilities, tokens, noise(2 * draw.step, tokens))
    recent = list(draw.said[-options.window :]) if options.window else []
    if recent.count(token) >= options.window * options.most_repeated:
        scores[token] = -torch.inf
        tokens = torch.arange(len(scores), device=scores.device)
        exponential = noise(2 * draw.step + 1, tokens)
        token = _raced(torch.softmax(scores, dim=0), tokens, exponential)
    return token


def nucleus(scores: Tensor, options: SamplingOptions) -> tuple[Tensor, Tensor]:
    """Return the most probable tokens' probabilities, not normalised again, and the tokens.

    Tokens are taken until together they reach `top_p`; the one that crosses it is the last.
    """
    count = min(max(options.top_k, 1), len(scores))
    probabilities = torch.softmax(scores, dim=0)
    best = probabilities.topk(count).indices.sort().values  # of equal ones, the first first
    ordered, places = probabilities[best].sort(descending=True, stable=True)
    order = best[places]
    before = torch.cat([ordered.new_zeros(1), ordered.cumsum(dim=0)[:-1]])
    count = max(int((before < options.top_p).sum()), 1)
    return ordered[:count], order[:count]


def _raced(probabilities: Tensor, tokens: Tensor, exponential: Tensor) -> int:
    return int(tokens[torch.argmax(probabilities / exponential)])
