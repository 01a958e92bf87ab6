"""The level and the spectral tilt that make one recording sound like another."""

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio
from myna.dsp.filters import Gains
from myna.dsp.spectrum import FLOOR, MelSettings, mel_spectrogram

_BANDS = 20
_ACTIVE = 25.0  # dB below the loudest frame that still counts as speech
_WIDEST_TILT = 10.0  # dB
_WIDEST_GAIN = 30.0  # dB
_BELIEVED_AFTER = 40  # frames: half a tilt's worth is believed of as many
_BINS = 257
_LOWEST = 60.0  # Hz

Bands = npt.NDArray[np.float64]


def matching_gains(ours: Audio, theirs: Audio) -> Gains:
    """Return the gains that bring our speech to the level and tilt of theirs: (bins,).

    Best where both say the same words. The fewer frames there are, the less of the tilt is
    believed. Flat and 1 where one of them is silent. Both at the same sample rate.
    """
    settings = _settings(ours.sample_rate)
    (our_bands, our_frames), (their_bands, their_frames) = (
        _active_bands(audio, settings) for audio in (ours, theirs)
    )
    if our_frames == 0 or their_frames == 0:
        return np.ones(_BINS)
    difference = _decibels(their_bands) - _decibels(our_bands)
    gain = 10 * np.log10(their_bands.sum() / our_bands.sum())
    count = min(our_frames, their_frames)
    tilt = (
        np.clip(difference - gain, -_WIDEST_TILT, _WIDEST_TILT) * count / (count + _BELIEVED_AFTER)
    )
    tilt = np.convolve(np.pad(tilt, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    # What the tilt does to the level of our speech is taken back.
    gain -= 10 * np.log10((our_bands * 10 ** (tilt / 10)).sum() / our_bands.sum())
    nyquist = ours.sample_rate / 2
    frequencies = np.linspace(0.0, nyquist, _BINS)
    curve = np.interp(_mel(frequencies), np.linspace(_mel(_LOWEST), _mel(nyquist), _BANDS), tilt)
    return np.asarray(10 ** ((curve + np.clip(gain, -_WIDEST_GAIN, _WIDEST_GAIN)) / 20))


def _settings(sample_rate: int) -> MelSettings:
    window = round(0.025 * sample_rate)
    size = 1 << (window - 1).bit_length()
    return MelSettings(sample_rate, _BANDS, window, window // 2, size, lowest=_LOWEST)


def _active_bands(audio: Audio, settings: MelSettings) -> tuple[Bands, int]:
    """Return the mean power of speech in each band, and the number of its frames."""
    power = mel_spectrogram(audio, settings).astype(np.float64)
    level = power.sum(axis=1)
    loudest = float(level.max())
    if loudest <= FLOOR:
        return np.zeros(_BANDS), 0
    active = power[level > loudest * 10 ** (-_ACTIVE / 10)]
    return active.mean(axis=0), len(active)


def _decibels(power: Bands) -> Bands:
    return np.asarray(10 * np.log10(power + power.max() * 1e-6))


def _mel(frequency: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.asarray(2595 * np.log10(1 + np.asarray(frequency) / 700))
