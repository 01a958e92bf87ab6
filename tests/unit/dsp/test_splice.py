"""Joining and ending sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.core.audio import Audio
from myna.dsp.splice import crossfade, fade_in, fade_out

RATE = 8000


def steady(length: int, value: float = 0.5) -> Audio:
    return Audio(np.full(length, value, np.float32), RATE)


def noise(length: int, seed: int) -> Audio:
    samples = np.random.default_rng(seed).standard_normal(length) * 0.1
    return Audio(samples.astype(np.float32), RATE)


@given(st.integers(0, 500), st.integers(0, 500), st.floats(0, 0.1))
def test_a_crossfade_is_shorter_by_its_overlap(left: int, right: int, seconds: float):
    overlap = min(round(seconds * RATE), left, right)
    joined = crossfade(steady(left), steady(right), seconds)
    assert len(joined.samples) == left + right - overlap


def test_outside_the_overlap_nothing_changes():
    left, right = noise(400, 1), noise(400, 2)
    joined = crossfade(left, right, 0.02).samples
    np.testing.assert_array_equal(joined[:240], left.samples[:240])
    np.testing.assert_array_equal(joined[400:], right.samples[160:])


def test_two_sounds_cross_at_constant_power():
    joined = crossfade(noise(80000, 1), noise(80000, 2), 9.0).samples
    powers = np.square(joined[8000:80000]).reshape(8, -1).mean(axis=1)
    np.testing.assert_allclose(powers, 0.01, rtol=0.06)


def test_a_join_does_not_jump():
    joined = crossfade(steady(400, 0.5), steady(400, -0.5), 0.02).samples
    assert np.abs(np.diff(joined)).max() < 0.02


def test_different_rates_are_refused():
    with pytest.raises(ValueError, match="8000 and 16000"):
        crossfade(steady(10), Audio(np.zeros(10, np.float32), 16000))


@pytest.mark.parametrize("length", [0, 1, 30, 400])
def test_fades_touch_only_the_end_they_are_for(length: int):
    audio = steady(length)
    rising, falling = fade_in(audio, 0.005).samples, fade_out(audio, 0.005).samples
    np.testing.assert_array_equal(rising, falling[::-1])
    assert np.all(np.diff(rising) >= 0)
    np.testing.assert_array_equal(rising[40:], audio.samples[40:])
    assert np.all(np.abs(rising[: min(length, 1)]) <= 0.36)


def test_a_long_fade_starts_at_nothing():
    assert abs(fade_in(steady(400)).samples[0]) < 0.01
    assert abs(fade_out(steady(400)).samples[-1]) < 0.01
