"""Blank-separated words of a text, each with how it is said."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from myna.text.normalization.rules import Reading


@dataclass(frozen=True, slots=True)
class Word:
    """A written word and how it is said."""

    start: int
    end: int
    spoken: str


def blank_separated(
    text: str, readings: Sequence[Reading], plain: Callable[[str], str], *, joint: str
) -> Iterator[Word]:
    """Yield the words of `text` without the punctuation around them.

    `readings` say what is not read as written; `plain` says the rest; `joint` goes between the
    two inside a word (2026년: a figure and letters).
    """
    masked = _masked(text, readings)
    waiting = list(reversed(readings))
    for match in _WORD.finditer(masked):
        start, end = _core(match)
        if start == end:
            continue
        inside = []
        while waiting and waiting[-1].start < end:
            reading = waiting.pop()
            if reading.start >= start:
                inside.append(reading)
        yield Word(start, end, _spoken(text, (start, end), inside, plain, joint))


_READ = "\ue000"  # stands for what a reading covers; clean text never contains it
_BREAKS = '/—–…,;:!?·،，。、！？；：「」『』“”()（）\\[\\]{}<>《》〈〉【】|"«»→←•*_\\\\^`~'
_WORD = re.compile(rf"(?:[^\s.{_BREAKS}]|\.(?!\.|\s|\Z))+")


def _masked(text: str, readings: Sequence[Reading]) -> str:
    pieces = []
    last = 0
    for reading in readings:
        filler = _READ if reading.spoken else " "
        pieces += [text[last : reading.start], filler * (reading.end - reading.start)]
        last = reading.end
    return "".join([*pieces, text[last:]])


def _core(match: re.Match[str]) -> tuple[int, int]:
    """Return the span of a word without signs around it that nobody says."""
    said = [index for index, character in enumerate(match.group()) if _is_said(character)]
    start = match.start()
    return (start + said[0], start + said[-1] + 1) if said else (start, start)


def _is_said(character: str) -> bool:
    return character == _READ or character.isalnum()


def _spoken(
    text: str,
    span: tuple[int, int],
    readings: Sequence[Reading],
    plain: Callable[[str], str],
    joint: str,
) -> str:
    pieces = []
    last, end = span
    for reading in readings:
        pieces += [plain(text[last : reading.start]), reading.spoken]
        last = reading.end
    pieces.append(plain(text[last:end]))
    return joint.join(filter(None, pieces))
