"""Which frame of one saying of a text is which frame of another."""

import numpy as np
import numpy.typing as npt

from myna.dsp.envelope import MelCepstra
from myna.engines.embedded.analysis import FrameIndices

_STRIDE = 2  # analysis frames per matched frame: 10 ms
_FINE = 24  # order from which cepstra tell speakers apart rather than phones
_LEVEL_WEIGHT = 0.6
_FINE_WEIGHT = 0.3
_DELTA_WEIGHT = 2.0
_FLOOR = 4.0  # nepers of power below the loudest: what is quieter is all silence
_SLANT_COST = 0.15  # for moving in one of the two only, in distances


def matched_frames(first: MelCepstra, second: MelCepstra) -> tuple[FrameIndices, FrameIndices]:
    """Return pairs of matching frames by dynamic time warping (Sakoe and Chiba, 1978).

    Both end to end, monotone in both, and compared relative to each one's own mean and spread.
    """
    one, two = _features(first), _features(second)
    rows, columns = _path(_distances(one, two))
    pairs = np.stack([rows, columns])[:, :, None] * _STRIDE + np.arange(_STRIDE)
    flat = pairs.reshape(2, -1)
    inside = (flat[0] < len(first)) & (flat[1] < len(second))
    return flat[0, inside], flat[1, inside]


def _features(cepstra: MelCepstra) -> npt.NDArray[np.float32]:
    level = np.maximum(cepstra[:, 0], np.percentile(cepstra[:, 0], 95) - 2 * _FLOOR)
    values = np.column_stack([level, cepstra[:, 1:]])
    loud = cepstra[:, 0] > np.percentile(cepstra[:, 0], 95) - _FLOOR
    values = (values - values[loud].mean(axis=0)) / (values[loud].std(axis=0) + 0.05)
    slope = np.gradient(values, axis=0) if len(values) > 1 else np.zeros_like(values)
    weights = np.ones(values.shape[1])
    weights[0] = _LEVEL_WEIGHT
    weights[_FINE:] = _FINE_WEIGHT
    features = np.hstack([values * weights, _DELTA_WEIGHT * slope * weights])
    return np.asarray(features[::_STRIDE], np.float32)


def _distances(
    one: npt.NDArray[np.float32], two: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return root mean square differences: (len(one), len(two))."""
    squares = np.square(one).sum(axis=1)[:, None] + np.square(two).sum(axis=1) - 2 * one @ two.T
    return np.asarray(np.sqrt(np.maximum(squares, 0) / one.shape[1]), np.float32)


def _path(distances: npt.NDArray[np.float32]) -> tuple[FrameIndices, FrameIndices]:
    """Return the cheapest monotone path, computed an antidiagonal at a time."""
    height, width = distances.shape
    flat = distances.ravel()
    before = np.full(height + 1, np.inf)  # by row + 1
    last = np.full(height + 1, np.inf)
    moves = np.zeros((height + width - 1, height), np.int8)  # 0 both, 1 down, 2 right
    last[1] = flat[0]
    for diagonal in range(1, height + width - 1):
        low, high = max(0, diagonal - width + 1), min(diagonal, height - 1)
        rows = np.arange(low, high + 1)
        here = flat[rows * width + diagonal - rows]
        ways = np.stack(
            [
                before[low : high + 1] + 2 * here,
                last[low : high + 1] + here + _SLANT_COST,
                last[low + 1 : high + 2] + here + _SLANT_COST,
            ]
        )
        best = ways.argmin(axis=0)
        moves[diagonal, low : high + 1] = best
        fresh = np.full(height + 1, np.inf)
        fresh[low + 1 : high + 2] = ways[best, np.arange(high - low + 1)]
        before, last = last, fresh
    return _traced(moves, height, width)


def _traced(
    moves: npt.NDArray[np.int8], height: int, width: int
) -> tuple[FrameIndices, FrameIndices]:
    row, column = height - 1, width - 1
    steps = [(row, column)]
    while row or column:
        move = moves[row + column, row]
        row -= move != 2
        column -= move != 1
        steps.append((row, column))
    path = np.array(steps[::-1], np.intp)
    return path[:, 0], path[:, 1]
