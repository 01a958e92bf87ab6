"""The marks by which CosyVoice3 is told how a word sounds: `[AA1]`, `[j][ǐ]`."""

import unicodedata
from collections.abc import Iterable

_TONES = "\u0304\u0301\u030c\u0300"  # combining macron, acute, caron, grave: tones 1 to 4


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_VOWELS = _words("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW")
_CONSONANTS = _words("B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH")
_INITIALS = _words("b p m f d t n l g k h j q x zh ch sh r z c s y w")
_FINALS = _words(
    "a ai an ang ao e ei en eng er i in ing o ong ou u un ü "
    "ia ian iang iao ie iong iu ua uai uan uang ue ui uo"
)
_WITHOUT_TONE = _words("a ai an ang ao e ei en eng i ian in ing iu o ong ou u uang ue un uo")
_NOT_THERE, _BESIDE = {"ēr", "ǖ"}, {"vè"}


def _marks(sounds: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"[{sound}]" for sound in sorted(sounds))


def _with_tone(final: str, tone: str) -> str:
    """Write a final of pinyin with a tone: on a or e, on the o of ou, else on the last vowel."""
    bearer = next((vowel for vowel in ("a", "e", "ou") if vowel in final), "")[:1]
    bearer = bearer or [letter for letter in final if letter in "iouü"][-1]
    return unicodedata.normalize("NFC", final.replace(bearer, bearer + tone, 1))


ENGLISH_SOUNDS = _marks(
    {*_CONSONANTS, *(vowel + stress for vowel in _VOWELS for stress in ("", "0", "1", "2"))}
)
"""ARPAbet, vowels with and without stress, in the order of their numbers."""
MANDARIN_SOUNDS = _marks(
    {_with_tone(final, tone) for final in _FINALS for tone in _TONES} - _NOT_THERE
    | {*_INITIALS, *_WITHOUT_TONE, *_BESIDE}
)
"""Initials and finals of pinyin, in the order of their numbers."""
