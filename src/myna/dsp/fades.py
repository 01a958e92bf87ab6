"""Ends without a click."""

import numpy as np

from myna.core.audio import Audio


def fade_out(audio: Audio, seconds: float) -> Audio:
    """Let the end of sound fall to silence, along a quarter of a sine."""
    length = min(round(seconds * audio.sample_rate), len(audio.samples))
    samples = audio.samples.copy()
    quarter = np.sin(np.pi / 2 * (np.arange(length) + 0.5) / max(1, length))
    samples[len(samples) - length :] *= quarter.astype(np.float32)[::-1]
    return Audio(samples, audio.sample_rate)
