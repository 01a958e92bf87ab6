"""What is heard of a room when nobody speaks."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from myna.core.audio import Samples
from myna.dsp.filters import filtered, impulse
from myna.dsp.seams import Pause
from myna.dsp.spectrum import frames, hann

_WINDOW = 0.02  # seconds
_EDGE = 0.02  # seconds at both ends of a pause where speech still rings
_QUIETER_SHARE = 50  # percent of the frames in pauses; the rest are breaths and clicks

Density = npt.NDArray[np.float64]
"""Mean power of white-noise-equivalent sound per frequency, from 0 to half the rate: (bins,)."""


def background(samples: Samples, sample_rate: int, pauses: Iterable[Pause]) -> Density | None:
    """Return the spectrum of the background, heard in the pauses; None without any."""
    length = round(_WINDOW * sample_rate)
    heard = [
        frames(part, length, length // 2)[1:-1]
        for pause in pauses
        if len(part := _inside(samples, pause, sample_rate)) >= 2 * length
    ]
    if not heard:
        return None
    windows = np.concatenate(heard)
    level = np.square(windows, dtype=np.float64).mean(axis=1)
    quieter = windows[level <= np.percentile(level, _QUIETER_SHARE)]
    shape = hann(length)
    power = np.square(np.abs(np.fft.rfft(quieter * shape, axis=1)), dtype=np.float64)
    return np.asarray(power.mean(axis=0) / np.square(shape).sum())


def _inside(samples: Samples, pause: Pause, sample_rate: int) -> Samples:
    first = round((pause.start + _EDGE) * sample_rate)
    return samples[first : max(first, round((pause.end - _EDGE) * sample_rate))]


def continued(density: Density, length: int, sample_rate: int, seed: int) -> Samples:
    """Return `length` samples of noise that sounds like the background."""
    taps = impulse(np.sqrt(density), sample_rate)
    white = np.random.default_rng(seed).standard_normal(length + len(taps)).astype(np.float32)
    return filtered(white, taps)[len(taps) // 2 :][:length]
