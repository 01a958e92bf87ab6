"""Filters with a chosen magnitude and no delay."""

import numpy as np
import numpy.typing as npt

from myna.core.audio import Samples

_SECONDS = 0.02  # of an impulse response

Gains = npt.NDArray[np.float64]
"""Amplitude per frequency, evenly from 0 to half the sample rate: (bins,)."""


def impulse(gains: Gains, sample_rate: int) -> Samples:
    """Return a symmetric impulse response, 20 ms long: (taps,), odd."""
    half = round(_SECONDS / 2 * sample_rate)
    grid = np.linspace(0.0, 1.0, 2 * half + 1)
    even = np.interp(grid, np.linspace(0.0, 1.0, len(gains)), gains)
    whole = np.fft.fftshift(np.fft.irfft(even, 4 * half))
    middle = whole[half : 3 * half + 1]
    return np.asarray(middle * np.hanning(2 * half + 3)[1:-1], np.float32)


def filtered(samples: Samples, taps: Samples) -> Samples:
    """Return the samples filtered, as many as before and not delayed."""
    half = len(taps) // 2
    size = 1 << (len(samples) + len(taps) - 1).bit_length()
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(taps, size)
    return np.asarray(np.fft.irfft(spectrum, size)[half : half + len(samples)], np.float32)
