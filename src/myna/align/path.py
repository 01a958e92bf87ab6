"""The cheapest way to lay spoken words over a recording, with pauses where they fit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.align.features import Frames, Values

Indices = npt.NDArray[np.int64]

PAUSE = -1
"""Stands in a path for a pause between words."""

_OFF_DIAGONAL = 0.05  # cost of holding one side while the other moves on
_PAUSE_ONSET = 1.0  # cost of beginning a pause, so that a weak sound is not taken for one
_PAUSE_FLOOR = 0.3  # cost of a frame of pause at the recording's noise floor...
_PAUSE_SLOPE = 1.5  # ...and how much more it is at the level of speech
_BLOCK = 64  # rows whose distances are computed at once

_STAY, _NEXT, _ALONG, _OVER = range(4)


@dataclass(frozen=True, slots=True)
class Path:
    """Pairs of frames in order of time."""

    rows: Indices
    """Frames of the recording."""
    columns: Indices
    """Frames of the words laid over it, or `PAUSE`."""
    distance: float
    """Mean between paired speech frames."""

    @property
    def speech(self) -> npt.NDArray[np.bool_]:
        """Which pairs are not pauses."""
        return np.asarray(self.columns != PAUSE)


@dataclass(frozen=True, slots=True)
class Band:
    """Which columns each row may be paired with: `width` from `first` on."""

    first: Indices
    width: int


def pause_costs(loudness: Values) -> Values:
    """Return what it costs to call each frame of the recording a pause."""
    return np.asarray(_PAUSE_FLOOR + _PAUSE_SLOPE * np.maximum(loudness, 0.0))


class Columns:
    """The frames of the words, and a pause that may be left out between each two words."""

    def __init__(self, frames: Frames, words: Indices) -> None:
        self.spoken = frames
        self.words = words
        breaks = [0, *(np.flatnonzero(np.diff(words)) + 1), len(words)]
        self.source = np.insert(np.arange(len(words)), breaks, PAUSE)
        self.pause = self.source == PAUSE
        self.frames = np.insert(frames, breaks, np.float32(0), axis=0)

    def __len__(self) -> int:
        return len(self.source)

    def distances(self, rows: Frames, first: int, last: int) -> Frames:
        """Return root-mean-square distances: (rows, last - first)."""
        other = self.frames[first:last]
        squared = np.square(rows).sum(1)[:, None] + np.square(other).sum(1) - 2 * rows @ other.T
        return np.asarray(np.sqrt(np.maximum(squared, 0) / rows.shape[1]), np.float32)


def cheapest_path(
    recording: Frames, pauses: Values, columns: Columns, band: Band | None = None
) -> Path:
    """Pair a recording with columns by dynamic time warping (Sakoe and Chiba, 1978).

    Each row may hold a column or several; pauses between words come and go as `pauses`, the cost
    per row, makes it worth while. Memory grows with rows times the band's width, one byte each.
    """
    rows = len(recording)
    if band is None:
        band = Band(np.zeros(rows, np.int64), len(columns))
    moves = np.zeros((rows, band.width), np.uint8)
    best = np.full(len(columns) + 2, np.inf)  # two columns that cannot be reached stand in front
    for start in range(0, rows, _BLOCK):
        block = slice(start, min(start + _BLOCK, rows))
        first = int(band.first[start])
        distances = columns.distances(
            recording[block], first, int(band.first[block][-1]) + band.width
        )
        for row in range(block.start, block.stop):
            begin = int(band.first[row])
            distance = distances[row - start, begin - first :][: band.width]
            pause = columns.pause[begin : begin + len(distance)]
            cost = np.where(pause, pauses[row], distance).astype(np.float64)
            if row == 0:
                values, moves[0, : len(cost)] = _first_row(cost, pause)
            else:
                values, moves[row, : len(cost)] = _row(best, begin, cost, pause)
                best[int(band.first[row - 1]) + 2 : begin + 2] = np.inf
            best[begin + 2 : begin + 2 + len(cost)] = values
    return _traced(moves, band, columns, recording, best[2:])


def _first_row(cost: Values, pause: npt.NDArray[np.bool_]) -> tuple[Values, npt.NDArray[np.uint8]]:
    values = np.full(len(cost), np.inf)
    values[:2] = cost[:2]
    return _along(values, np.full(len(cost), _NEXT, np.uint8), cost, pause)


def _row(
    best: Values, begin: int, cost: Values, pause: npt.NDArray[np.bool_]
) -> tuple[Values, npt.NDArray[np.uint8]]:
    """Extend the paths that end in the row before by one row."""
    end = begin + len(cost)
    stay = best[begin + 2 : end + 2] + np.where(pause, 0.0, _OFF_DIAGONAL)
    following = best[begin + 1 : end + 1] + np.where(pause, _PAUSE_ONSET, 0.0)
    before_is_pause = np.concatenate([pause[:1] & False, pause[:-1]])
    over = np.where(before_is_pause, best[begin:end], np.inf)
    values = np.minimum(stay, following)
    moves = (following < stay).astype(np.uint8)  # _STAY or _NEXT
    moves[over < values] = _OVER
    return _along(np.minimum(values, over) + cost, moves, cost, pause)


def _along(
    values: Values,
    moves: npt.NDArray[np.uint8],
    cost: Values,
    pause: npt.NDArray[np.bool_],
) -> tuple[Values, npt.NDArray[np.uint8]]:
    """Let the row run on over several columns: a running minimum, as its costs only add up."""
    travelled = np.cumsum(np.where(pause, _PAUSE_ONSET, cost + _OFF_DIAGONAL))
    entered = values - travelled
    reached = np.minimum.accumulate(entered)
    moves[reached < entered] = _ALONG
    return reached + travelled, moves


def _traced(
    moves: npt.NDArray[np.uint8], band: Band, columns: Columns, recording: Frames, last: Values
) -> Path:
    """Walk back from the end, which may be the last word's or the pause after it."""
    row, column = len(moves) - 1, len(columns) - 1
    if last[column - 1] < last[column]:
        column -= 1
    pairs: list[tuple[int, int]] = []
    while row >= 0:
        pairs.append((row, column))
        move = moves[row, column - int(band.first[row])]
        if move != _ALONG:
            row -= 1
        column -= (0, 1, 1, 2)[move]
    rows, reached = np.array(pairs[::-1]).T
    speech = ~columns.pause[reached]
    apart = recording[rows[speech]] - columns.frames[reached[speech]]
    distance = float(np.sqrt(np.square(apart).mean(1)).mean()) if len(apart) else np.inf
    return Path(rows, columns.source[reached], distance)
