"""What a final consonant and the next syllable's first make of each other in Korean.

After articles 9 to 12, 18 to 20 and 23 of the Standard Pronunciation (표준 발음법), as g2pK
applies them.
"""

from functools import cache

_STOPS = {
    "ㄱ": "ㄱ",
    "ㄲ": "ㄱ",
    "ㄳ": "ㄱ",
    "ㄺ": "ㄱ",
    "ㅋ": "ㄱ",
    "ㄷ": "ㄷ",
    "ㅅ": "ㄷ",
    "ㅆ": "ㄷ",
    "ㅈ": "ㄷ",
    "ㅊ": "ㄷ",
    "ㅌ": "ㄷ",
    "ㅂ": "ㅂ",
    "ㅄ": "ㅂ",
    "ㅍ": "ㅂ",
    "ㄿ": "ㅂ",
}
_SONORANTS = {"ㄵ": "ㄴ", "ㄻ": "ㅁ", "ㄼ": "ㄹ", "ㄽ": "ㄹ", "ㄾ": "ㄹ"}
_BREATHED = {"ㅎ": "", "ㄶ": "ㄴ", "ㅀ": "ㄹ"}
_NASAL = {"ㄱ": "ㅇ", "ㄷ": "ㄴ", "ㅂ": "ㅁ"}
TENSE = {"ㄱ": "ㄲ", "ㄷ": "ㄸ", "ㅂ": "ㅃ", "ㅅ": "ㅆ", "ㅈ": "ㅉ"}
_ASPIRATED = {"ㄱ": "ㅋ", "ㄷ": "ㅌ", "ㅈ": "ㅊ", "ㅅ": "ㅆ"}
_BEFORE_H = {
    "ㄱ": ("", "ㅋ"),
    "ㄲ": ("", "ㅋ"),
    "ㄳ": ("", "ㅋ"),
    "ㅋ": ("", "ㅋ"),
    "ㄺ": ("ㄹ", "ㅋ"),
    "ㄷ": ("", "ㅌ"),
    "ㅅ": ("", "ㅌ"),
    "ㅆ": ("", "ㅌ"),
    "ㅊ": ("", "ㅌ"),
    "ㅌ": ("", "ㅌ"),
    "ㅈ": ("", "ㅊ"),
    "ㄵ": ("ㄴ", "ㅊ"),
    "ㅂ": ("", "ㅍ"),
    "ㅍ": ("", "ㅍ"),
    "ㅄ": ("ㅂ", "ㅍ"),
    "ㄿ": ("ㅂ", "ㅍ"),
    "ㄼ": ("ㄹ", "ㅍ"),
}


def alone(final: str) -> str:
    """Return how a final consonant sounds at a word's end."""
    if final == "ㅎ":
        return "ㄷ"
    return _BREATHED.get(final) or _STOPS.get(final) or _SONORANTS.get(final, final)


@cache
def meeting(final: str, first: str) -> tuple[str, str]:
    """Return how a final consonant and the first consonant behind it sound ("" for none).

    A syllable that begins with a vowel is not for this function.
    """
    if final in _BREATHED:
        return _after_breath(_BREATHED[final], first)
    if first == "ㅎ" and final in _BEFORE_H:
        return _BEFORE_H[final]
    if final in _STOPS:
        return _after_stop(final, first)
    return _after_sonorant(final, first)


def _after_breath(rest: str, first: str) -> tuple[str, str]:
    if first in _ASPIRATED:
        return rest, _ASPIRATED[first]
    if first == "ㄴ":
        return ("ㄹ", "ㄹ") if rest == "ㄹ" else ("ㄴ", "ㄴ")
    return ("ㄹ", "ㄹ") if rest == "ㄴ" and first == "ㄹ" else (rest, first)


def _after_stop(final: str, first: str) -> tuple[str, str]:
    stop = _STOPS[final]
    if first in "ㄴㅁ":
        return _NASAL[stop], first
    if first == "ㄹ":
        return ("ㄴ" if final == "ㅍ" else _NASAL[stop]), "ㄴ"
    return stop, TENSE.get(first, first)


def _after_sonorant(final: str, first: str) -> tuple[str, str]:
    rest = _SONORANTS.get(final, final)
    if final == "ㄼ" and first in "ㄴㅁ":
        return "ㅁ", first
    if (rest, first) in (("ㄴ", "ㄹ"), ("ㄹ", "ㄴ")):
        return "ㄹ", "ㄹ"
    if rest in "ㅁㅇ" and first == "ㄹ":
        return rest, "ㄴ"
    return rest, TENSE.get(first, first) if final in "ㄼㄽ" else first
