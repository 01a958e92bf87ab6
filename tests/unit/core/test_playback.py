import math

from myna.core.playback import NOBODY_LISTENS, NOTHING_HEARD, Playback


def test_sound_is_played_from_when_the_first_was_handed_over() -> None:
    now = 100.0
    playback = Playback(clock=lambda: now)
    assert playback.deadline == NOTHING_HEARD
    playback.hand_over(0.5)
    now = 100.2
    playback.hand_over(1.0)
    assert playback.deadline == 101.5


def test_who_ran_out_of_sound_goes_on_with_the_next() -> None:
    now = 100.0
    playback = Playback(clock=lambda: now)
    playback.hand_over(0.5)
    now = 103.0
    playback.hand_over(0.5)
    assert playback.deadline == 103.5


def test_nobody_runs_out_of_what_is_heard_once_it_is_whole() -> None:
    playback = Playback(NOBODY_LISTENS)
    playback.hand_over(0.5)
    assert playback.deadline == math.inf
