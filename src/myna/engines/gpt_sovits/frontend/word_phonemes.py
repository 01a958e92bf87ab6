"""Which phonemes of a sentence are those of each written word.

The front ends read a sentence as a whole, and words that meet change each other. So each word is
read once more, alone, and the two readings are laid over each other: they hardly differ.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.engines.gpt_sovits.frontend.front_end import PhoneRun
from myna.engines.gpt_sovits.frontend.symbols import PUNCTUATION
from myna.text.reading import Token

_NOT_SAID = frozenset((*PUNCTUATION, "空", "停", "_", "SP", "SP2", "SP3"))
_OTHER, _LEFT_OUT = 1.0, 0.75  # costs of another symbol, and of one that only one reading has
_ALIKE = 1 / 3  # of the symbols are the same in both readings at least, else they are of two texts


@dataclass(frozen=True, slots=True)
class WordPhonemes:
    """A word as it is written, and where its phonemes are in the sentence's."""

    written: str
    first: int
    last: int
    """Behind the last of them."""

    @property
    def span(self) -> tuple[int, int]:
        """First phoneme, and the one behind the last."""
        return self.first, self.last


@dataclass(frozen=True, slots=True)
class _Symbol:
    """A phone, or in Chinese a character, and where its phones are."""

    name: str
    first: int
    last: int


def word_phonemes(
    runs: Iterable[PhoneRun],
    words: Iterable[Token],
    read_alone: Callable[[str, str], PhoneRun],
) -> tuple[WordPhonemes, ...]:
    """Find the phonemes of words in those of a sentence.

    runs: how the sentence was read. words: what `normalized` makes of it. read_alone: reads a text
    in a language. A word without any phoneme of its own is left out; all are where the two readings
    have hardly anything in common.
    """
    said = [symbol for symbol in _symbols(runs) if symbol.name not in _NOT_SAID]
    spelt = [(token, _spelt(token, read_alone)) for token in words if token.spoken.strip()]
    parts, whole = [name for _, names in spelt for name in names], [each.name for each in said]
    places = laid_over(parts, whole)
    same = [
        part for part, at in zip(parts, places, strict=True) if at is not None and whole[at] == part
    ]
    if len(same) < _ALIKE * len(parts):
        return ()
    found: list[WordPhonemes] = []
    begin = 0
    for token, names in spelt:
        own = [said[place] for place in places[begin : begin + len(names)] if place is not None]
        begin += len(names)
        if own:
            found.append(WordPhonemes(token.written, own[0].first, own[-1].last))
    return tuple(found)


def _symbols(runs: Iterable[PhoneRun]) -> list[_Symbol]:
    symbols: list[_Symbol] = []
    place = 0
    for run in runs:
        names, counts = _named(run)
        for name, count in zip(names, counts, strict=True):
            symbols.append(_Symbol(name, place, place + count))
            place += count
    return symbols


def _named(run: PhoneRun) -> tuple[Sequence[str], Sequence[int]]:
    """Return what a run is compared by, and how many phones each of it has."""
    if run.counts is not None and len(run.counts) == len(run.normalized):
        return run.normalized, run.counts
    return run.phones, [1] * len(run.phones)


def _spelt(token: Token, read_alone: Callable[[str, str], PhoneRun]) -> list[str]:
    """Return what a word is compared by."""
    if token.language in ("zh", "yue"):
        return list(token.spoken)
    alone = read_alone(token.spoken, token.language)
    return [phone for phone in alone.phones if phone not in _NOT_SAID]


def laid_over(parts: Sequence[str], whole: Sequence[str]) -> list[int | None]:
    """Return for each part its place in the whole, or None, so that the fewest differ.

    By the edit distance of Wagner and Fischer 1974.
    """
    numbers: dict[str, int] = {}
    rows, columns = (
        np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)
        for names in (parts, whole)
    )
    costs = _edit_costs(rows, columns)
    places: list[int | None] = [None] * len(parts)
    row, column = len(parts), len(whole)
    while row and column:
        differs = _OTHER * (rows[row - 1] != columns[column - 1])
        here = costs[row, column]
        if np.isclose(here, costs[row - 1, column - 1] + differs):
            row, column = row - 1, column - 1
            places[row] = column
        elif np.isclose(here, costs[row - 1, column] + _LEFT_OUT):
            row -= 1
        else:
            column -= 1
    return places


def _edit_costs(
    rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return the cost of making the first columns of the first rows: (rows + 1, columns + 1)."""
    along = np.arange(len(columns) + 1) * _LEFT_OUT
    costs = np.empty((len(rows) + 1, len(columns) + 1))
    costs[0] = along
    for number, row in enumerate(rows, 1):
        above = costs[number - 1]
        entered = above + _LEFT_OUT
        entered[1:] = np.minimum(entered[1:], above[:-1] + _OTHER * (columns != row))
        costs[number] = np.minimum.accumulate(entered - along) + along
    return costs
