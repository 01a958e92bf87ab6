"""Pitch of signals whose pitch is known."""

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.dsp.pitch import track_pitch, track_speaker_pitch

SAMPLE_RATE = 24000


def buzz(frequencies: np.ndarray) -> Audio:
    """A pulse-like voice with a falling spectrum, its pitch given per sample."""
    turns = 2 * np.pi * np.cumsum(frequencies) / SAMPLE_RATE
    sound = sum(np.cos(number * turns) / number for number in range(1, 12))
    return Audio((0.1 * sound).astype(np.float32), SAMPLE_RATE)


@pytest.mark.parametrize("hertz", [80.0, 120.0, 233.0, 310.0, 450.0])
def test_a_steady_pitch_is_found_within_one_percent(hertz: float) -> None:
    track = track_speaker_pitch(buzz(np.full(SAMPLE_RATE, hertz)))
    inner = track[20:-20]
    assert np.all(inner > 0)
    assert np.max(np.abs(inner / hertz - 1)) < 0.01


def test_a_gliding_pitch_is_followed() -> None:
    frequencies = np.geomspace(100, 200, SAMPLE_RATE)
    track = track_speaker_pitch(buzz(frequencies))
    truth = frequencies[np.minimum(np.arange(len(track)) * 120, SAMPLE_RATE - 1)]
    assert np.max(np.abs(track[20:-20] / truth[20:-20] - 1)) < 0.02


def test_noise_and_silence_are_unvoiced() -> None:
    noise = np.random.default_rng(1).standard_normal(SAMPLE_RATE).astype(np.float32)
    assert np.mean(track_pitch(Audio(0.1 * noise, SAMPLE_RATE)) > 0) < 0.1
    assert not track_pitch(Audio.silence(1.0, SAMPLE_RATE)).any()


def test_a_frame_comes_every_five_milliseconds_and_one_more() -> None:
    for length in (0, 1, 119, 120, 24001):
        silence = Audio(np.zeros(length, np.float32), SAMPLE_RATE)
        assert len(track_pitch(silence)) == 1 + length // 120


def test_pitch_outside_human_voices_is_refused() -> None:
    with pytest.raises(ValueError, match="72"):
        track_pitch(Audio.silence(1.0, SAMPLE_RATE), 20.0, 100.0)
