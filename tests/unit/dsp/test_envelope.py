"""Envelopes of signals whose resonances are known."""

import numpy as np
import pytest

from myna.dsp.envelope import (
    FFT_LENGTH,
    HOP_LENGTH,
    SAMPLE_RATE,
    cepstra_of,
    mel_cepstra,
    spectral_envelope,
)
from tests.unit.dsp.spectra import log_power

FORMANTS = (700.0, 1220.0, 2600.0)  # Hz
BINS = np.arange(FFT_LENGTH // 2 + 1) * SAMPLE_RATE / FFT_LENGTH


def resonances(frequencies: np.ndarray) -> np.ndarray:
    """The log power of three resonances over a falling tilt."""
    power = np.zeros(len(frequencies))
    for formant in FORMANTS:
        power += 1 / (1 + ((frequencies - formant) / 120) ** 2)
    return np.log(power + 1e-3) - frequencies / 3000


def vowel(hertz: float, seconds: float = 0.5) -> np.ndarray:
    """Harmonics of `hertz` under `resonances`."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    harmonics = hertz * np.arange(1, int(11000 / hertz))
    gains = np.exp(resonances(harmonics) / 2) * np.sqrt(2 * hertz / SAMPLE_RATE * 2)
    phases = np.arange(len(harmonics)) ** 2 * 0.7
    return np.sum(
        gains[:, None] * np.cos(2 * np.pi * harmonics[:, None] * time + phases[:, None]), axis=0
    )


@pytest.mark.parametrize("hertz", [90.0, 125.0, 210.0])
def test_the_envelope_shows_the_resonances_whatever_the_pitch(hertz: float) -> None:
    sound = vowel(hertz).astype(np.float32)
    frames = len(sound) // HOP_LENGTH
    found = log_power(spectral_envelope(sound, np.full(frames, hertz, np.float32)))[20:-20]
    band = (BINS > 200) & (BINS < 8000)
    error = 10 / np.log(10) * (found[:, band] - resonances(BINS)[band])
    error -= error.mean()
    assert np.sqrt(np.mean(error**2)) < 2.5  # dB


def test_white_noise_has_the_envelope_of_its_variance() -> None:
    noise = np.random.default_rng(2).standard_normal(SAMPLE_RATE).astype(np.float32)
    frames = np.zeros(len(noise) // HOP_LENGTH, np.float32)
    level = log_power(spectral_envelope(0.1 * noise, frames))[:, 20:-20].mean()
    assert 10 / np.log(10) * abs(level - np.log(0.01)) < 2.0  # dB


def test_silence_has_a_finite_envelope() -> None:
    cepstra = spectral_envelope(np.zeros(2400, np.float32), np.zeros(21, np.float32))
    assert cepstra.shape == (21, FFT_LENGTH // 2 + 1)
    assert np.all(np.isfinite(cepstra))


def test_coding_undoes_decoding() -> None:
    coded = np.random.default_rng(3).standard_normal((5, 36)).astype(np.float32)
    np.testing.assert_allclose(mel_cepstra(cepstra_of(coded)), coded, atol=0.02)


def test_a_difference_of_mel_cepstra_is_a_filter() -> None:
    noise = np.random.default_rng(4).standard_normal(6000).astype(np.float32)
    frames = np.zeros(50, np.float32)
    envelope, louder = (mel_cepstra(spectral_envelope(gain * noise, frames)) for gain in (1, 2))
    np.testing.assert_allclose(log_power(cepstra_of(louder - envelope)), np.log(4), atol=0.01)
