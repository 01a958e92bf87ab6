import random

import pytest

from myna.align.aligner import DOUBTFUL_COST
from myna.engines.attempts.plausibility import Pace

PACE = Pace(fewest=0.6, typical=2.2, most=8.0, allowance=75, fewest_judged=8)
PHONES = 40


def _tokens(count: int) -> list[int]:
    drawn = random.Random(count)
    return [drawn.randrange(1024) for _ in range(count)]


@pytest.mark.parametrize("per_phone", [0.8, 1.5, 2.2, 4.0, 7.0])
def test_any_pace_people_speak_at_is_plausible(per_phone: float) -> None:
    assert PACE.fault(_tokens(round(PHONES * per_phone)), PHONES) is None


def test_too_few_tokens_miss_words() -> None:
    assert PACE.fault(_tokens(20), PHONES) == "words are missing"


def test_a_single_word_may_be_short() -> None:
    assert PACE.fault(_tokens(4), 7) is None


def test_speech_without_end_is_noticed() -> None:
    assert PACE.fault(_tokens(PACE.most_tokens(PHONES)), PHONES) == "it does not end"


@pytest.mark.parametrize("period", [1, 5, 12])
def test_a_loop_is_noticed(period: int) -> None:
    tokens = _tokens(50) + list(range(period)) * (100 // period + 1)
    assert PACE.fault(tokens, 100) == "it repeats itself"


def test_a_pause_is_no_loop() -> None:
    assert PACE.fault(_tokens(40) + [7] * 25 + _tokens(40), PHONES) is None


def test_the_usual_pace_is_the_least_strange() -> None:
    assert PACE.strangeness(_tokens(88), PHONES) == 0
    assert PACE.strangeness(_tokens(44), PHONES) == PACE.strangeness(_tokens(176), PHONES) == 1
    assert PACE.strangeness([], PHONES) > 10


def test_what_went_wrong_is_drawn_again_until_it_is_right() -> None:
    redrawn: list[int] = []
    attempts = [_tokens(5), _tokens(400), _tokens(88), _tokens(90)]
    best = PACE.best(attempts.__getitem__, PHONES, 3, lambda: redrawn.append(1))
    assert best == attempts[2]
    assert len(redrawn) == 2


def test_the_least_strange_attempt_is_kept_when_all_went_wrong() -> None:
    attempts = [_tokens(2), _tokens(20), _tokens(5)]
    assert PACE.best(attempts.__getitem__, PHONES, 2, lambda: None) == attempts[1]


class Judging:
    """Finds fault with some attempts by their first token, and listens to the others."""

    def __init__(self, faults: dict[int, str], misfits: dict[int, float]) -> None:
        self._faults, self._misfits = faults, misfits
        self.heard: list[int] = []

    def fault(self, tokens: list[int]) -> str | None:
        return self._faults.get(tokens[0])

    def misfit(self, tokens: list[int]) -> float:
        self.heard.append(tokens[0])
        return self._misfits[tokens[0]]


def _attempt(number: int) -> list[int]:
    return [number, *_tokens(87)]


def test_what_is_seen_to_be_wrong_is_drawn_again_unheard() -> None:
    redrawn: list[int] = []
    judging = Judging({0: "words were passed over"}, {1: 1.0})
    best = PACE.best(_attempt, PHONES, 2, lambda: redrawn.append(1), judging)
    assert best == _attempt(1)
    assert len(redrawn) == 1
    assert judging.heard == [1]


def test_of_attempts_that_are_all_seen_to_be_wrong_the_best_heard_is_kept() -> None:
    judging = Judging(dict.fromkeys(range(3), "words are said again"), {0: 1.1, 1: 1.0, 2: 1.3})
    assert PACE.best(_attempt, PHONES, 2, lambda: None, judging) == _attempt(1)


def test_an_impossible_number_is_worse_than_any_other_fault() -> None:
    judging = Judging({}, {1: 2 * DOUBTFUL_COST})
    attempts = [[0, *_tokens(5)], _attempt(1)]
    assert PACE.best(attempts.__getitem__, PHONES, 1, lambda: None, judging) == attempts[1]


def test_very_short_texts_are_not_looked_at_closer() -> None:
    judging = Judging({0: "words were passed over"}, {})
    assert PACE.best(lambda _: [0, *_tokens(12)], 5, 2, lambda: None, judging) == [0, *_tokens(12)]
    assert not judging.heard
