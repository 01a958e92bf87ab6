"""Where somebody speaks, in quiet and in noise."""

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.dsp.activity import active_level, activity, signal_to_noise

RATE = 24000
SPOKEN = [(0.5, 1.3), (1.9, 2.6)]  # seconds
SECONDS = 3.2


def syllables(sample_rate: int = RATE) -> Audio:
    """Two phrases of a buzzing voice whose level swells five times a second."""
    time = np.arange(round(SECONDS * sample_rate)) / sample_rate
    voice = sum(np.sin(2 * np.pi * 140 * n * time) / n for n in range(1, 20))
    swell = 0.15 * (1.1 + np.cos(2 * np.pi * 5 * time))
    inside = sum(((time >= start) & (time < end)) for start, end in SPOKEN)
    return Audio((voice * swell * inside * 0.3).astype(np.float32), sample_rate)


def level_of(samples: np.ndarray) -> float:
    """The level of a stretch of sound in dB."""
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)))


def noisy(audio: Audio, below: float) -> Audio:
    """White noise, its level in dB below that of the speech."""
    inside = np.concatenate([audio.between(*span).samples for span in SPOKEN])
    height = 10 ** ((level_of(inside) - below) / 20)
    noise = np.random.default_rng(0).standard_normal(len(audio.samples)) * height
    return Audio((audio.samples + noise).astype(np.float32), audio.sample_rate)


def assert_found(audio: Audio, tolerance: float) -> None:
    found = activity(audio)
    assert len(found) == len(SPOKEN)
    np.testing.assert_allclose(found, SPOKEN, atol=tolerance)


@pytest.mark.parametrize("sample_rate", [8000, 16000, 24000, 44100])
def test_phrases_are_found_at_any_rate(sample_rate: int):
    assert_found(syllables(sample_rate), 0.05)


@pytest.mark.parametrize("below", [40, 20, 10])
def test_phrases_are_found_in_noise(below: float):
    assert_found(noisy(syllables(), below), 0.07)


def test_hum_louder_than_the_speech_does_not_hide_it():
    audio = syllables()
    time = np.arange(len(audio.samples)) / RATE
    hum = 0.4 * np.sin(2 * np.pi * 50 * time)
    assert_found(Audio((audio.samples + hum).astype(np.float32), RATE), 0.07)


def test_quiet_speech_is_speech():
    assert_found(Audio(syllables().samples * np.float32(0.02), RATE), 0.05)


def test_a_click_is_not_speech():
    samples = noisy(syllables(), 30).samples.copy()
    samples[4800:4824] = 0.8
    assert_found(Audio(samples, RATE), 0.07)


def test_one_word_in_a_long_silence_is_found():
    word = syllables().between(0.5, 0.8)
    long = Audio.join([Audio.silence(20, RATE), word, Audio.silence(20, RATE)])
    ((start, end),) = activity(long)
    assert (start, end) == (pytest.approx(20, abs=0.05), pytest.approx(20.3, abs=0.05))


@pytest.mark.parametrize("length", [0, 1, 100, 24000])
def test_silence_holds_no_speech(length: int):
    audio = Audio(np.zeros(length, np.float32), RATE)
    assert activity(audio) == []
    assert signal_to_noise(audio) == 0


def test_steady_noise_is_not_above_itself():
    noise = np.random.default_rng(0).standard_normal(2 * RATE) * 0.1
    assert signal_to_noise(Audio(noise.astype(np.float32), RATE)) < 3


def test_times_are_in_order_apart_and_inside_the_recording():
    audio = noisy(syllables(), 8)
    edges = np.array(activity(audio)).reshape(-1)
    assert np.all(np.diff(edges) > 0)
    assert edges[0] >= 0
    assert edges[-1] <= audio.duration


def test_the_level_of_speech_leaves_out_its_pauses():
    spoken = syllables().between(*SPOKEN[0])
    with_pause = Audio.join([spoken, Audio.silence(5, RATE)])
    assert active_level(with_pause) == pytest.approx(level_of(spoken.samples), abs=0.6)
    assert level_of(with_pause.samples) < active_level(with_pause) - 5


@pytest.mark.parametrize("below", [35, 25, 15])
def test_noise_is_measured_between_the_phrases(below: float):
    assert signal_to_noise(noisy(syllables(), below)) == pytest.approx(below, abs=2.5)


def test_a_tone_alone_is_sound_throughout():
    time = np.arange(RATE) / RATE
    tone = Audio((0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32), RATE)
    assert activity(tone) == [(0.0, pytest.approx(1.0, abs=0.02))]
