"""Which heads of the decoder follow the text, and whether any does.

Nobody trained a head to, and which ones do differs from checkpoint to checkpoint. So they are
found in each sentence, by what its attention looks like.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from myna.engines.gpt_sovits.tokens.attention import Attended, Head
from myna.engines.graphs.products import Floats

FEWEST = 8  # phonemes and tokens; in less, chance looks like order
FOCUSED, ORDERLY, COVERING = 0.5, 0.75, 0.5
"""What is trusted has at least so much focus, order and coverage. These are reasoned, not tuned:
uniform attention has a focus of 1 / L; a head that looks about at random an order of 3 / L, one
that sways of a half; a head that looks at one place only covers 1 / L."""

_MOST_HEADS = 4
_AS_GOOD = 0.9  # of the best head's quality: good enough to be averaged with it
_LONGEST_STEP = 3  # phonemes from token to token: nobody speaks 75 phonemes a second

Values = TypeVar("Values", float, npt.NDArray[np.floating])


@dataclass(frozen=True, slots=True, eq=False)
class Quality(Generic[Values]):
    """How well attention follows a text: each from 0 to 1."""

    focus: Values
    """Mean over tokens of the largest attention: the focus rate of Ren et al. 2019 (FastSpeech)."""
    order: Values
    """Of the tokens at which another phoneme is looked at most than before, how many have one soon
    after it. Being local, it hardly falls where a sentence goes wrong once."""
    coverage: Values
    """Mean over phonemes of the attention they get in all, 1 at most: Wu et al. 2016 (GNMT)."""

    @property
    def together(self) -> Values:
        """All three as one number."""
        together: Values = self.focus * self.order * self.coverage
        return together


def quality(weights: Floats) -> Quality[npt.NDArray[np.floating]]:
    """Judge attention (heads, T, L): arrays of (heads,)."""
    places = weights.argmax(axis=2)
    steps = np.diff(places, axis=1)
    ahead = np.count_nonzero((steps > 0) & (steps <= _LONGEST_STEP), axis=1)
    order = ahead / np.maximum(np.count_nonzero(steps, axis=1), 1)
    covered = np.minimum(weights.sum(axis=1), 1)
    return Quality(weights.max(axis=2).mean(axis=1), order, covered.mean(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Following:
    """The attention that follows the text best, and how well it does."""

    weights: Floats  # (T, L)
    heads: tuple[Head, ...]
    quality: Quality[float]

    @property
    def is_trusted(self) -> bool:
        """Whether it says anything of where the words are."""
        found = self.quality
        return found.focus >= FOCUSED and found.order >= ORDERLY and found.coverage >= COVERING


def following(attended: Attended) -> Following | None:
    """Return the mean attention of the few best heads; None where there is too little to tell."""
    _, n_heads, n_tokens, _ = attended.queries.shape
    if min(n_tokens, attended.keys.shape[2]) < FEWEST:
        return None
    together = np.stack([quality(weights).together for weights in attended.weights()])
    ranked = np.argsort(-together, axis=None, kind="stable")[:_MOST_HEADS]
    good = ranked[together.flat[ranked] >= _AS_GOOD * together.max()]
    heads = tuple((int(index) // n_heads, int(index) % n_heads) for index in good)
    mean = attended.mean(heads)
    found = quality(mean[None])
    return Following(
        mean,
        heads,
        Quality(float(found.focus[0]), float(found.order[0]), float(found.coverage[0])),
    )
