"""Sound made from pitch, envelope and breath."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.core.audio import Audio
from myna.dsp.envelope import FFT_LENGTH, HOP_LENGTH, SAMPLE_RATE, spectral_envelope
from myna.dsp.pitch import track_pitch
from myna.dsp.vocoder import Vocoder, excitation
from tests.unit.dsp.spectra import log_power

FRAMES = 120
DRY = np.tile(np.array([-60, -60, -60, -60, -60, -60], np.float32), (FRAMES, 1))


def envelope() -> np.ndarray:
    """One resonance at 1 kHz over a falling spectrum."""
    bins = np.arange(FFT_LENGTH // 2 + 1) * SAMPLE_RATE / FFT_LENGTH
    power = np.log(0.02 / (1 + ((bins - 1000) / 300) ** 2) + 1e-5) - bins / 4000
    cepstrum = np.fft.irfft(power, FFT_LENGTH)[: FFT_LENGTH // 2 + 1]
    return np.tile(cepstrum.astype(np.float32), (FRAMES, 1))


def synthesise(
    pitch: np.ndarray, cepstra: np.ndarray, breath: np.ndarray, *, seed: int = 0
) -> np.ndarray:
    """The whole sound at once: (FRAMES * HOP_LENGTH,)."""
    return Vocoder(excitation(pitch), seed).process(cepstra, breath)


def test_the_pitch_asked_for_is_heard() -> None:
    pitch = np.linspace(110, 180, FRAMES).astype(np.float32)
    track = track_pitch(Audio(synthesise(pitch, envelope(), DRY), SAMPLE_RATE))
    np.testing.assert_allclose(track[15 : FRAMES - 15], pitch[15:-15], rtol=0.02)


def test_the_envelope_asked_for_is_heard() -> None:
    pitch = np.full(FRAMES, 140, np.float32)
    sound = synthesise(pitch, envelope(), DRY)
    error = log_power(spectral_envelope(sound, pitch)) - log_power(envelope())
    middle = error[15:-15, 10:300] * 10 / np.log(10)
    assert np.sqrt(np.mean(middle**2)) < 2.0  # dB


def test_unvoiced_frames_are_noise() -> None:
    sound = synthesise(np.zeros(FRAMES, np.float32), envelope(), DRY)
    assert np.sqrt(np.mean(sound**2)) > 1e-3
    assert np.mean(track_pitch(Audio(sound, SAMPLE_RATE)) > 0) < 0.4


@settings(max_examples=10, deadline=None)
@given(cuts=st.sets(st.integers(1, FRAMES - 1), max_size=5), seed=st.integers(0, 3))
def test_the_sound_does_not_depend_on_how_the_frames_arrive(cuts: set[int], seed: int) -> None:
    pitch = np.full(FRAMES, 130, np.float32)
    pitch[40:60] = 0
    breath = DRY + 40
    whole = synthesise(pitch, envelope(), breath, seed=seed)
    vocoder = Vocoder(excitation(pitch), seed)
    edges = [0, *sorted(cuts), FRAMES]
    pieces = [
        vocoder.process(envelope()[start:end], breath[start:end]) for start, end in pairwise(edges)
    ]
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-5)


def test_the_seed_decides_the_noise() -> None:
    pitch = np.zeros(FRAMES, np.float32)
    first, again, other = (synthesise(pitch, envelope(), DRY, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_noise_stands_where_it_stands_in_the_whole_sound() -> None:
    pitch = np.zeros(FRAMES, np.float32)
    later = Vocoder(excitation(pitch), 1, first_sample=50_000).process(envelope(), DRY)
    assert not np.array_equal(later, synthesise(pitch, envelope(), DRY, seed=1))


@pytest.mark.parametrize("hertz", [71.0, 480.0])
def test_extreme_pitches_stay_finite(hertz: float) -> None:
    sound = synthesise(np.full(FRAMES, hertz, np.float32), envelope(), DRY)
    assert len(sound) == FRAMES * HOP_LENGTH
    assert np.all(np.isfinite(sound))
