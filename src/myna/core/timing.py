"""When things are said."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimedText:
    """A word, character or phone and when it sounds, in seconds from the start."""

    text: str
    start: float
    end: float

    def shifted(self, seconds: float) -> "TimedText":
        """Return the same text, `seconds` later."""
        return TimedText(self.text, self.start + seconds, self.end + seconds)


def shifted(items: Iterable[TimedText], seconds: float) -> tuple[TimedText, ...]:
    """Move every item `seconds` later."""
    return tuple(item.shifted(seconds) for item in items) if seconds else tuple(items)


@dataclass(frozen=True, slots=True)
class Alignment:
    """What is said when in a recording."""

    words: tuple[TimedText, ...]
    characters: tuple[TimedText, ...]
    phones: tuple[TimedText, ...]
    cost: float
    """How badly recording and text fit: about 1 for matching speech, more for other words."""
