"""Cantonese: written Chinese to the two phones of each syllable."""

import re
from collections.abc import Iterable
from functools import cache

from myna.core.errors import PackageMissing
from myna.engines.gpt_sovits.frontend.chinese.normalization import said_clauses
from myna.engines.gpt_sovits.frontend.symbols import CANTONESE_PREFIX, PUNCTUATION, UNKNOWN

_MARKS = {
    **dict.fromkeys("：；，·、", ","),
    **dict.fromkeys("。\n$", "."),
    **dict.fromkeys("—～~", "-"),
    "！": "!",
    "？": "?",
    "...": "…",
}
_MARK = re.compile("|".join(map(re.escape, _MARKS)))
_UNUSUAL = re.compile("[^\u4e00-\u9fa5!?…,.\\-]+")
_OPENINGS = re.compile(
    "aa|a[iuptk]?|p|b|e|ts?|dz?|kw?|gw?|f|h|l|m|ng?|s|y|w|c|z|j|ong|o[nuik]?|uk|ung"
)


def normalize(text: str) -> str:
    """Return `text` in simplified hanzi and the marks `! ? … , . -` alone.

    Raises:
        PackageMissing: OpenCC is not installed, or ToJyutping.
    """
    said = "".join(said_clauses(text.replace("〇", "零")))
    plain = _MARK.sub(lambda mark: _MARKS[mark.group()], said)
    return _UNUSUAL.sub(lambda rest: "".join(filter(_is_hanzi, rest[0])), plain)


def read(text: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the phones of normalised text and how many each of its characters has.

    Raises:
        PackageMissing: ToJyutping is not installed.
    """
    said: list[str] = []
    counts: list[int] = []
    for character, syllable in _jyutping(text):
        found = (character,) if character in PUNCTUATION else phones(syllable or "")
        said += found
        counts.append(len(found))
    return tuple(said), tuple(counts)


def phones(syllable: str) -> tuple[str, str]:
    """Return the phones of a Jyutping syllable: "jyut6" is ("Yj", "Yyut6").

    A syllable without an initial is cut behind its first vowels: "aa3" is ("Yaa", "Ya3").
    """
    sound, tone = syllable[:-1], syllable[-1:]
    opening = _OPENINGS.match(sound)
    if opening is None or not tone.isdigit():
        return UNKNOWN, UNKNOWN
    first = opening.group()
    rest = sound[len(first) :] or first[-1]
    return CANTONESE_PREFIX + first, f"{CANTONESE_PREFIX}{rest}{tone}"


@cache
def _is_hanzi(character: str) -> bool:
    """Tell whether a character (㗎) that Mandarin lacks is known in Cantonese."""
    return any(syllable for _, syllable in _jyutping(character))


def _jyutping(text: str) -> Iterable[tuple[str, str | None]]:
    """Return each character with its syllable in context; what cannot be read has none."""
    try:
        import ToJyutping
    except ImportError as error:
        raise PackageMissing("Reading Cantonese with GPT-SoVITS", "yue") from error
    found: list[tuple[str, str | None]] = ToJyutping.get_jyutping_list(text)
    return found
