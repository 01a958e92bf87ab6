"""Changing the rate, whole and as it arrives."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.core.audio import Audio
from myna.dsp.resample import Resampler, resample, resampled_length

RATES = st.sampled_from([8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000])


def noise(length: int, sample_rate: int) -> Audio:
    samples = np.random.default_rng(length).uniform(-0.5, 0.5, length).astype(np.float32)
    return Audio(samples, sample_rate)


def tone(frequency: float, sample_rate: int, seconds: float = 0.5) -> Audio:
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return Audio((0.5 * np.sin(2 * np.pi * frequency * time)).astype(np.float32), sample_rate)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3000), RATES, RATES)
def test_the_length_is_the_nearest_to_the_same_duration(length: int, source: int, target: int):
    result = resample(noise(length, source), target)
    assert len(result.samples) == resampled_length(length, source, target)
    assert abs(len(result.samples) - length * target / source) <= 0.5
    assert result.sample_rate == target


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3000), RATES, RATES, st.lists(st.integers(0, 3000), max_size=6))
def test_chunks_make_the_same_sound_as_the_whole(
    length: int, source: int, target: int, cuts: list[int]
):
    audio = noise(length, source)
    resampler = Resampler(source, target)
    edges = [0, *sorted(min(cut, length) for cut in cuts), length]
    parts = [
        resampler.process(Audio(audio.samples[start:end], source)) for start, end in pairwise(edges)
    ]
    joined = Audio.join([*parts, resampler.finish()])
    np.testing.assert_allclose(joined.samples, resample(audio, target).samples, atol=1e-5)


@pytest.mark.parametrize(("source", "target"), [(44100, 16000), (16000, 48000), (22050, 24000)])
def test_a_tone_keeps_its_pitch_and_level(source: int, target: int):
    result = resample(tone(1000, source), target).samples[1000:-1000]
    expected = tone(1000, target).samples[1000:-1000]
    np.testing.assert_allclose(result, expected, atol=1e-3)


def test_what_the_new_rate_cannot_hold_is_removed_instead_of_folded():
    assert np.abs(resample(tone(7000, 24000), 8000).samples[500:-500]).max() < 1e-3


def test_the_same_rate_changes_nothing():
    audio = noise(1000, 24000)
    np.testing.assert_array_equal(resample(audio, 24000).samples, audio.samples)


def test_long_sound_comes_out_before_it_ends():
    assert len(Resampler(24000, 48000).process(tone(500, 24000)).samples) > 0


def test_a_chunk_at_another_rate_is_refused():
    with pytest.raises(ValueError, match="Expected 24000 Hz, got 16000 Hz"):
        Resampler(24000, 48000).process(noise(10, 16000))


def test_a_finished_resampler_takes_nothing_more():
    resampler = Resampler(24000, 48000)
    resampler.finish()
    assert len(resampler.finish().samples) == 0
    with pytest.raises(ValueError, match="finished"):
        resampler.process(noise(10, 24000))


def test_a_rate_of_zero_is_refused():
    with pytest.raises(ValueError, match="from 0 to 24000"):
        Resampler(0, 24000)
