import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myna.dsp.replacement import Insert, faded_over, replacement

NOISE = np.random.default_rng(0).normal(0, 0.1, (400, 2))


def test_a_fade_between_unrelated_sounds_keeps_the_power():
    left, right = np.random.default_rng(1).normal(0, 0.1, (2, 20000, 1))
    assert np.std(faded_over(left, right)) == pytest.approx(0.1, rel=0.02)


def test_a_fade_between_equal_sounds_is_that_sound():
    assert np.allclose(faded_over(NOISE, NOISE), NOISE)


@given(
    first=st.integers(0, 400),
    length=st.integers(0, 200),
    margin=st.integers(0, 60),
    new=st.none() | st.integers(60, 300),
)
def test_what_is_put_in_fits_where_it_goes(first: int, length: int, margin: int, new: int | None):
    last = min(400, first + length)
    insert = None if new is None else Insert(np.ones((new + 20, 2)), 10, 10 + new)
    made = replacement(NOISE, (first, last), insert, margin)
    assert 0 <= made.start <= first <= last <= made.end <= 400
    assert first - made.start <= margin and made.end - last <= margin
    grown = len(made.samples) - (made.end - made.start)
    assert grown == (new or 0) - (last - first)


def test_the_new_sound_is_whole_between_its_margins():
    made = replacement(NOISE, (100, 200), Insert(np.ones((300, 2)), 50, 250), 20)
    assert np.array_equal(made.samples[20:-20], np.ones((len(made.samples) - 40, 2)))
    assert made.samples[0] == pytest.approx(NOISE[90], abs=0.06)
    assert made.samples[-1] == pytest.approx(NOISE[209], abs=0.06)


def test_at_the_ends_of_a_recording_nothing_is_faded():
    made = replacement(NOISE, (0, 400), Insert(np.ones((300, 2)), 0, 300), 20)
    assert np.array_equal(made.samples, np.ones((300, 2)))


def test_an_insert_shorter_than_its_margins_is_refused():
    with pytest.raises(ValueError, match="10 samples"):
        replacement(NOISE, (100, 200), Insert(np.ones((30, 2)), 10, 20), 40)


def test_a_replacement_moves_with_its_recording():
    made = replacement(NOISE, (100, 200), None, 20)
    moved = made.moved(1000)
    assert (moved.start, moved.end) == (made.start + 1000, made.end + 1000)
    assert moved.samples is made.samples
