import random

import pytest

from myna.engines.gpt_sovits.plausibility import fault, most_tokens, strangeness

PHONES = 40


def _tokens(count: int) -> list[int]:
    drawn = random.Random(count)
    return [drawn.randrange(1024) for _ in range(count)]


@pytest.mark.parametrize("per_phone", [0.8, 1.5, 2.2, 4.0, 7.0])
def test_any_pace_people_speak_at_is_plausible(per_phone: float) -> None:
    assert fault(_tokens(round(PHONES * per_phone)), PHONES) is None


def test_too_few_tokens_miss_words() -> None:
    assert fault(_tokens(20), PHONES) == "words are missing"


def test_a_single_word_may_be_short() -> None:
    assert fault(_tokens(4), 7) is None


def test_speech_without_end_is_noticed() -> None:
    assert fault(_tokens(most_tokens(PHONES)), PHONES) == "it does not end"


@pytest.mark.parametrize("period", [1, 5, 12])
def test_a_loop_is_noticed(period: int) -> None:
    tokens = _tokens(50) + list(range(period)) * (100 // period + 1)
    assert fault(tokens, 100) == "it repeats itself"


def test_a_pause_is_no_loop() -> None:
    assert fault(_tokens(40) + [7] * 25 + _tokens(40), PHONES) is None


def test_the_usual_pace_is_the_least_strange() -> None:
    assert strangeness(_tokens(88), PHONES) == 0
    assert strangeness(_tokens(44), PHONES) == strangeness(_tokens(176), PHONES) == 1
    assert strangeness([], PHONES) > 10
