"""When each word and phone of a clause sounds, from espeak-ng's events."""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from myna.core.audio import Samples
from myna.core.timing import TimedText
from myna.espeak.library import SAMPLE_RATE, Event, EventKind
from myna.espeak.phones import Phone, PhoneClass, kind_of, normalized
from myna.text.reading import Token

_SHORTEST_PAUSE = 0.03  # seconds; shorter unnamed events are tones
_CLOSURE_LEVEL = 90  # of 32768: the hush before a plosive's burst stays below
_LONGEST_CLOSURE = 0.15  # seconds
_PIECE = re.compile(r"\S+")
_PIECE_OF_HANZI = re.compile(
    r"[㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]|[^\s㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]+"
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A clause as espeak-ng says it."""

    samples: Samples
    phones: tuple[Phone, ...]
    words: tuple[TimedText, ...]


def timed_phones(
    clause: Sequence[Token],
    samples: npt.NDArray[np.int16],
    events: Sequence[Event],
    phonemes: Callable[[str], list[str]],
) -> Spoken:
    """Read the events of one clause, said from its tokens' `spoken` with a blank between.

    espeak-ng says some words as one ("of the"); they are told apart by how each sounds alone.
    """
    language = clause[0].language
    units = _units(clause)
    phones = _phones([unit.start for unit in units], events, len(samples), language)
    phones = _with_closures(phones, samples)
    for first, last in _merged(phones, len(units)):
        alone = [
            [normalized(name, language) for name in phonemes(unit.text)]
            for unit in units[first:last]
        ]
        phones = _told_apart(phones, first, alone)
    phones = [_placed(phone, units) for phone in phones]
    words = _words(clause, phones, len(samples) / SAMPLE_RATE)
    return Spoken(samples.astype(np.float32) / np.float32(32768), tuple(phones), words)


@dataclass(frozen=True, slots=True)
class _Unit:
    """The least that is timed apart: a hanzi, or what stands between blanks."""

    text: str
    start: int  # offset in the clause
    token: int
    offset: int  # in the token's `spoken`


def _units(clause: Sequence[Token]) -> list[_Unit]:
    units, start = [], 0
    for index, token in enumerate(clause):
        pieces = _PIECE_OF_HANZI if token.language in ("zh", "yue") else _PIECE
        units += [
            _Unit(piece.group(), start + piece.start(), index, piece.start())
            for piece in pieces.finditer(token.spoken)
        ] or [_Unit("", start, index, 0)]
        start += len(token.spoken) + 1
    return units


def _placed(phone: Phone, units: Sequence[_Unit]) -> Phone:
    """Turn the number of a unit into the number of its token and the offset in it."""
    if phone.token is None:
        return phone
    unit = units[phone.token]
    return replace(phone, token=unit.token, offset=unit.offset)


def _phones(
    starts: Sequence[int], events: Sequence[Event], length: int, language: str
) -> list[Phone]:
    """Return the phones between the events; words begin with their closures."""
    phones: list[Phone] = []
    boundaries = [*(event.sample for event in events[1:]), length]
    word, begins = Event(EventKind.WORD, 0, 0, ""), True
    started = 0
    for event, following in zip(events, boundaries, strict=True):
        if event.kind is EventKind.WORD:
            word, begins, started = event, True, event.sample
            continue
        if event.kind is not EventKind.PHONEME:
            continue
        symbol = normalized(event.name, language)
        unit = max(0, int(np.searchsorted(starts, word.position, side="right")) - 1)
        start = (started if begins and symbol else event.sample) / SAMPLE_RATE
        end = following / SAMPLE_RATE
        if symbol:
            begins = False
            phones.append(Phone(symbol, kind_of(symbol), start, end, unit, 0))
        elif end - start >= _SHORTEST_PAUSE:
            phones.append(Phone("", PhoneClass.PAUSE, start, end, None, 0))
        elif phones:
            phones[-1] = replace(phones[-1], end=end)
    return phones


def _with_closures(phones: Sequence[Phone], samples: npt.NDArray[np.int16]) -> list[Phone]:
    """Begin each plosive with its closure, which espeak-ng counts to the sound before."""
    timed = list(phones)
    for index in range(1, len(timed)):
        phone, before = timed[index], timed[index - 1]
        if phone.kind is not PhoneClass.PLOSIVE or before.kind is PhoneClass.PAUSE:
            continue
        if before.end < phone.start:
            continue
        burst = round(phone.start * SAMPLE_RATE)
        earliest = max(
            round((before.start + before.end) / 2 * SAMPLE_RATE),
            burst - round(_LONGEST_CLOSURE * SAMPLE_RATE),
        )
        loud = np.flatnonzero(np.abs(samples[earliest:burst].astype(np.int32)) > _CLOSURE_LEVEL)
        closure = (earliest + (int(loud[-1]) + 1 if len(loud) else 0)) / SAMPLE_RATE
        timed[index - 1] = replace(before, end=closure)
        timed[index] = replace(phone, start=closure)
    return timed


def _merged(phones: Sequence[Phone], units: int) -> list[tuple[int, int]]:
    """Return the runs of units whose phones all came under the name of one of them."""
    owners = sorted({phone.token for phone in phones if phone.token is not None})
    bounds = [0, *owners[1:], units]
    runs = itertools.pairwise(bounds)
    return [(first, last) for first, last in runs if owners and last - first > 1]


def _told_apart(phones: list[Phone], first: int, alone: Sequence[Sequence[str]]) -> list[Phone]:
    """Give each phone of merged units to the unit that has it when said alone."""
    last = first + len(alone)
    indices = [
        index
        for index, phone in enumerate(phones)
        if phone.token is not None and first <= phone.token < last
    ]
    expected = [
        (symbol, first + unit) for unit, symbols in enumerate(alone) for symbol in symbols if symbol
    ]
    partners = _partners([phones[index].symbol for index in indices], [s for s, _ in expected])
    timed = list(phones)
    unit = first
    for index, partner in zip(indices, partners, strict=True):
        if partner is not None:
            unit = expected[partner][1]
        timed[index] = replace(timed[index], token=unit)
    return timed


def _partners(heard: Sequence[str], expected: Sequence[str]) -> list[int | None]:
    """Pair two spellings of the same words by least edit distance."""
    costs = np.zeros((len(heard) + 1, len(expected) + 1))
    costs[0] = np.arange(len(expected) + 1)
    costs[:, 0] = np.arange(len(heard) + 1)
    for row, symbol in enumerate(heard, 1):
        for column, other in enumerate(expected, 1):
            costs[row, column] = min(
                costs[row - 1, column - 1] + _difference(symbol, other),
                costs[row - 1, column] + 1,
                costs[row, column - 1] + 1,
            )
    partners: list[int | None] = [None] * len(heard)
    row, column = len(heard), len(expected)
    while row and column:
        if costs[row, column] == costs[row - 1, column] + 1:
            row -= 1
        elif costs[row, column] == costs[row, column - 1] + 1:
            column -= 1
        else:
            row, column = row - 1, column - 1
            partners[row] = column
    return partners


def _difference(symbol: str, other: str) -> float:
    if symbol == other:
        return 0.0
    return 0.5 if kind_of(symbol) is kind_of(other) else 1.0


def _words(
    clause: Sequence[Token], phones: Sequence[Phone], duration: float
) -> tuple[TimedText, ...]:
    """Return a time for each token; one that is not heard has an empty one."""
    words: list[TimedText] = []
    last = 0.0
    for index, token in enumerate(clause):
        own = [phone for phone in phones if phone.token == index]
        start = own[0].start if own else last
        last = own[-1].end if own else last
        words.append(TimedText(token.written, min(start, duration), min(last, duration)))
    return tuple(words)
