"""Short-time spectra of speech.

Frames are centred: frame `i` is the sound around sample `i * hop_length`, with silence beyond
both ends, so a recording of `n` samples has `1 + n // hop_length` frames.
"""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio, Samples
from myna.dsp.resample import resample

Spectrum = npt.NDArray[np.float32]

BLOCK = 4096  # frames transformed at a time, which bounds memory on hour-long recordings
FLOOR = 1e-10  # power added before a logarithm: -100 dB


class MelScale(Enum):
    """How pitch is counted, and how high each band's triangle is."""

    SLANEY = "slaney"
    """Linear to 1 kHz, logarithmic above; triangles of equal area (Slaney's Auditory Toolbox)."""
    HTK = "htk"
    """2595 log10(1 + f / 700); triangles of height 1 (the HTK Book)."""


@dataclass(frozen=True, slots=True)
class MelSettings:
    """Which mel spectrogram: lengths in samples at `sample_rate`, frequencies in Hz."""

    sample_rate: int = 16000
    n_mels: int = 40
    window_length: int = 400
    hop_length: int = 160
    fft_length: int = 512
    lowest: float = 0.0
    highest: float | None = None
    """None: half the sample rate."""
    scale: MelScale = MelScale.HTK


def frame_count(length: int, hop_length: int) -> int:
    """Return how many frames `length` samples have."""
    return 1 + length // hop_length


def frames(samples: Samples, frame_length: int, hop_length: int) -> Samples:
    """Return the centred frames as a read-only view: (frames, frame_length)."""
    before = frame_length // 2
    padded = np.pad(np.asarray(samples, np.float32), (before, frame_length - before))
    windows = np.lib.stride_tricks.sliding_window_view(padded, frame_length)
    return windows[::hop_length][: frame_count(len(samples), hop_length)]


def stft_magnitude(
    samples: Samples, window_length: int, hop_length: int, fft_length: int | None = None
) -> Spectrum:
    """Return Hann-windowed magnitudes: (frames, fft_length // 2 + 1)."""
    size = fft_length or window_length
    if size < window_length:
        raise ValueError(f"A window of {window_length} samples needs a longer FFT than {size}")
    window = hann(window_length)
    framed = frames(samples, window_length, hop_length)
    magnitudes = np.empty((len(framed), size // 2 + 1), np.float32)
    for start in range(0, len(framed), BLOCK):
        block = framed[start : start + BLOCK] * window
        magnitudes[start : start + BLOCK] = np.abs(np.fft.rfft(block, size, axis=1))
    return magnitudes


@lru_cache(maxsize=16)
def hann(length: int) -> Samples:
    """Return the periodic Hann window, read-only."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
    window.flags.writeable = False
    return window


def mel_spectrogram(audio: Audio, settings: MelSettings) -> Spectrum:
    """Return mel-band power: (frames, n_mels). Audio at another rate is resampled first."""
    audio = resample(audio, settings.sample_rate)
    bands = mel_filterbank(settings).T
    magnitude = stft_magnitude(
        audio.samples, settings.window_length, settings.hop_length, settings.fft_length
    )
    return np.asarray(np.square(magnitude, out=magnitude) @ bands, np.float32)


def log_mel(audio: Audio, settings: MelSettings) -> Spectrum:
    """Return the natural logarithm of mel-band power: (frames, n_mels)."""
    return np.asarray(np.log(mel_spectrogram(audio, settings) + np.float32(FLOOR)), np.float32)


def mfcc(audio: Audio, settings: MelSettings, n_coefficients: int = 13) -> Spectrum:
    """Return mel-frequency cepstral coefficients, the first being the level.

    Shape (frames, n_coefficients): an orthonormal DCT-II of `log_mel` (Davis and Mermelstein,
    1980).
    """
    return np.asarray(log_mel(audio, settings) @ _dct(settings.n_mels, n_coefficients), np.float32)


@lru_cache(maxsize=16)
def _dct(n_inputs: int, n_outputs: int) -> Spectrum:
    """Return the orthonormal DCT-II as a matrix: (n_inputs, n_outputs)."""
    if not 0 < n_outputs <= n_inputs:
        raise ValueError(f"Cannot take {n_outputs} coefficients of {n_inputs} bands")
    angle = np.pi * np.outer(np.arange(n_inputs) + 0.5, np.arange(n_outputs)) / n_inputs
    matrix = np.cos(angle) * np.sqrt(2 / n_inputs)
    matrix[:, 0] /= np.sqrt(2)
    return np.asarray(matrix.astype(np.float32), np.float32)


def deltas(features: Spectrum, width: int = 2) -> Spectrum:
    """Return the slope per frame, by regression over `width` frames to both sides.

    Same shape as `features` (frames, dimensions); the ends are repeated (the HTK Book, 5.9).
    """
    if width < 1:
        raise ValueError(f"A slope needs at least 1 frame to both sides, got {width}")
    count = len(features)
    padded = np.pad(features, ((width, width), (0, 0)), mode="edge")
    slope = np.zeros_like(features)
    for step in range(1, width + 1):
        ahead = padded[width + step : width + step + count]
        behind = padded[width - step : width - step + count]
        slope += step * (ahead - behind)
    return slope / np.float32(2 * sum(step * step for step in range(1, width + 1)))


@lru_cache(maxsize=16)
def mel_filterbank(settings: MelSettings) -> Spectrum:
    """Return the weight of each FFT bin in each band, read-only: (n_mels, fft_length // 2 + 1)."""
    nyquist = settings.sample_rate / 2
    highest = nyquist if settings.highest is None else settings.highest
    if not 0 <= settings.lowest < highest <= nyquist:
        raise ValueError(f"Bands from {settings.lowest} to {highest} Hz do not fit {nyquist} Hz")
    low, high = hz_to_mel(np.array([settings.lowest, highest]), settings.scale)
    edges = mel_to_hz(np.linspace(low, high, settings.n_mels + 2), settings.scale)
    bins = np.linspace(0, nyquist, settings.fft_length // 2 + 1)
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    weights = np.maximum(0, np.minimum(rising, falling))
    if settings.scale is MelScale.SLANEY:
        weights *= 2 / (right - left)
    weights = weights.astype(np.float32)
    weights.flags.writeable = False
    return np.asarray(weights)


Frequencies = npt.NDArray[np.float64]

_SLANEY_BREAK = 1000.0  # Hz, where the scale turns logarithmic
_SLANEY_HZ_PER_MEL = 200 / 3  # below the break
_SLANEY_LOG_STEP = np.log(6.4) / 27  # natural log per mel above it


def hz_to_mel(frequencies: Frequencies, scale: MelScale) -> Frequencies:
    """Return frequencies in Hz as mels."""
    if scale is MelScale.HTK:
        return np.asarray(2595 * np.log10(1 + frequencies / 700))
    above = np.log(np.maximum(frequencies, _SLANEY_BREAK) / _SLANEY_BREAK) / _SLANEY_LOG_STEP
    return np.asarray(np.minimum(frequencies, _SLANEY_BREAK) / _SLANEY_HZ_PER_MEL + above)


def mel_to_hz(mels: Frequencies, scale: MelScale) -> Frequencies:
    """Return mels as frequencies in Hz."""
    if scale is MelScale.HTK:
        return np.asarray(700 * (10 ** (mels / 2595) - 1))
    above = mels - _SLANEY_BREAK / _SLANEY_HZ_PER_MEL
    linear = np.minimum(mels * _SLANEY_HZ_PER_MEL, _SLANEY_BREAK)
    return np.asarray(linear * np.exp(np.maximum(above, 0) * _SLANEY_LOG_STEP))
