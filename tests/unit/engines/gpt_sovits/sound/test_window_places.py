import itertools

import pytest

from myna.engines.gpt_sovits.sound.speech_windows import LONGEST_WINDOW, VOCODER_REACH
from myna.engines.gpt_sovits.sound.window_places import LENGTHS, MASKED, Place, next_place

SENTENCES = [*range(1, 140), 200, 223, 224, 225, 300, 447, 448, 449, 1000]  # frames


def _places(arrivals: list[int]) -> list[Place]:
    """Lay the windows of a sentence of which so many frames may be decided, one time after another.

    What was given must be heard before more arrives.
    """
    places: list[Place] = []
    heard = decided = 0
    for until in arrivals:
        last = until == arrivals[-1]
        while place := next_place(heard, decided, until, last=last):
            places.append(place)
            heard, decided = place.heard, place.decided
    return places


def _streamed(frames: int) -> list[int]:
    """Return how many frames of a sentence may be decided after each of a stream's chunks."""
    arrivals = itertools.accumulate((48, 50, 100, *(200 for _ in range(frames // 200))))
    return [*(arrived - 8 for arrived in arrivals if arrived < frames), frames]


@pytest.mark.parametrize(
    "arrivals",
    [[1, 5, 5, 13, 30, 100], [63, 64, 65]]
    + [[frames] for frames in SENTENCES]
    + [_streamed(frames) for frames in SENTENCES],
    ids=str,
)
def test_a_window_shows_of_the_sentence_all_that_the_vocoder_sees(arrivals: list[int]) -> None:
    frames, heard, decided = arrivals[-1], 0, 0
    for place in _places(arrivals):
        assert place.length in LENGTHS
        assert heard <= place.heard <= place.decided
        assert heard < place.heard or decided < place.decided
        end = place.first + place.length
        assert place.decided <= end
        assert 0 <= place.first <= max(0, heard - VOCODER_REACH)
        assert place.first <= decided <= place.decided
        if place.heard == frames:  # zeros begin where the sentence ends
            assert end == frames or place.length == MASKED
        elif place.heard > heard:
            assert place.heard + VOCODER_REACH <= place.decided
        heard, decided = place.heard, place.decided
    assert heard == decided == frames


def test_the_chunks_of_a_stream_are_one_window_each() -> None:
    lengths = [place.length for place in _places([40, 90, 190, 390, 590, 790])]
    assert lengths == [64, 96, 128, 224, 224, 224]


def test_nothing_is_laid_where_there_is_nothing_new() -> None:
    assert next_place(0, 0, 0, last=False) is None
    assert next_place(0, 0, 0, last=True) is None
    assert next_place(28, 28, 28, last=True) is None
    assert next_place(28, 40, 40, last=False) is None


def test_a_window_is_as_long_as_without_fixed_lengths() -> None:
    assert LENGTHS[-1] == LONGEST_WINDOW + 2 * VOCODER_REACH
