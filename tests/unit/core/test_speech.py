import math

import numpy as np
import pytest

from myna.core.errors import InvalidOption
from myna.core.speech import Options


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("speed", 5.0),
        ("temperature", -0.1),
        ("sentence_pause", 11.0),
        ("top_k", 0),
        ("top_p", 1.1),
        ("repetition_penalty", 0.5),
        ("retries", 6),
        ("seed", -1),
        ("seed", 2**63),
        ("temperature", math.nan),
        ("speed", math.inf),
        ("speed", "fast"),
        ("temperature", None),
        ("top_k", 1.5),
        ("retries", "2"),
        ("sample_steps", 8.0),
        ("seed", 0.5),
        ("instruction", None),
        ("speaker", 5),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(InvalidOption, match=name) as refused:
        Options(**{name: value})  # type: ignore[arg-type]  # by name
    assert repr(value) in str(refused.value)


def test_a_whole_number_is_the_same_as_the_fraction_it_is():
    names = ("speed", "temperature", "sentence_pause", "top_p", "repetition_penalty")
    whole, fraction = (Options(**dict.fromkeys(names, one)) for one in (1, 1.0))
    assert repr(whole) == repr(fraction)


def test_a_number_of_numpy_is_the_same_as_a_plain_one():
    """What is cached is found again by what an option looks like."""
    plain = Options(speed=2.0, top_k=5, seed=7)
    assert repr(Options(speed=np.float32(2), top_k=np.int64(5), seed=np.uint8(7))) == repr(plain)
