"""Chinese text as characters."""

import re
from collections.abc import Callable, Iterator

from myna.text.normalization.chinese.dialects import CANTONESE, MANDARIN
from myna.text.normalization.chinese.expansion import expander
from myna.text.normalization.rules import Reading
from myna.text.scripts import HAN
from myna.text.written_words import Word

_read_mandarin = expander(MANDARIN)
_read_cantonese = expander(CANTONESE)
_HANZI = re.compile(f"[{HAN}]")


def mandarin_words(text: str) -> Iterator[Word]:
    """Yield the characters of clean Mandarin text; a figure is one word of several."""
    return _characters(text, _read_mandarin)


def cantonese_words(text: str) -> Iterator[Word]:
    """Yield the characters of clean Cantonese text; a figure is one word of several."""
    return _characters(text, _read_cantonese)


def _characters(text: str, expand: Callable[[str], list[Reading]]) -> Iterator[Word]:
    last = 0
    for reading in expand(text):
        yield from _plain(text, last, reading.start)
        if reading.spoken:
            yield Word(reading.start, reading.end, reading.spoken)
        last = reading.end
    yield from _plain(text, last, len(text))


def _plain(text: str, start: int, end: int) -> Iterator[Word]:
    for match in _HANZI.finditer(text, start, end):
        yield Word(match.start(), match.end(), match.group())
