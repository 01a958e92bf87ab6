"""Korean text as words in Hangul."""

import re
from collections.abc import Iterator

from myna.text.normalization.korean.expansion import expand
from myna.text.written_words import Word, blank_separated


def korean_words(text: str) -> Iterator[Word]:
    """Yield the blank-separated words (어절) of clean Korean text, all in Hangul syllables."""
    for word in blank_separated(text, expand(text), _plain, joint=""):
        yield Word(word.start, word.end, " ".join(word.spoken.split()))


_HANGUL = re.compile("[가-힣]+")


def _plain(text: str) -> str:
    """Say syllables as they are, without signs; a hyphen parts words."""
    return " ".join(_HANGUL.findall(text))
