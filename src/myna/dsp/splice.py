"""Joins and ends without a click."""

import numpy as np

from myna.core.audio import Audio, Samples

FADE_SECONDS = 0.005  # short enough to spare the first sound, long enough not to click
CROSSFADE_SECONDS = 0.02


def crossfade(left: Audio, right: Audio, seconds: float = CROSSFADE_SECONDS) -> Audio:
    """Overlap the end of `left` with the start of `right` at constant power.

    The result is shorter than both together by the overlap, which is never longer than either.
    """
    if left.sample_rate != right.sample_rate:
        raise ValueError(f"Cannot join sound at {left.sample_rate} and {right.sample_rate} Hz")
    length = min(round(seconds * left.sample_rate), len(left.samples), len(right.samples))
    if length <= 0:
        return Audio.join([left, right])
    rising = _quarter(length)
    mixed = left.samples[-length:] * rising[::-1] + right.samples[:length] * rising
    joined = np.concatenate([left.samples[:-length], mixed, right.samples[length:]])
    return Audio(joined, left.sample_rate)


def fade_in(audio: Audio, seconds: float = FADE_SECONDS) -> Audio:
    """Let sound rise from silence."""
    length = min(round(seconds * audio.sample_rate), len(audio.samples))
    samples = audio.samples.copy()
    samples[:length] *= _quarter(length)
    return Audio(samples, audio.sample_rate)


def fade_out(audio: Audio, seconds: float = FADE_SECONDS) -> Audio:
    """Let sound fall to silence."""
    length = min(round(seconds * audio.sample_rate), len(audio.samples))
    samples = audio.samples.copy()
    samples[len(samples) - length :] *= _quarter(length)[::-1]
    return Audio(samples, audio.sample_rate)


def _quarter(length: int) -> Samples:
    """Return a quarter of a sine; its square and that of its reverse add up to 1: (length,)."""
    return np.sin(np.pi / 2 * (np.arange(length) + 0.5) / max(1, length)).astype(np.float32)
