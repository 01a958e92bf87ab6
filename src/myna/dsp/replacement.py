"""New sound in place of a stretch of a recording."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

Channels = npt.NDArray[np.float64]
"""Full scale at 1: (samples, channels)."""


@dataclass(frozen=True, slots=True, eq=False)
class Insert:
    """New sound, and where in it the new words begin and end."""

    samples: Channels
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class Replacement:
    """Samples that take the place of those from `start` to `end` of the recording."""

    start: int
    end: int
    samples: Channels

    def moved(self, samples: int) -> Self:
        """Return the same, that many samples later."""
        return replace(self, start=self.start + samples, end=self.end + samples)


def replacement(
    recording: Channels, cut: tuple[int, int], insert: Insert | None, margin: int
) -> Replacement:
    """Return what replaces the recording between two cuts: the insert, or nothing.

    Around each cut `margin` samples fade from one sound to the other at equal power, fewer where
    the recording ends. Raises `ValueError` for an insert shorter than a margin.
    """
    first, last = cut
    if insert is None:
        half = min(margin // 2, first, len(recording) - last)
        left, right = _around(recording, first, half), _around(recording, last, half)
        return Replacement(first - half, last + half, faded_over(left, right))
    before = min(margin // 2, first)
    after = min(margin // 2, len(recording) - last)
    if insert.last - insert.first < before + after:
        raise ValueError(f"{insert.last - insert.first} samples cannot fill margins of {margin}")
    samples = _stretch(insert.samples, insert.first - before, insert.last + after)
    fading = slice(0, 2 * before)
    samples[fading] = faded_over(_around(recording, first, before), samples[fading])
    fading = slice(len(samples) - 2 * after, len(samples))
    samples[fading] = faded_over(samples[fading], _around(recording, last, after))
    return Replacement(first - before, last + after, samples)


def faded_over(left: Channels, right: Channels) -> Channels:
    """Fade from one sound to another of the same length at equal power: (samples, channels).

    As far as the two agree, their sum would be too loud: it is lowered accordingly.
    """
    angle = (np.arange(len(left))[:, None] + 0.5) / max(1, len(left)) * np.pi / 2
    energy = np.sqrt(np.square(left).sum() * np.square(right).sum())
    agreement = float((left * right).sum() / energy) if energy > 0 else 0.0
    loudness = np.sqrt(1.0 + max(0.0, agreement) * np.sin(2 * angle))
    return np.asarray((np.cos(angle) * left + np.sin(angle) * right) / loudness)


def _around(samples: Channels, middle: int, half: int) -> Channels:
    return _stretch(samples, middle - half, middle + half)


def _stretch(samples: Channels, first: int, last: int) -> Channels:
    """Return a copy of the samples from `first` to `last`, silence where there are none."""
    inside = samples[max(0, first) : max(0, last)]
    before = min(max(0, -first), last - first)
    return np.pad(inside, ((before, last - first - before - len(inside)), (0, 0)))
