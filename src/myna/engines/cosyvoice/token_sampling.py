"""How the next speech token is chosen: repetition-aware sampling.

A nucleus (Holtzman et al. 2019) of at most `top_k` tokens gives a first draw; where that token was
said too often of late, one is drawn from all others (Chen et al. 2024, VALL-E 2).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """How daring the choice is."""

    top_p: float = 0.8
    top_k: int = 25
    temperature: float = 1.0
    window: int = 10
    """How many of the last tokens count as of late."""
    most_repeated: float = 0.1
    """The share of them a token may have before it is drawn again."""
