import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.engines.gpt_sovits.frontend.cantonese import normalize, phones, read
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V2


@pytest.mark.parametrize(
    ("syllable", "expected"),
    [
        ("jyut6", "Yj Yyut6"),
        ("gwong2", "Ygw Yong2"),
        ("kwaan4", "Ykw Yaan4"),
        ("ngo5", "Yng Yo5"),
        ("ngaa4", "Yng Yaa4"),
        ("ng5", "Yng Yg5"),
        ("m4", "Ym Ym4"),
        ("aa3", "Yaa Ya3"),
        ("aai3", "Yaa Yi3"),
        ("oi3", "Yoi Yi3"),
        ("uk1", "Yuk Yk1"),
        ("on1", "Yon Yn1"),
        ("o1", "Yo Yo1"),
        ("ou3", "You Yu3"),
    ],
)
def test_a_syllable_is_two_phones(syllable: str, expected: str) -> None:
    assert " ".join(phones(syllable)) == expected


def test_what_is_no_syllable_is_unknown() -> None:
    assert phones("") == ("UNK", "UNK")
    assert phones("qq") == ("UNK", "UNK")


def test_marks_are_those_the_models_know() -> None:
    assert normalize("「你好」——佢話：係～") == "你好佢话,系-"


def test_characters_only_cantonese_has_are_read() -> None:
    assert normalize("邊個嚟㗎？搭𨋢я") == "边个嚟㗎?搭𨋢"
    assert read("㗎")[0] == ("Yg", "Yaa3")


def test_numbers_are_said_in_words() -> None:
    assert normalize("3個人") == "三个人"


@given(st.text("佢哋你好嘅系唔五我安,.!?…-龥", max_size=14))
@settings(max_examples=60, deadline=None)
def test_every_character_has_its_phones(text: str) -> None:
    said, counts = read(text)
    assert len(counts) == len(text)
    assert sum(counts) == len(said)
    assert all(phone in SYMBOLS_V2.numbers for phone in said)
