import numpy as np
import pytest

from myna.engines.attempts.token_fit import rejoined

RANDOM = np.random.default_rng(0)
CODES = RANDOM.standard_normal((64, 32)).astype(np.float32)
NEW, FOLLOWING = list(range(12)), list(range(20, 50))


def _near(token: int) -> int:
    """Return a token whose code is nearly the same."""
    return token + 64


NOISY = np.concatenate([CODES, CODES + 0.2 * RANDOM.standard_normal((64, 32)).astype(np.float32)])


def test_what_follows_is_found_where_it_begins() -> None:
    assert rejoined(NEW + FOLLOWING, FOLLOWING, CODES, expected=20) == (12, pytest.approx(0))


def test_what_follows_may_be_said_slower_faster_and_in_other_tokens() -> None:
    uneven = [_near(token) for token in FOLLOWING for _ in range(1 + (token % 5 == 3))]
    del uneven[7], uneven[15]
    count, misfit = rejoined(NEW + uneven, FOLLOWING, NOISY, expected=14)
    assert count == 12
    assert 0 < misfit < 0.3


def test_unrelated_tokens_fit_badly() -> None:
    unrelated = RANDOM.integers(50, 64, 40).tolist()
    assert rejoined(NEW + unrelated, FOLLOWING, CODES, expected=12)[1] > 0.7


def test_of_two_places_the_expected_one_is_taken() -> None:
    twice = [*NEW, *FOLLOWING[:10], *NEW, *FOLLOWING[:10]]
    assert rejoined(twice, FOLLOWING[:10], CODES, expected=10)[0] == 12
    assert rejoined(twice, FOLLOWING[:10], CODES, expected=36)[0] == 34


def test_the_gap_gets_its_fewest_tokens() -> None:
    assert rejoined(FOLLOWING, FOLLOWING, CODES, expected=0, fewest=5)[0] >= 5
    assert rejoined([1, 2], FOLLOWING, CODES, expected=1, fewest=4) == (2, 1.0)


@pytest.mark.parametrize(("drawn", "following"), [(NEW, []), ([], FOLLOWING), ([], [])])
def test_without_one_of_them_all_is_of_the_gap(drawn: list[int], following: list[int]) -> None:
    assert rejoined(drawn, following, CODES, expected=1) == (len(drawn), 0.0)
