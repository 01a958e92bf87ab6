"""Logarithmic filter banks as Kaldi computes them, which speaker networks are trained on."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from myna.core.audio import Samples
from myna.dsp.spectrum import Spectrum

_FRAME = 0.025  # seconds
_SHIFT = 0.010  # seconds
_PREEMPHASIS = 0.97
_LOWEST = 20.0  # Hz, of the lowest band
_SHAPE = 0.85  # power of a Hann window that makes Povey's


def kaldi_fbank(samples: Samples, sample_rate: int = 16000, n_mels: int = 80) -> Spectrum:
    """Return natural-log band energies without dither: (frames, n_mels).

    Frames of 25 ms every 10 ms lie wholly inside the sound (Kaldi's `snip-edges`); each loses its
    mean, is pre-emphasised, and windowed by Povey's window (Povey et al. 2011). Samples are taken
    as they are: Kaldi's own programs scale them to 16-bit integers.
    """
    length, shift = round(sample_rate * _FRAME), round(sample_rate * _SHIFT)
    if len(samples) < length:
        return np.zeros((0, n_mels), np.float32)
    framed = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), length)[::shift]
    framed = framed - framed.mean(axis=1, keepdims=True)
    before = np.concatenate([framed[:, :1], framed[:, :-1]], axis=1)
    framed = (framed - _PREEMPHASIS * before) * _povey(length)
    fft_length = 1 << (length - 1).bit_length()
    power = np.abs(np.fft.rfft(framed, fft_length, axis=1)) ** 2
    energies = power[:, :-1] @ _triangles(sample_rate, fft_length, n_mels)
    return np.log(np.maximum(energies, np.finfo(np.float32).eps)).astype(np.float32)


@lru_cache(maxsize=4)
def _povey(length: int) -> npt.NDArray[np.float64]:
    phase = 2 * np.pi * np.arange(length) / (length - 1)
    return np.asarray((0.5 - 0.5 * np.cos(phase)) ** _SHAPE)


@lru_cache(maxsize=4)
def _triangles(sample_rate: int, fft_length: int, n_mels: int) -> npt.NDArray[np.float64]:
    """Return band weights, straight lines on the mel scale: (fft_length // 2, n_mels)."""
    bins = _mel(np.arange(fft_length // 2) * sample_rate / fft_length)[:, None]
    edges = np.linspace(_mel(np.array(_LOWEST)), _mel(np.array(sample_rate / 2)), n_mels + 2)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return np.asarray(np.maximum(0, np.minimum(rising, falling)))


def _mel(frequencies: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(1127 * np.log(1 + frequencies / 700))
