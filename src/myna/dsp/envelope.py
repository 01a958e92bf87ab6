"""The shape of the vocal tract in a sound: its spectrum without the pitch.

An envelope is kept as a real cepstrum, the inverse transform of its log power spectrum, so that
filters add, and a minimum-phase filter is one transform away.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from myna.core.audio import Samples
from myna.dsp.pitch import HOP, PitchTrack

Cepstra = npt.NDArray[np.float32]
"""Real cepstra of log power, nepers: (frames, FFT_LENGTH // 2 + 1)."""
MelCepstra = npt.NDArray[np.float32]
"""Cosine series of log power along the mel axis, nepers: (frames, orders)."""

SAMPLE_RATE = 24000  # Hz
FFT_LENGTH = 1024
HOP_LENGTH = round(HOP * SAMPLE_RATE)  # samples
ORDERS = 36
LOWEST_PITCH = 3.0 * SAMPLE_RATE / FFT_LENGTH  # Hz: three periods must fit the transform
UNVOICED_PITCH = 500.0  # Hz, whose window suits noise
POWER_FLOOR = 1e-12  # added to a power spectrum: -120 dB

_BLOCK = 256  # frames transformed at a time
_COMPENSATION = -0.15  # q1 of CheapTrick


def spectral_envelope(samples: Samples, pitch: PitchTrack) -> Cepstra:
    """Return the envelope per frame of `HOP_LENGTH` samples at `SAMPLE_RATE`.

    A window of three periods, smoothing by two thirds of the pitch, then liftering that restores
    what the window blurred (CheapTrick: Morise, 2015, "CheapTrick, a spectral envelope estimator
    for high-quality speech synthesis"). Shape (len(pitch), FFT_LENGTH // 2 + 1); power per
    window of unit energy, so white noise of variance v has envelope v.
    """
    frequencies = np.where(pitch > 0, pitch, UNVOICED_PITCH).astype(np.float32)
    frequencies = np.maximum(frequencies, np.float32(LOWEST_PITCH))
    half = FFT_LENGTH // 2
    missing = max(0, len(pitch) * HOP_LENGTH - len(samples))
    padded = np.pad(samples.astype(np.float32), (half, half + missing))
    windows = np.lib.stride_tricks.sliding_window_view(padded, FFT_LENGTH)[::HOP_LENGTH]
    cepstra = np.empty((len(pitch), half + 1), np.float32)
    for start in range(0, len(pitch), _BLOCK):
        block = slice(start, start + _BLOCK)
        cepstra[block] = _block_envelope(windows[: len(pitch)][block], frequencies[block])
    return cepstra


def _block_envelope(windows: Samples, pitch: PitchTrack) -> Cepstra:
    power = np.square(np.abs(np.fft.rfft(_windowed(windows, pitch), FFT_LENGTH, axis=1)))
    power = _smoothed(_filled_below_pitch(power, pitch), pitch)
    logarithm = np.log(power + np.float32(POWER_FLOOR))
    cepstra = np.fft.irfft(logarithm, FFT_LENGTH, axis=1)[:, : FFT_LENGTH // 2 + 1]
    turns = pitch[:, None] * (np.arange(FFT_LENGTH // 2 + 1, dtype=np.float32) / SAMPLE_RATE)
    lifter = np.sinc(turns) * (
        1 - 2 * _COMPENSATION + 2 * _COMPENSATION * np.cos(2 * np.pi * turns)
    )
    return np.asarray(cepstra * lifter, np.float32)


def _windowed(windows: Samples, pitch: PitchTrack) -> Samples:
    """Cut three periods out of the middle, without their mean, of unit energy."""
    half = FFT_LENGTH // 2
    offsets = np.arange(-half, half, dtype=np.float32)
    position = offsets * (pitch[:, None] / np.float32(1.5 * SAMPLE_RATE))  # -1..1 in the window
    shape = np.where(np.abs(position) < 1, 0.5 + 0.5 * np.cos(np.pi * position), 0.0)
    shape = shape.astype(np.float32)
    shape /= np.sqrt(np.square(shape).sum(axis=1, keepdims=True))
    cut = windows * shape
    offset = cut.sum(axis=1, keepdims=True) / shape.sum(axis=1, keepdims=True)
    return np.asarray(cut - offset * shape, np.float32)


def _filled_below_pitch(power: Samples, pitch: PitchTrack) -> Samples:
    """Mirror the first harmonic's slope downwards, where there is none."""
    width = SAMPLE_RATE / FFT_LENGTH
    top = int(np.ceil(pitch.max() / width)) + 2
    bins = np.arange(top)
    mirrored = pitch[:, None] / width - bins
    inside = mirrored > 0
    left = np.clip(np.floor(mirrored).astype(int), 0, top)
    part = np.clip(mirrored - left, 0.0, 1.0)
    rows = np.arange(len(power))[:, None]
    replica = power[rows, left] * (1 - part) + power[rows, left + 1] * part
    filled = power.copy()
    filled[:, :top] += np.where(inside, replica, 0.0)
    return filled


def _smoothed(power: Samples, pitch: PitchTrack) -> Samples:
    """Average over two thirds of the pitch, by differences of the running sum."""
    bins = power.shape[1]
    reach = int(np.ceil(HIGHEST_SMOOTHING * FFT_LENGTH / SAMPLE_RATE)) + 2
    padded = np.pad(power, ((0, 0), (reach, reach)), mode="reflect").astype(np.float64)
    running = np.zeros((len(power), padded.shape[1] + 1))
    np.cumsum(padded, axis=1, out=running[:, 1:])
    width = pitch.astype(np.float64) * (2 / 3) * FFT_LENGTH / SAMPLE_RATE
    upper = _shifted(running, reach + 0.5 + width / 2, bins)
    lower = _shifted(running, reach + 0.5 - width / 2, bins)
    return np.asarray((upper - lower) / width[:, None], np.float32)


HIGHEST_SMOOTHING = UNVOICED_PITCH / 3  # Hz to each side


def _shifted(
    running: npt.NDArray[np.float64], offset: npt.NDArray[np.float64], bins: int
) -> npt.NDArray[np.float64]:
    """Return `running` read from a fractional offset on, row by row: (rows, bins)."""
    whole = np.floor(offset).astype(int)
    part = (offset - whole)[:, None]
    windows = np.lib.stride_tricks.sliding_window_view(running, bins + 1, axis=1)
    rows = windows[np.arange(len(running)), whole]
    return np.asarray(rows[:, :-1] * (1 - part) + rows[:, 1:] * part)


def mel_cepstra(cepstra: Cepstra) -> MelCepstra:
    """Describe envelopes by `ORDERS` numbers each, coarse shape first: (frames, ORDERS)."""
    return np.asarray(cepstra @ _coder(), np.float32)


def cepstra_of(mel: MelCepstra) -> Cepstra:
    """Return what `mel_cepstra` describes. Linear, so a difference becomes a filter."""
    return np.asarray(mel @ _decoder(), np.float32)


def _mel(frequencies: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mel axis (O'Shaughnessy, 1987) from 0 at 0 Hz to 1 at half the sample rate."""
    top = np.log(1 + SAMPLE_RATE / 2 / 700)
    return np.asarray(np.log(1 + frequencies / 700) / top)


@lru_cache(maxsize=1)
def _coder() -> Cepstra:
    """Return real cepstrum -> mel cepstrum as a matrix: (FFT_LENGTH // 2 + 1, ORDERS)."""
    points = FFT_LENGTH // 2
    place = (np.arange(points) + 0.5) / points
    frequencies = 700 * (np.exp(place * np.log(1 + SAMPLE_RATE / 2 / 700)) - 1)
    angle = np.outer(np.arange(FFT_LENGTH // 2 + 1), 2 * np.pi * frequencies / SAMPLE_RATE)
    spectrum = 2 * np.cos(angle)
    spectrum[0] = 1
    spectrum[-1] /= 2
    series = 2 / points * np.cos(np.pi * np.outer(place, np.arange(ORDERS)))
    series[:, 0] /= 2
    return np.asarray(spectrum @ series, np.float32)


@lru_cache(maxsize=1)
def _decoder() -> Cepstra:
    """Return mel cepstrum -> real cepstrum as a matrix: (ORDERS, FFT_LENGTH // 2 + 1)."""
    frequencies = np.arange(FFT_LENGTH // 2 + 1) * SAMPLE_RATE / FFT_LENGTH
    spectra = np.cos(np.pi * np.outer(np.arange(ORDERS), _mel(frequencies)))
    return np.asarray(
        np.fft.irfft(spectra, FFT_LENGTH, axis=1)[:, : FFT_LENGTH // 2 + 1], np.float32
    )
