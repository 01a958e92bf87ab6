"""How the time of a word is shared among its characters."""

import re
from dataclasses import dataclass

from myna.text.reading import Token
from myna.text.scripts import HAN, KANA, graphemes


@dataclass(frozen=True, slots=True)
class Character:
    """One written character and its share of the word's time."""

    text: str
    share: float
    """From 0 to 1; the shares of a word add up to 1."""


def characters(token: Token) -> tuple[Character, ...]:
    """Return the characters of a written word, as a reader sees them, with their shares.

    A syllable sign weighs as much as its parts: a Hangul syllable with a final more than one
    without, a small kana less than a large one. Vowel letters weigh more than consonants,
    figures more than either, and signs inside the word next to nothing.
    """
    written = graphemes(token.written)
    weights = [_weight(character) for character in written]
    total = sum(weights)
    return tuple(
        Character(character, weight / total)
        for character, weight in zip(written, weights, strict=True)
    )


_WEIGHTS = (
    (re.compile("[ゃゅょぁぃぅぇぉャュョァィゥェォ]"), 0.4),
    (re.compile(f"[{KANA}]"), 1.0),
    (re.compile(f"[{HAN}]"), 2.0),
    (re.compile("[aeiouyAEIOUYà-öø-ÿ]"), 1.5),
    (re.compile(r"\d"), 3.0),
    (re.compile(r"[^\W_]"), 1.0),
)
_OPEN_SYLLABLE, _CLOSED_SYLLABLE = 2.0, 2.6
_SIGN = 0.05
_FIRST_SYLLABLE, _LAST_SYLLABLE, _FINALS = 0xAC00, 0xD7A3, 28


def _weight(character: str) -> float:
    code = ord(character[0])
    if _FIRST_SYLLABLE <= code <= _LAST_SYLLABLE:
        closed = (code - _FIRST_SYLLABLE) % _FINALS
        return _CLOSED_SYLLABLE if closed else _OPEN_SYLLABLE
    for pattern, weight in _WEIGHTS:
        if pattern.match(character):
            return weight
    return _SIGN
