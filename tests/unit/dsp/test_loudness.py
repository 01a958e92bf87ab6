"""Loudness, against the figures of the standard and FFmpeg's meter."""

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.dsp.levels import QUIETEST, peak
from myna.dsp.loudness import at_loudness, loudness

FFMPEG_SAYS = -17.285  # LUFS: its filter ebur128, on the sound of the test that uses this


def tone(frequency: float, level: float, seconds: float = 2.0, sample_rate: int = 48000) -> Audio:
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    wave = 10 ** (level / 20) * np.sin(2 * np.pi * frequency * time)
    return Audio(wave.astype(np.float32), sample_rate)


@pytest.mark.parametrize("sample_rate", [16000, 24000, 44100, 48000])
def test_the_standard_s_tone_reads_as_the_standard_says(sample_rate: int):
    assert loudness(tone(997, 0, sample_rate=sample_rate)) == pytest.approx(-3.01, abs=0.05)
    assert loudness(tone(997, -20, sample_rate=sample_rate)) == pytest.approx(-23.01, abs=0.05)


def test_low_sounds_are_less_loud_and_high_ones_more():
    assert loudness(tone(40, -20)) < -25
    assert loudness(tone(4000, -20)) == pytest.approx(-23.01 + 3.3, abs=0.2)


def test_pauses_are_left_out():
    spoken = tone(500, -20)
    with_pause = Audio.join([spoken, Audio.silence(10, 48000)])
    assert loudness(with_pause) == pytest.approx(loudness(spoken), abs=0.5)


def test_another_meter_agrees_on_changing_sound():
    generator = np.random.default_rng(0)
    swell = np.repeat(generator.uniform(0.01, 0.5, 20), 12000)
    audio = Audio((generator.standard_normal(240000) * swell * 0.3).astype(np.float32), 48000)
    assert loudness(audio) == pytest.approx(FFMPEG_SAYS, abs=0.05)


@pytest.mark.parametrize("seconds", [0.01, 0.1, 0.39, 0.41])
def test_a_clip_shorter_than_a_block_has_a_loudness(seconds: float):
    assert loudness(tone(997, -20, seconds)) == pytest.approx(-23, abs=0.7)


def test_silence_has_the_lowest():
    assert loudness(Audio.silence(1, 48000)) == QUIETEST
    assert loudness(Audio(np.zeros(0, np.float32), 48000)) == QUIETEST


def test_sound_is_brought_to_a_loudness_unless_it_would_clip():
    assert loudness(at_loudness(tone(500, -40), -23)) == pytest.approx(-23, abs=0.01)
    assert peak(at_loudness(tone(500, -40), 0)) == pytest.approx(0.99, abs=1e-4)
    assert peak(at_loudness(Audio.silence(1, 48000), -23)) == 0
