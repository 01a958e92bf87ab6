"""Tops that were cut off, and tops that were not."""

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.dsp.clipping import clipped_share

RATE = 16000


def tone(height: float = 0.5, frequency: float = 200.0) -> Audio:
    """A second of a sine."""
    time = np.arange(RATE) / RATE
    return Audio((height * np.sin(2 * np.pi * frequency * time)).astype(np.float32), RATE)


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
    assert clipped_share(Audio(np.zeros(0, np.float32), RATE)) == 0
