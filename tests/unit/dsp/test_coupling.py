import numpy as np
import pytest

from myna.core.audio import Audio
from myna.dsp.coupling import Join, couple
from myna.dsp.jumps import measure_jump
from myna.dsp.pitch import track_pitch

RATE = 16000


def texture(shift: int = 0) -> Audio:
    """Make a second of noise, no two moments alike, `shift` samples late."""
    samples = np.random.default_rng(0).normal(0, 0.1, 2 * RATE)
    return Audio(samples[4000 - shift :][:RATE].astype(np.float32), RATE)


@pytest.mark.parametrize("shift", [-240, 80, 240])
def test_the_same_sound_is_found_again_where_it_was_moved_to(shift: int):
    join = couple(texture(), texture(shift), Join(8000, 8000), held=True)
    assert join == Join(8000, 8000 + shift)


def test_both_places_may_move_but_not_far():
    join = couple(texture(), texture(shift=160), Join(8000, 8000), held=False)
    assert abs(join.left - 8000) <= 0.03 * RATE
    assert join.right - join.left == 160


def test_without_reach_only_the_phase_is_matched():
    join = couple(texture(), texture(), Join(8000, 8010), reach=0.0, held=False)
    assert join == Join(8000, 8000)


def test_places_at_the_ends_stay_inside():
    join = couple(texture(), texture(), Join(0, 16000), held=False)
    assert 0 <= join.left <= 16000 and 0 <= join.right <= 16000


def steps(level: float, frequency: float) -> Audio:
    time = np.arange(RATE) / RATE
    after = time >= 0.5
    sound = np.where(
        after,
        level * np.sign(np.sin(2 * np.pi * frequency * time)),
        np.sign(np.sin(300 * np.pi * time)),
    )
    return Audio((0.1 * sound).astype(np.float32), RATE)


def test_a_jump_is_measured_in_level_and_pitch():
    audio = steps(0.5, 300.0)
    jump = measure_jump(audio, track_pitch(audio), RATE // 2)
    assert jump.level == pytest.approx(6.0, abs=0.5)
    assert jump.pitch == pytest.approx(12.0, abs=1.0)
    assert jump.flux > 2


def test_nothing_jumps_within_one_sound():
    audio = steps(1.0, 150.0)
    jump = measure_jump(audio, track_pitch(audio), RATE // 4)
    assert jump.level < 0.5 and jump.flux < 3
    assert jump.pitch == pytest.approx(0.0, abs=0.2)


def test_silence_has_no_pitch_to_jump():
    audio = Audio.silence(1.0, RATE)
    jump = measure_jump(audio, np.zeros(201, np.float32), 100)
    assert (jump.level, jump.flux, jump.pitch) == (0.0, 0.0, None)
