import pytest

from myna.engines.gpt_sovits.frontend.korean.meeting import alone, meeting
from myna.engines.gpt_sovits.frontend.korean.numerals import digits, native, sino_korean
from myna.engines.gpt_sovits.frontend.korean.reader import read
from myna.engines.gpt_sovits.frontend.korean.sounds import heard
from myna.engines.gpt_sovits.frontend.korean.tagging import (
    Ending,
    endings,
    final_number,
    guessed_endings,
)
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V2


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("0", "영"),
        ("7", "칠"),
        ("10", "십"),
        ("21", "이십일"),
        ("101", "백일"),
        ("1000", "천"),
        ("2024", "이천이십사"),
        ("10000", "만"),
        ("210000", "이십일만"),
        ("15000", "만오천"),
        ("100000000", "일억"),
        ("110000000", "일억천만"),
    ],
)
def test_numbers_are_said_in_sino_korean(written: str, said: str) -> None:
    assert sino_korean(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [("1", "한"), ("3", "세"), ("20", "스무"), ("21", "스물한"), ("10", "열"), ("101", "백한")],
)
def test_counted_things_have_native_numerals(written: str, said: str) -> None:
    assert native(written) == said


def test_very_long_numbers_are_said_digit_by_digit() -> None:
    assert sino_korean("12345678901234567") == digits("12345678901234567")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("국물", "ㄱㅜㅇㅁㅜㄹ"),
        ("독립", "ㄷㅗㅇㄴㅣㅂ"),
        ("신라", "ㅅㅣㄹㄹㅏ"),
        ("칼날", "ㅋㅏㄹㄹㅏㄹ"),
        ("종로", "ㅈㅗㅇㄴㅗ"),
        ("학교", "ㅎㅏㄱㄲㅛ"),
        ("축하", "ㅊㅜㅋㅏ"),
        ("좋다", "ㅈㅗㅌㅏ"),
        ("좋소", "ㅈㅗㅆㅗ"),
        ("놓는", "ㄴㅗㄴㄴㅡㄴ"),
        ("많아", "ㅁㅏㄴㅏ"),
        ("싫어", "ㅅㅣㄹㅓ"),
        ("뚫는", "ㄸㅜㄹㄹㅡㄴ"),
        ("앉히다", "ㅇㅏㄴㅊㅣㄷㅏ"),
        ("닭", "ㄷㅏㄱ"),
        ("닭이", "ㄷㅏㄹㄱㅣ"),
        ("값", "ㄱㅏㅂ"),
        ("값이", "ㄱㅏㅂㅆㅣ"),
        ("없다", "ㅇㅓㅂㄸㅏ"),
        ("넓다", "ㄴㅓㄹㄸㅏ"),
        ("밟고", "ㅂㅏㅂㄲㅗ"),
        ("넓죽하다", "ㄴㅓㅂㅉㅜㅋㅏㄷㅏ"),
        ("꽃 위", "ㄲㅗㄷ ㅇㅟ"),
        ("옷 한 벌", "ㅇㅗ ㅌㅏㄴ ㅂㅓㄹ"),
        ("굳이", "ㄱㅜㅈㅣ"),
        ("같이", "ㄱㅏㅊㅣ"),
        ("닫히다", "ㄷㅏㅊㅣㄷㅏ"),
        ("벼훑이", "ㅂㅕㅎㅜㄹㅊㅣ"),
        ("가져", "ㄱㅏㅈㅓ"),
        ("희망", "ㅎㅣㅁㅏㅇ"),
        ("의사", "ㅇㅢㅅㅏ"),
        ("디귿이", "ㄷㅣㄱㅡㅅㅣ"),
        ("갈수록", "ㄱㅏㄹㅆㅜㄹㅗㄱ"),
        ("할밖에", "ㅎㅏㄹㅃㅏㄲㅔ"),
        ("강아지", "ㄱㅏㅇㅇㅏㅈㅣ"),
        ("옷.", "ㅇㅗㄷ."),
        ("옷ㅋㅋ", "ㅇㅗㅅㅋㅋ"),
        ("깎아", "ㄲㅏㄲㅏ"),
    ],
)
def test_syllables_sound_as_they_meet(text: str, expected: str) -> None:
    assert heard(f"{text}\n", {}).removesuffix("\n") == expected


@pytest.mark.parametrize(
    ("text", "ending", "offset", "expected"),
    [
        ("신고", Ending.STEM, 0, "ㅅㅣㄴㄲㅗ"),
        ("앉다", Ending.STEM, 0, "ㅇㅏㄴㄸㅏ"),
        ("젊지", Ending.STEM, 0, "ㅈㅓㅁㅉㅣ"),
        ("맑게", Ending.STEM, 0, "ㅁㅏㄹㄲㅔ"),
        ("핥다", Ending.STEM, 0, "ㅎㅏㄹㄸㅏ"),
        ("할 것", Ending.MODIFIER, 0, "ㅎㅏㄹ ㄲㅓㄷ"),
    ],
)
def test_what_a_syllable_ends_changes_the_next(
    text: str, ending: Ending, offset: int, expected: str
) -> None:
    assert heard(f"{text}.", {offset: ending}).removesuffix(".") == expected


def test_a_stop_before_a_nasal_is_nasal_and_before_a_stop_makes_it_tense() -> None:
    assert meeting("ㄱ", "ㄴ") == ("ㅇ", "ㄴ")
    assert meeting("ㅂ", "ㄷ") == ("ㅂ", "ㄸ")
    assert meeting("ㅁ", "ㄱ") == ("ㅁ", "ㄱ")


def test_at_the_end_of_a_word_seven_consonants_are_left() -> None:
    assert {
        alone(final) for final in "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
    } == set("ㄱㄴㄷㄹㅁㅂㅇ")


def test_endings_are_guessed_by_shape() -> None:
    assert guessed_endings("할 수") == {0: Ending.MODIFIER}
    assert guessed_endings("앉고") == {0: Ending.STEM}
    assert guessed_endings("3개를") == {1: Ending.COUNTER}
    assert guessed_endings("하늘을") == {}


def test_endings_are_found_where_counters_stand() -> None:
    assert endings("사과 3개") == {4: Ending.COUNTER}


def test_a_syllable_knows_its_final() -> None:
    assert [final_number(syllable) for syllable in "가각힣a"] == [0, 1, 27, 0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AI", "ㅇㅔㅇㅣㅇㅏㅇㅣ."),
        ("CR", "ㅅㅣㅇㅏㄹㅡ."),
        ("3개", "ㅅㅔㄱㅐ."),
        ("3명", "ㅅㅏㅁㅁㅣㅓㅇ."),
        ("30축", "ㅅㅓㄹㅡㄴㅊㅜㄱ."),
        ("꽃잎", "ㄲㅗㄴㄴㅣㅂ."),
        ("3연대", "ㅅㅏㅁㄴㅣㅓㄴㄷㅐ."),
        ("열심히", "ㅇㅣㅓㄹㅅㅣㅁㅎㅣ."),
        ("20살", "ㅅㅡㅁㅜㅅㅏㄹ."),
        ("값은 3", "ㄱㅏㅂㅆㅡㄴ空ㅅㅏㅁ."),
        ("20시 21개월", "ㅅㅡㅁㅜㅅㅣ空ㅇㅣㅅㅣㅂㅣㄹㄱㅐㅇㅜㅓㄹ."),
        ("갈등", "ㄱㅏㄹㄸㅡㅇ."),
        ("6월", "ㅇㅣㅜㅇㅜㅓㄹ."),
        ("5%", "ㅇㅗㅍㅓㅅㅔㄴㅌㅡ."),
        ("서울역!", "ㅅㅓㅇㅜㄹㄹㅣㅓㄱ!"),
        ("왜？", "ㅇㅗㅐ?"),
        ("가@나", "ㄱㅏ停ㄴㅏ."),
        ("", ""),
    ],
)
def test_text_becomes_letters(text: str, expected: str) -> None:
    assert "".join(read(text)) == expected


def test_every_phone_is_a_symbol() -> None:
    said = read("뷁 쿄쿄, 12월 25일에 만나요~ ㅎㅎ 漢字 English")
    assert all(phone in SYMBOLS_V2.numbers for phone in said)
