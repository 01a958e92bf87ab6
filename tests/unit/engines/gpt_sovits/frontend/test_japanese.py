import pytest

from myna.engines.gpt_sovits.frontend.japanese import normalize, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("箸", "h a ] sh i"),
        ("橋", "h a [ sh i"),
        ("学校", "g a [ cl k o o"),
        ("はい、そうです。", "h a ] i , s o [ o d e s u ."),
        ("です！", "d e ] s u !"),
        ("「はい」", "「 h a ] i 」"),
    ],
)
def test_phones_carry_the_pitch_accent(text: str, expected: str) -> None:
    assert " ".join(read(text)) == expected


def test_unvoiced_vowels_are_said_as_voiced_ones() -> None:
    assert "i" in read("北")
    assert "I" not in read("北")


def test_blanks_are_not_said() -> None:
    assert read("はい はい") == (*read("はい"), *read("はい"))


def test_a_full_width_percent_sign_is_a_word() -> None:
    assert read("％") == read("パーセント")


def test_capital_letters_are_read_as_small_ones() -> None:
    assert read("ＡＢＣ") == read("ａｂｃ")


def test_marks_that_follow_each_other_become_one() -> None:
    assert normalize("はい...!?") == "はい."


def test_nothing_is_read_of_nothing() -> None:
    assert read("") == ()
