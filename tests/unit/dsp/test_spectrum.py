"""Frames, magnitudes, mel bands and cepstra."""

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.dsp.spectrum import (
    MelScale,
    MelSettings,
    deltas,
    frame_count,
    frames,
    hz_to_mel,
    log_mel,
    mel_filterbank,
    mel_spectrogram,
    mel_to_hz,
    mfcc,
    stft_magnitude,
)

RATE = 16000


def tone(frequency: float, seconds: float = 0.5, amplitude: float = 0.5) -> Audio:
    time = np.arange(round(seconds * RATE)) / RATE
    return Audio((amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32), RATE)


@pytest.mark.parametrize("length", [0, 1, 159, 160, 161, 16000])
def test_there_is_a_frame_around_every_hop(length: int):
    framed = frames(np.ones(length, np.float32), 400, 160)
    assert framed.shape == (1 + length // 160, 400)
    assert frame_count(length, 160) == len(framed)


def test_a_frame_is_centred_on_its_sample():
    samples = np.zeros(1000, np.float32)
    samples[320] = 1
    assert frames(samples, 400, 160)[2, 200] == 1


def test_a_tone_is_loudest_in_its_own_bin():
    magnitude = stft_magnitude(tone(1000).samples, 400, 160, 512)
    assert set(magnitude[5:-5].argmax(axis=1)) == {1000 * 512 // RATE}


def test_magnitudes_are_those_of_the_plain_definition():
    samples = np.random.default_rng(0).standard_normal(700).astype(np.float32)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(64) / 64)
    padded = np.concatenate([np.zeros(32), samples, np.zeros(32)])
    basis = np.exp(-2j * np.pi * np.outer(np.arange(64), np.arange(33)) / 64)
    expected = [np.abs((padded[i * 16 : i * 16 + 64] * window) @ basis) for i in range(44)]
    np.testing.assert_allclose(stft_magnitude(samples, 64, 16), expected, atol=1e-4)


def test_long_recordings_are_transformed_in_blocks_without_seams():
    samples = np.tile(np.random.default_rng(0).standard_normal(8).astype(np.float32), 5000)
    magnitude = stft_magnitude(samples, 32, 8)
    assert len(magnitude) == 5001
    np.testing.assert_allclose(magnitude[3:-3], np.tile(magnitude[10], (4995, 1)), atol=1e-4)


def test_a_window_longer_than_the_transform_is_refused():
    with pytest.raises(ValueError, match="window of 400"):
        stft_magnitude(np.zeros(10, np.float32), 400, 160, 256)


@pytest.mark.parametrize("scale", MelScale)
def test_mels_and_hertz_are_inverse_and_rise(scale: MelScale):
    frequencies = np.linspace(0, 12000, 50)
    mels = hz_to_mel(frequencies, scale)
    assert np.all(np.diff(mels) > 0)
    np.testing.assert_allclose(mel_to_hz(mels, scale), frequencies, atol=1e-6)


def test_the_scales_pass_through_their_published_points():
    one_kilohertz = np.array([1000.0])
    assert hz_to_mel(one_kilohertz, MelScale.HTK) == pytest.approx(999.99, abs=0.1)
    assert hz_to_mel(one_kilohertz, MelScale.SLANEY) == pytest.approx(15)
    assert hz_to_mel(np.array([6400.0]), MelScale.SLANEY) == pytest.approx(15 + 27)


def test_htk_bands_overlap_to_one_and_slaney_bands_have_equal_area():
    htk = mel_filterbank(MelSettings(n_mels=20, scale=MelScale.HTK, fft_length=2048))
    inside = slice(60, 850)  # between the first and the last band's centre
    np.testing.assert_allclose(htk.sum(axis=0)[inside], 1, atol=1e-5)
    slaney = mel_filterbank(MelSettings(n_mels=20, scale=MelScale.SLANEY, fft_length=16384))
    np.testing.assert_allclose(slaney.sum(axis=1) * RATE / 16384, 1, rtol=1e-2)


def test_bands_beyond_half_the_rate_are_refused():
    with pytest.raises(ValueError, match="do not fit 8000"):
        mel_filterbank(MelSettings(highest=9000))


def test_a_tone_lights_the_band_it_falls_in():
    settings = MelSettings()
    band = int(mel_filterbank(settings)[:, 1000 * 512 // RATE].argmax())
    assert set(mel_spectrogram(tone(1000), settings)[5:-5].argmax(axis=1)) == {band}


def test_audio_at_another_rate_is_brought_to_the_settings():
    spectrum = log_mel(Audio(np.zeros(24000, np.float32), 24000), MelSettings())
    assert spectrum.shape == (101, 40)
    assert np.isfinite(spectrum).all()


def test_loudness_moves_the_first_coefficient_alone():
    quiet = mfcc(tone(500, amplitude=0.1), MelSettings(highest=1000, n_mels=12), 6)
    loud = mfcc(tone(500, amplitude=0.4), MelSettings(highest=1000, n_mels=12), 6)
    change = (loud - quiet)[10]
    assert change[0] == pytest.approx(2 * np.log(4) * np.sqrt(12), rel=1e-3)
    np.testing.assert_allclose(change[1:], 0, atol=0.02)


def test_more_coefficients_than_bands_are_refused():
    with pytest.raises(ValueError, match="41 coefficients of 40 bands"):
        mfcc(tone(500), MelSettings(), 41)


def test_deltas_of_a_line_are_its_slope():
    line = np.outer(np.arange(20), [1.0, -2.0]).astype(np.float32)
    np.testing.assert_allclose(deltas(line)[3:-3], np.tile([1.0, -2.0], (14, 1)), atol=1e-6)
    assert deltas(np.zeros((1, 3), np.float32)).shape == (1, 3)
    with pytest.raises(ValueError, match="at least 1 frame"):
        deltas(line, 0)
