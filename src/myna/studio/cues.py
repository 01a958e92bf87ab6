"""Timed words as subtitles show them: a glance at a time, spelt as in the text."""

import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from myna.core.timing import TimedText
from myna.text.scripts import HAN, KANA
from myna.text.sentences import sentences

LINE_WIDTH = 42  # columns; a Han, kana or Hangul character takes two
LONGEST_CUE = 7.0  # seconds
SHORTEST_CUE = 0.8  # seconds, where nothing else is shown by then
PAUSE = 0.6  # seconds of silence that end a cue

_BREATH = 0.2  # seconds of silence at which a sentence is best cut
_AT_A_MARK, _AT_A_BLANK = 0.5, 0.2  # how much more uneven a cut may be for it
_CLAUSE_END = re.compile(r"[,;:，、；：،—–…][\"'”’)）」』\]】》]*\s*\Z")
_OPENERS = re.compile(r"[“‘«「『（(\[【《〈〔{]")
_SPACED = rf"[^\W_{HAN}{KANA}]+"
_UNTIMED = re.compile(rf"[{HAN}{KANA}]|{_SPACED}(?:['’.-]{_SPACED})*")
_BLANKS = re.compile(r"[^\S\u00a0\u3000]+")


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown at once."""

    lines: tuple[str, ...]
    start: float  # seconds
    end: float


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word with the marks and blanks around it."""

    text: str
    start: float
    end: float
    begins: bool
    """Whether it is the first of a sentence."""


def cues(words: Sequence[TimedText], text: str = "", duration: float | None = None) -> list[Cue]:
    """Return what is shown of `text`, in order; no two overlap.

    A cue ends with its sentence and at a long pause. What is too wide for two lines or longer than
    7 s is cut behind a comma, at a breath, or else near its middle; a single word never is. Words
    of the text that have no times are shown between those that have. Without a text, the words
    stand for it. `duration` is that of the sound, in seconds.
    """
    if not words:
        return []
    pieces = _pieces(words, text, duration)
    shown = [part for group in _groups(pieces) for part in _fitting(group)]
    found: list[Cue] = []
    for part, following in zip(shown, [*shown[1:], None], strict=True):
        start = max(part[0].start, found[-1].end if found else 0.0)
        until = max(start, part[-1].end)
        latest = following[0].start if following else max(until, duration or start + SHORTEST_CUE)
        end = max(start, min(max(until, start + SHORTEST_CUE), latest))
        found.append(Cue(_lines(part), start, end))
    return found


def join_words(words: Sequence[str]) -> str:
    """Write words side by side as their script does: no blank between Han or kana."""
    if not words:
        return ""
    text = words[0]
    for left, right in pairwise(words):
        text += right if _unspaced(left[-1:]) and _unspaced(right[:1]) else f" {right}"
    return text


def _unspaced(character: str) -> bool:
    """Say whether a script's words stand without blanks: all wide characters but Hangul."""
    return _is_wide(character) and not unicodedata.name(character, "").startswith("HANGUL")


def _is_wide(character: str) -> bool:
    return bool(character) and unicodedata.east_asian_width(character) in "WF"


# ---- words in their text ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a word stands, and when it is said."""

    first: int
    last: int
    start: float
    end: float


def _pieces(words: Sequence[TimedText], text: str, duration: float | None) -> list[_Piece]:
    """Cut the text between its words: closing marks stay with the left one, opening ones do not."""
    places = _places(words, text, duration)
    if not places:  # of another text
        text = join_words([word.text for word in words])
        places = _places(words, text, duration)
    borders = [0]
    for left, right in pairwise(places):
        borders.append(left.last + _border(text[left.last : right.first]))
    borders.append(len(text))
    starts = deque(_sentence_starts(text))
    pieces = []
    for place, (first, last) in zip(places, pairwise(borders), strict=True):
        begins = bool(starts) and starts[0] <= place.first
        while starts and starts[0] <= place.first:
            starts.popleft()
        pieces.append(_Piece(text[first:last], place.start, place.end, begins))
    return pieces


def _places(words: Sequence[TimedText], text: str, duration: float | None) -> list[_Place]:
    """Find the words in the text, in order, and what stands between them without a time."""
    found: list[_Place] = []
    reached = 0
    for word in words:
        first = text.find(word.text, reached) if word.text else -1
        if first >= 0:
            reached = first + len(word.text)
            found.append(_Place(first, reached, word.start, max(word.start, word.end)))
    if not found:
        return []
    before = _Place(0, 0, 0.0, 0.0)
    at_end = max(found[-1].end, duration or 0.0)
    behind = _Place(len(text), len(text), at_end, at_end)
    places: list[_Place] = []
    for left, right in pairwise([before, *found, behind]):
        places += [*_untimed(text, left, right), right]
    return places[:-1]


def _untimed(text: str, left: _Place, right: _Place) -> list[_Place]:
    """Give the words between two others the time between them, each its share."""
    spans = [match.span() for match in _UNTIMED.finditer(text, left.last, right.first)]
    total = sum(last - first for first, last in spans)
    pace = max(0.0, right.start - left.end) / total if total else 0.0
    places, at = [], left.end
    for first, last in spans:
        places.append(_Place(first, last, at, at + pace * (last - first)))
        at = places[-1].end
    return places


def _sentence_starts(text: str) -> Iterator[int]:
    reached = 0
    for sentence in sentences(text):
        first = text.index(sentence, reached)
        yield first
        reached = first + len(sentence)


def _border(between: str) -> int:
    """Return where the next word's part begins in what stands between two words."""
    blanks = list(_BLANKS.finditer(between))
    if blanks:
        return blanks[-1].end()
    opener = _OPENERS.search(between)
    return opener.start() if opener else len(between)


# ---- pieces to what fits ------------------------------------------------------------------------


def _groups(pieces: Sequence[_Piece]) -> Iterator[Sequence[_Piece]]:
    """Yield sentences, or what of them is said without a long pause."""
    group: list[_Piece] = []
    for piece in pieces:
        if group and (piece.begins or piece.start - group[-1].end >= PAUSE):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _fitting(group: Sequence[_Piece]) -> Iterator[Sequence[_Piece]]:
    is_long = group[-1].end - group[0].start > LONGEST_CUE
    if len(group) == 1 or not (is_long or any(_width(line) > LINE_WIDTH for line in _lines(group))):
        yield group
        return
    cut = _cuts(group)[0]
    yield from _fitting(group[:cut])
    yield from _fitting(group[cut:])


def _lines(group: Sequence[_Piece]) -> tuple[str, ...]:
    """Return the text in one line, or in two; too wide where it does not fit."""
    whole = _written(group)
    if _width(whole) <= LINE_WIDTH:
        return (whole,)
    for cut in _cuts(group):
        both = _written(group[:cut]), _written(group[cut:])
        if all(_width(line) <= LINE_WIDTH for line in both):
            return both
    return (whole,)


def _cuts(group: Sequence[_Piece]) -> list[int]:
    """Return where a group may be cut, the best place first: even halves, marks and breaths."""
    widths = [_width(_written(group[:cut])) for cut in range(1, len(group) + 1)]

    def cost(cut: int) -> float:
        left = group[cut - 1]
        uneven = abs(2 * widths[cut - 1] - widths[-1]) / max(1, widths[-1])
        if _CLAUSE_END.search(left.text) or group[cut].start - left.end >= _BREATH:
            return uneven - _AT_A_MARK
        return uneven - _AT_A_BLANK if left.text[-1:].isspace() else uneven

    return sorted(range(1, len(group)), key=cost)


def _written(group: Sequence[_Piece]) -> str:
    return _BLANKS.sub(" ", "".join(piece.text for piece in group)).strip()


def _width(text: str) -> int:
    composed = unicodedata.normalize("NFC", text)
    return sum(2 if _is_wide(character) else 1 for character in composed)
