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
    ],
)
def test_an_option_out_of_range_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(InvalidOption, match=name) as refused:
        Options(**{name: value})  # type: ignore[arg-type]  # by name
    assert repr(value) in str(refused.value)


def test_a_whole_number_is_the_same_as_the_fraction_it_is():
    names = ("speed", "temperature", "sentence_pause", "top_p", "repetition_penalty")
    whole, fraction = (Options(**dict.fromkeys(names, one)) for one in (1, 1.0))
    assert repr(whole) == repr(fraction)
