"""Levels and clipping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.core.audio import Audio
from myna.dsp.levels import (
    QUIETEST,
    amplitude,
    at_level,
    clipped_share,
    decibels,
    frame_levels,
    peak,
    rms,
)

RATE = 16000
NOTHING = Audio(np.zeros(0, np.float32), RATE)


def tone(height: float = 0.5, frequency: float = 200.0, seconds: float = 1.0) -> Audio:
    time = np.arange(round(seconds * RATE)) / RATE
    return Audio((height * np.sin(2 * np.pi * frequency * time)).astype(np.float32), RATE)


def test_a_tone_has_its_height_as_peak_and_less_by_root_two_as_rms():
    assert peak(tone(0.5)) == pytest.approx(0.5, rel=1e-3)
    assert rms(tone(0.5)) == pytest.approx(0.5 / np.sqrt(2), rel=1e-4)


def test_silence_and_no_sound_have_a_level_too():
    assert (peak(NOTHING), rms(NOTHING)) == (0.0, 0.0)
    assert decibels(0.0) == QUIETEST
    assert list(frame_levels(Audio.silence(0.04, RATE))) == [QUIETEST, QUIETEST]
    assert len(frame_levels(NOTHING)) == 0


@given(st.floats(-119, 40))
def test_decibels_and_amplitudes_are_inverse(level: float):
    assert decibels(amplitude(level)) == pytest.approx(level, abs=1e-6)


def test_frames_lie_end_to_end_and_the_last_may_be_short():
    samples = np.concatenate([np.full(320, 0.1), np.full(320, 1.0), np.full(10, 0.01)])
    levels = frame_levels(Audio(samples.astype(np.float32), RATE), 0.02)
    np.testing.assert_allclose(levels, [-20, 0, -40], atol=1e-3)


def test_sound_is_brought_to_a_level_and_silence_stays_silence():
    assert decibels(rms(at_level(tone(0.01), -23.0))) == pytest.approx(-23, abs=1e-3)
    assert peak(at_level(Audio.silence(0.1, RATE), -23.0)) == 0


@pytest.mark.parametrize("frequency", [60.0, 150.0, 440.0, 1000.0])
def test_a_tone_that_just_fits_is_not_clipped(frequency: float):
    assert clipped_share(tone(1.0, frequency)) == 0


def test_cut_tops_are_counted():
    loud = tone(2.0).samples
    clipped = np.clip(loud, -1, 1)
    share = clipped_share(Audio(clipped, RATE))
    assert share == pytest.approx(np.mean(np.abs(loud) > 1), abs=0.01)
    assert share > 0.5


def test_tops_cut_at_16_bits_and_overshot_by_a_codec_are_counted():
    whole = np.round(np.clip(tone(1.5).samples, -1, 32767 / 32768) * 32768) / 32768
    assert clipped_share(Audio(whole.astype(np.float32), RATE)) > 0.4
    overshot = np.clip(tone(1.5).samples, -1, 1) * 1.04
    assert clipped_share(Audio(overshot.astype(np.float32), RATE)) > 0.4


def test_a_plateau_below_full_scale_and_single_peaks_are_not_clipping():
    assert clipped_share(Audio(np.full(1000, 0.5, np.float32), RATE)) == 0
    single = np.zeros(1000, np.float32)
    single[::10] = 1
    assert clipped_share(Audio(single, RATE)) == 0
    assert clipped_share(NOTHING) == 0
