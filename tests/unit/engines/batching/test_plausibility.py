import random

import pytest

from myna.engines.batching.plausibility import Pace

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
