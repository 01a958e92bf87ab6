"""Korean read: text to the phones of GPT-SoVITS, letters of what is heard."""

import re
from functools import cache
from pathlib import Path

from myna.engines.gpt_sovits.frontend.korean.numerals import digits, native, sino_korean
from myna.engines.gpt_sovits.frontend.korean.sounds import heard
from myna.engines.gpt_sovits.frontend.korean.tagging import Ending, endings
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V2
from myna.text.normalization.korean.words import LETTERS, SIGNS

_BLANK, _UNREADABLE = "空", "停"
_LATIN = re.compile("[a-z]", re.IGNORECASE)
_LETTERS = LETTERS | {"C": "시", "R": "아르"}  # the names the models learned
_MARKS = {
    **dict.fromkeys("：；，·、", ","),
    "。": ".",
    "\n": ".",
    "！": "!",
    "？": "?",
    " ": _BLANK,
}
_GLIDES, _VOWELS = "ㅗㅗㅗㅜㅜㅜㅡㅣㅣㅣㅣㅣㅣ", "ㅏㅐㅣㅓㅔㅣㅣㅏㅐㅓㅔㅗㅜ"
_SPLIT_VOWELS = str.maketrans(
    {
        diphthong: glide + vowel
        for diphthong, glide, vowel in zip(
            "ㅘㅙㅚㅝㅞㅟㅢㅑㅒㅕㅖㅛㅠ", _GLIDES, _VOWELS, strict=True
        )
    }
)
_COUNTERS = (
    "개 대 번 시 살 마리 권 벌 채 척 통 군데 그루 켤레 톨 모 모금 움큼 방 발 발짝 수 정 두 "
    "닢 뭇 보루 술 쌈 짝 첩 축"
)
_NATIVE_COUNTERS = frozenset(_COUNTERS.split())  # 명 and 잔 are not among them: 3명 is 삼명
_STANDARD_WORDS = Path(__file__).with_name("standard_words.txt")
_FIRST_TIME = re.compile(r"(?<!\d)1(?=번째)")
_MONTH = re.compile(r"(?<!\d)(?:6|10)(?=월)")
_MONTHS = {"6": "유", "10": "시"}  # without the consonant their numerals end in
_NUMBER = re.compile(r"\d[\d,]*(?=([ㄱ-힣]*))")
_WRONG_LATERAL = re.compile("([ㅇㄹ]ㅡㄹ) ㄹ")
_FINAL_LETTER = re.compile("([ㄱ-ㅣ])$")


def read(text: str) -> tuple[str, ...]:
    """Return the phones of `text`: letters, marks, 空 for a blank and 停 for what has no sound."""
    written = _LATIN.sub(lambda letter: _LETTERS[letter[0].upper()], text)
    written = _FIRST_TIME.sub("첫", written.replace("%", SIGNS["%"]))
    written = _MONTH.sub(lambda month: _MONTHS[month[0]], written)
    written = _standard().sub(lambda word: _standard_words()[word[0]], written)
    letters = heard(*_with_numbers_said(written)).translate(_SPLIT_VOWELS)
    letters = _WRONG_LATERAL.sub(r"\1 ㄴ", letters)
    letters = _FINAL_LETTER.sub(r"\1.", letters)
    return tuple(_phone(letter) for letter in letters)


@cache
def _standard_words() -> dict[str, str]:
    lines = _STANDARD_WORDS.read_text("utf-8").splitlines()
    return dict(line.split(" ") for line in lines if not line.startswith("#"))


@cache
def _standard() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, _standard_words())))


def _phone(letter: str) -> str:
    phone = _MARKS.get(letter, letter)
    return phone if phone in SYMBOLS_V2.numbers else _UNREADABLE


def _with_numbers_said(written: str) -> tuple[str, dict[int, Ending]]:
    """Return `written` with its numbers in words, and what its syllables end."""
    notes = endings(written)
    said, start = "", 0
    moved: dict[int, Ending] = {}
    for number in [*_NUMBER.finditer(written), None]:
        stretch = range(start, number.start() if number else len(written))
        moved |= {len(said) + at - start: notes[at] for at in stretch if at in notes}
        said += written[stretch.start : stretch.stop]
        if number:
            said += _said_number(number, notes)
            start = number.end()
    return said, moved


def _said_number(number: re.Match[str], notes: dict[int, Ending]) -> str:
    noted = next((at for at in range(*number.span(1)) if at in notes), None)
    if noted is None or notes[noted] is not Ending.COUNTER:
        return "".join(digits(c) if c.isdecimal() else c for c in number[0])
    counter = number.string[number.start(1) : noted + 1]
    count = number[0].replace(",", "")
    return native(count) if counter in _NATIVE_COUNTERS else sino_korean(count)
