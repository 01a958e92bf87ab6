"""The characters of a written word, and how many sounds each stands for."""

import unicodedata

_SMALL_KANA = frozenset("ぁぃぅぇぉゃゅょゎァィゥェォャュョヮ")
_KANA_OF_ONE_SOUND = frozenset("あいうえおんっーアイウエオンッー")
_HANGUL = range(0xAC00, 0xD7A4)
_HANGUL_VOWELS = 21
_HANGUL_FINALS = 28
_SILENT_INITIAL = 11  # ㅇ
_GLIDED_VOWELS = frozenset(
    (2, 3, 6, 7, 9, 10, 12, 14, 15, 16, 17, 19)
)  # ㅑ ㅒ ㅕ ㅖ ㅘ ㅙ ㅛ ㅝ ...


def graphemes(text: str) -> list[str]:
    """Cut text into characters as readers count them: accents stay with their letter."""
    found: list[str] = []
    for character in text:
        joins = unicodedata.category(character) in ("Mn", "Me", "Mc") or character == "\u200d"
        if found and (joins or found[-1].endswith("\u200d")):
            found[-1] += character
        else:
            found.append(character)
    return found


def sounds(grapheme: str) -> float:
    """Return about how many sounds a character stands for."""
    letter = unicodedata.normalize("NFC", grapheme)[0]
    if ord(letter) in _HANGUL:
        return _hangul_sounds(ord(letter) - _HANGUL.start)
    if letter in _SMALL_KANA or letter in _KANA_OF_ONE_SOUND:
        return 1.0
    if "ぁ" <= letter <= "ヿ":
        return 2.0
    return 1.0


def _hangul_sounds(index: int) -> float:
    initial, rest = divmod(index, _HANGUL_VOWELS * _HANGUL_FINALS)
    vowel, final = divmod(rest, _HANGUL_FINALS)
    return 1.0 + (initial != _SILENT_INITIAL) + (vowel in _GLIDED_VOWELS) + (final > 0)
