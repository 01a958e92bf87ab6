"""Written expressions and what is said for them, found by rules in order of precedence."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """A stretch of text that is not said as it is written."""

    start: int
    end: int
    spoken: str


Say = Callable[[re.Match[str]], Iterable[Reading]]
"""What a rule makes of a match; nothing where the rule does not hold after all."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern of writing and how to say it."""

    pattern: re.Pattern[str]
    say: Say


def rule(pattern: str, say: Say) -> Rule:
    """Make a rule of a verbose pattern: blanks in it mean nothing, `\\ ` is a blank."""
    return Rule(re.compile(pattern, re.VERBOSE), say)


def whole(match: re.Match[str], spoken: str) -> list[Reading]:
    """Say `spoken` for all that matched."""
    return [Reading(*match.span(), spoken)]


def parts(match: re.Match[str], **spoken: str) -> list[Reading]:
    """Say something for each named group of the match that took part in it."""
    return [Reading(*match.span(name), said) for name, said in spoken.items() if match[name]]


def apply(rules: Sequence[Rule], text: str) -> list[Reading]:
    """Return the readings in `text`, in order. An earlier rule takes its text from later ones."""
    readings: list[Reading] = []
    taken = bytearray(len(text))
    for each in rules:
        for match in each.pattern.finditer(text):
            fitting = _beside(each.pattern, match, taken)
            for reading in each.say(fitting) if fitting else ():
                taken[reading.start : reading.end] = b"\1" * (reading.end - reading.start)
                readings.append(reading)
    return sorted(readings, key=lambda reading: reading.start)


def _beside(
    pattern: re.Pattern[str], match: re.Match[str], taken: bytearray
) -> re.Match[str] | None:
    """Return the match, or as much of it as fits before what earlier rules took."""
    start, end = match.span()
    first_taken = taken.find(1, start, end)
    if first_taken < 0:
        return match
    return pattern.match(match.string, start, first_taken) if first_taken > start else None


def alternatives(words: Iterable[str]) -> str:
    """Return a pattern that matches any of `words`, the longest first, in a verbose pattern."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
