import numpy as np
import pytest

from myna.core.audio import Audio
from myna.dsp.seams import LEAD, Pause, SeamFinder, frame_levels

RATE = 16000


def speech(*stretches: tuple[float, float], seconds: float = 2.0) -> Audio:
    """Make a buzz during the given stretches, over a quiet hiss."""
    time = np.arange(round(seconds * RATE)) / RATE
    envelope = np.zeros(len(time))
    for start, end in stretches:
        envelope[(time >= start) & (time < end)] = 1.0
    buzz = envelope * 0.2 * np.sin(2 * np.pi * 150 * time)
    hiss = np.random.default_rng(0).normal(0, 1e-3, len(time))
    return Audio((buzz + hiss).astype(np.float32), RATE)


def test_the_level_is_that_of_the_frames():
    levels = frame_levels(speech((0.0, 2.0)))
    assert levels[100:-100].mean() == pytest.approx(20 * np.log10(0.2 / np.sqrt(2)), abs=0.3)
    assert len(levels) == 1 + round(2.0 / 0.0025)


def test_pauses_are_found_where_it_is_quiet():
    found = SeamFinder(speech((0.3, 0.9), (1.2, 1.7))).pauses
    assert [(round(p.start, 1), round(p.end, 1)) for p in found] == [
        (0.0, 0.3),
        (0.9, 1.2),
        (1.7, 2.0),
    ]


def test_a_closure_is_no_pause():
    assert len(SeamFinder(speech((0.3, 0.9), (0.96, 1.7))).pauses) == 2


def test_a_cut_in_a_pause_is_close_to_the_word_so_that_the_pause_stays():
    seams = SeamFinder(speech((0.3, 0.9), (1.2, 1.7)))
    before = seams.before(start=1.22, previous_end=0.88)
    after = seams.after(end=0.88, next_start=1.22)
    assert before.sample / RATE == pytest.approx(1.2 - LEAD, abs=0.02)
    assert after.sample / RATE == pytest.approx(0.9 + LEAD, abs=0.02)
    assert before.pause == after.pause
    assert before.pause is not None and before.pause.duration > 0.25


def test_a_cut_without_a_pause_is_at_the_quietest_point():
    seams = SeamFinder(speech((0.3, 0.95), (1.0, 1.7)))
    assert seams.before(start=1.0, previous_end=0.98).sample / RATE == pytest.approx(
        0.975, abs=0.01
    )
    assert seams.after(end=0.98, next_start=0.99).sample / RATE == pytest.approx(0.975, abs=0.01)
    assert seams.before(start=1.0, previous_end=0.98).pause is None


def test_a_cut_is_where_the_waveform_crosses_zero():
    audio = speech((0.0, 2.0))
    sample = SeamFinder(audio).before(start=1.0, previous_end=1.0).sample
    assert (audio.samples[sample - 1] < 0) != (audio.samples[sample] < 0)


def test_a_recording_that_begins_and_ends_with_speech_is_cut_at_its_ends():
    audio = speech((0.0, 2.0))
    seams = SeamFinder(audio)
    assert seams.before(start=0.1, previous_end=None).sample == 0
    assert seams.after(end=1.9, next_start=None).sample == len(audio.samples)


def test_most_of_a_pause_is_left_on_the_side_it_belongs_to():
    seams = SeamFinder(speech((0.3, 0.9), (1.2, 1.7)))
    pause = Pause(0.9, 1.2)
    assert seams.at_end_of(pause).sample / RATE == pytest.approx(1.2 - LEAD, abs=0.003)
    assert seams.at_start_of(pause).sample / RATE == pytest.approx(0.9 + LEAD, abs=0.003)


def test_silence_has_no_seams_to_fail_on():
    seams = SeamFinder(Audio.silence(1.0, RATE))
    assert 0 <= seams.before(start=0.5, previous_end=0.4).sample <= RATE
