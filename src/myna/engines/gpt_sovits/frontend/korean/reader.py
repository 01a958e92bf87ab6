"""Korean read: text to the phones of GPT-SoVITS, letters of what is heard."""

import re
from functools import cache
from importlib import resources

from myna.engines.gpt_sovits.frontend.korean.numerals import digits, native, sino_korean
from myna.engines.gpt_sovits.frontend.korean.sounds import heard
from myna.engines.gpt_sovits.frontend.korean.tagging import Ending, endings
from myna.engines.gpt_sovits.frontend.symbols import SYMBOLS_V2

_BLANK, _UNREADABLE = "空", "停"
_LETTER_NAMES = (
    "에이 비 시 디 이 에프 지 에이치 아이 제이 케이 엘 엠 엔 오 피 큐 아르 에스 티 유 브이 더블유 "
    "엑스 와이 제트"
)
_LATIN_NAMES = dict(zip("abcdefghijklmnopqrstuvwxyz", _LETTER_NAMES.split(), strict=True))
_LATIN = re.compile("[a-z]", re.IGNORECASE)
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
_NATIVE_COUNTERS = (
    "군데 권 개 그루 닢 대 두 마리 모 모금 뭇 발 발짝 방 번 벌 보루 살 수 술 시 쌈 움큼 정 짝 채 "
    "척 첩 축 켤레 톨 통"
)  # a counter that is part of this line counts in Korean's own numerals, the others in Chinese ones
_NUMBER = re.compile(r"\d[\d,]*(?=([ㄱ-힣]*))")
_WRONG_LATERAL = re.compile("([ㅇㄹ]ㅡㄹ) ㄹ")
_FINAL_LETTER = re.compile("([ㄱ-ㅣ])$")


def read(text: str) -> tuple[str, ...]:
    """Return the phones of `text`: letters, marks, 空 for a blank and 停 for what has no sound."""
    written = _LATIN.sub(lambda letter: _LATIN_NAMES[letter[0].lower()], text)
    for word, said in _pronunciations():
        written = written.replace(word, said)
    letters = heard(*_with_numbers_said(written)).translate(_SPLIT_VOWELS)
    letters = _WRONG_LATERAL.sub(r"\1 ㄴ", letters)
    letters = _FINAL_LETTER.sub(r"\1.", letters)
    return tuple(_phone(letter) for letter in letters)


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


@cache
def _pronunciations() -> tuple[tuple[str, str], ...]:
    file = resources.files("myna.engines.gpt_sovits.frontend.korean") / "pronunciations.txt"
    _, _, listed = file.read_text("utf-8").partition("\n")
    pairs = (pair.partition("=") for pair in listed.split())
    return tuple((word, said) for word, _, said in pairs)
