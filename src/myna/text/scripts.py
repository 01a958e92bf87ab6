"""Which writing system a character belongs to, as parts of regular expressions."""

import re
import unicodedata

HANGUL = "\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\ud7b0-\ud7ff"
KANA = "\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a"
GREEK = "\u0370-\u0373\u0376-\u0377\u037b-\u037d\u0386\u0388-\u03ff\u1f00-\u1fff"
CYRILLIC = "\u0400-\u0481\u048a-\u052f"

CJK = re.compile(f"[{HANGUL}{KANA}{HAN}]")
"""A character that stands for a syllable or more: about two and a half Latin letters of speech."""

MARK_CATEGORIES = {"Mn", "Me", "Mc"}
_ZERO_WIDTH_JOINER = "\u200d"
_VOWEL_AND_FINAL_JAMO = ("\u1160", "\u11ff")
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")


def graphemes(text: str) -> list[str]:
    """Cut text into what a reader sees as one character: a base and what is written onto it.

    Simpler than Unicode's own rule (UAX 29): flags and the rarer Indic conjuncts come apart.
    """
    clusters: list[str] = []
    for character in text:
        if clusters and _extends(clusters[-1], character):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


def _extends(cluster: str, character: str) -> bool:
    if character < "\u0300":
        return cluster == "\r" and character == "\n"
    return (
        unicodedata.category(character) in MARK_CATEGORIES
        or character == _ZERO_WIDTH_JOINER
        or cluster.endswith(_ZERO_WIDTH_JOINER)
        or _VOWEL_AND_FINAL_JAMO[0] <= character <= _VOWEL_AND_FINAL_JAMO[1]
        or _SKIN_TONES[0] <= character <= _SKIN_TONES[1]
    )
