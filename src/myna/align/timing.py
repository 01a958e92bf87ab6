"""Times of words, phones and characters, read off a path."""

from collections.abc import Sequence

import numpy as np

from myna.align.features import HOP, Values
from myna.align.path import Path
from myna.align.spelling import graphemes, sounds
from myna.align.templates import Template
from myna.core.timing import Alignment, TimedText
from myna.espeak.phones import Phone
from myna.text.reading import Token

_SHORTEST_PAUSE = 0.06  # seconds; what is shorter between two words is a closure


def timed(
    tokens: Sequence[Token], source: Template, path: Path, rows: int, cost: float
) -> Alignment:
    """Carry the template's times over to the recording along the path."""
    clock = _Clock(source, path)
    phones_of: list[list[Phone]] = [[] for _ in tokens]
    for phone in source.phones:
        if phone.token is not None:
            phones_of[phone.token].append(phone)
    spans = _without_short_pauses(_spans(phones_of, source, path, rows))
    words: list[TimedText] = []
    phones: list[TimedText] = []
    characters: list[TimedText] = []
    for token, own, (start, end) in zip(tokens, phones_of, spans, strict=True):
        edges = _edges(own, clock, start, end)
        words.append(TimedText(token.written, start, end))
        phones += _between([phone.symbol for phone in own], edges)
        characters += _characters(token, own, edges)
    return Alignment(tuple(words), tuple(characters), tuple(phones), cost)


class _Clock:
    """Tells when in the recording a moment of the rendering sounds."""

    def __init__(self, source: Template, path: Path) -> None:
        spoken = path.speech
        frames, place = np.unique(source.indices[path.columns[spoken]], return_inverse=True)
        self._from = frames * HOP
        self._to = np.bincount(place, path.rows[spoken]) / np.bincount(place) * HOP

    def __call__(self, seconds: float) -> float:
        return float(np.interp(seconds, self._from, self._to))


def _spans(
    phones_of: Sequence[Sequence[Phone]], source: Template, path: Path, rows: int
) -> list[tuple[float, float]]:
    """Return the words' starts and ends in seconds; next to a pause they are whole frames."""
    clock = _Clock(source, path)
    spoken = path.speech
    at, words = path.rows[spoken], source.words[path.columns[spoken]]
    voiced = np.zeros(rows + 2, bool)  # with a silent frame before and behind the recording
    voiced[at + 1] = True
    spans: list[tuple[float, float]] = []
    for index, phones in enumerate(phones_of):
        own = at[words == index]
        if not len(own):
            end = spans[-1][1] if spans else 0.0
            spans.append((end, end))
            continue
        first, last = int(own[0]), int(own[-1])
        start = clock(phones[0].start) if voiced[first] else (first - 0.5) * HOP
        end = clock(phones[-1].end) if voiced[last + 2] else (last + 0.5) * HOP
        spans.append((max(start, 0.0), end))
    return spans


def _without_short_pauses(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Let words meet where what is between them is too short for a pause."""
    starts, ends = (list(side) for side in zip(*spans, strict=True))
    for index in range(1, len(starts)):
        end, start = ends[index - 1], starts[index]
        if start - end < _SHORTEST_PAUSE:
            boundary = max((end + start) / 2, starts[index - 1])
            ends[index - 1] = starts[index] = boundary
        ends[index] = max(ends[index], starts[index])
    return list(zip(starts, ends, strict=True))


def _edges(own: Sequence[Phone], clock: _Clock, start: float, end: float) -> Values:
    """Return where each phone begins, and where the last ends: seconds, (phones + 1,)."""
    inner = [clock(phone.start) for phone in own[1:]]
    edges = np.clip([start, *inner, end], start, end)
    return np.asarray(np.maximum.accumulate(edges))


def _between(names: Sequence[str], edges: Values) -> list[TimedText]:
    """Name what lies between edges."""
    times = edges.tolist()
    return [
        TimedText(name, first, last)
        for name, first, last in zip(names, times[:-1], times[1:], strict=False)
    ]


def _characters(token: Token, own: Sequence[Phone], edges: Values) -> list[TimedText]:
    """Share a word's phones among its characters: exactly for hanzi, else by number of sounds."""
    letters = graphemes(token.written)
    if token.language in ("zh", "yue") and token.written == token.spoken:
        offsets = [phone.offset for phone in own]
        positions = np.searchsorted(offsets, np.arange(len(letters) + 1)).astype(np.float64)
    else:
        weights = np.array([sounds(letter) for letter in letters])
        positions = np.concatenate([[0.0], np.cumsum(weights) / weights.sum()]) * len(own)
    return _between(letters, np.interp(positions, np.arange(len(edges)), edges))
