"""A transcript, word by word in a recording, and the same text with words changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from myna.core.edit import Edit
from myna.core.errors import BadText, InvalidOption
from myna.core.timing import TimedText
from myna.text.sentences import speakable
from myna.text.spans import joins, on_graphemes

_MARKS = tuple(".,!?;:…")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, and when it is said."""

    first: int
    """Offset of its first character in the text."""
    last: int
    """Offset behind its last."""
    start: float  # seconds
    end: float


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of a recording that are to be said anew."""

    first: int
    """Index of the first word that goes; of the next word where none does."""
    last: int
    """Index behind the last word that goes."""
    start: int
    """Offset of the text that goes."""
    end: int
    new_text: str
    """Empty: nothing is said instead."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A short text around new words, so that they are said as a part of it."""

    before: str
    new_text: str
    after: str
    first: int
    """Index of the first word it takes from the recording."""
    last: int
    """Index behind the last one."""

    @property
    def text(self) -> str:
        """All of it."""
        return self.before + self.new_text + self.after


def located(text: str, timed: Iterable[TimedText]) -> tuple[Word, ...]:
    """Find timed words in the text they come from. What is not written there is left out."""
    words, reached = [], 0
    for word in timed:
        first = text.find(word.text, reached)
        if first >= 0 and word.text:
            reached = first + len(word.text)
            words.append(Word(first, reached, word.start, word.end))
    return tuple(words)


def passages(text: str, edits: Sequence[Edit], words: Sequence[Word]) -> tuple[Passage, ...]:
    """Widen edits to whole words; join those between which no word is kept.

    Raises `InvalidOption` for edits that overlap, `BadText` for one that touches no word and
    brings none.
    """
    found: list[Passage] = []
    reached = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        start, end = on_graphemes(text, edit.start, edit.end)
        if start < reached:
            raise InvalidOption("edits", (edit.start, edit.end), "edits must not overlap")
        reached = end
        passage = _passage(text, start, end, edit.new_text, words)
        if found and found[-1].last >= passage.first:
            passage = _joined(text, found.pop(), passage, edit.new_text)
        found.append(passage)
    return tuple(found)


def _passage(text: str, start: int, end: int, new_text: str, words: Sequence[Word]) -> Passage:
    touched = [i for i, word in enumerate(words) if _touches(word, start, end)]
    if not touched:
        if not speakable(new_text):
            raise BadText(
                f"Replacing {text[start:end]!r} by {new_text!r} changes no word. Name words to "
                "replace, or new ones to insert."
            )
        index = sum(word.first < start for word in words)
        return Passage(index, index, start, end, new_text.strip())
    first, last = touched[0], touched[-1] + 1
    left, right = min(start, words[first].first), max(end, words[last - 1].last)
    whole = (text[left:start] + new_text.strip() + text[end:right]).strip()
    if whole and not speakable(whole):
        raise BadText(f"There is nothing to say in {whole!r}. To delete words, give no new text.")
    left, right = _trimmed(text, left, right)
    return Passage(first, last, left, right, whole)


def _touches(word: Word, start: int, end: int) -> bool:
    if start == end:
        return word.first < start < word.last
    return word.first < end and word.last > start


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out blanks at both ends: they belong to what is kept."""
    inside = text[start:end]
    return end - len(inside.lstrip()), start + len(inside.rstrip())


def _joined(text: str, one: Passage, other: Passage, added: str) -> Passage:
    """Return one passage for two that touch, or that change the same word."""
    if other.start < one.end:  # both had widened to the same word: change the changed text
        kept = text[other.start : one.end]
        raise InvalidOption(
            "edits", added, f"two edits change the word {kept!r}: give it as one edit"
        )
    between = text[one.end : other.start]
    new_text = _spaced(_spaced(one.new_text, between), other.new_text).strip()
    return Passage(one.first, other.last, one.start, other.end, new_text)


def _spaced(before: str, after: str) -> str:
    """Put a blank between two texts that would run into one word, or behind a full stop."""
    after_mark = before[-1:] in _MARKS and joins("a", after)
    return f"{before} {after}" if after_mark or joins(before, after) else before + after


def revised(text: str, changes: Iterable[Passage]) -> str:
    """Return the text with every passage changed."""
    result, reached = "", 0
    for passage in changes:
        result = _spaced(result, text[reached : passage.start])
        result = _spaced(result, passage.new_text)
        reached = passage.end
        if not passage.new_text and text[reached : reached + 1].isspace():
            result = result.rstrip()
    return _spaced(result, text[reached:]).strip()


def carrier(
    text: str, words: Sequence[Word], passage: Passage, kept: tuple[int, int], width: int
) -> Carrier:
    """Put up to `width` words on both sides around a passage.

    `kept` are the indices of the first word, and behind the last, that may be taken: other
    passages begin there.
    """
    first, last = max(kept[0], passage.first - width), min(kept[1], passage.last + width)
    before = text[words[first].first : passage.start] if first < passage.first else ""
    after = ""
    if last > passage.last:
        end = words[last].first if last < len(words) else len(text)
        after = text[passage.end : end].rstrip()
    elif passage.last == len(words):
        after = text[passage.end :].rstrip()
    before = before.lstrip()
    lead = _spaced(before, passage.new_text)[: -len(passage.new_text) or None]
    tail = _spaced(passage.new_text, after)[len(passage.new_text) :]
    return Carrier(lead, passage.new_text, tail, first, last)
