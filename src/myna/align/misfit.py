"""How badly a text fits a recording, whatever the recording's noise."""

import numpy as np

from myna.align.features import Frames, Values
from myna.align.path import Columns, Path, cheapest_path

_TURNS = (1 / 3, 2 / 3)  # of the text, by which it is turned around to make other words of it
_MATCHING = 0.78  # of the distance to other words: what matching speech comes to


def misfit(path: Path, recording: Frames, pauses: Values, columns: Columns) -> float:
    """Compare a path's distance with that of the cheapest paths along other words.

    The other words are the same ones begun in the middle, and played backwards: they sound like
    the text, last as long and warp as freely. Noise or an unlike voice puts all of them as far
    off. About 1 for matching speech, about 1.25 for other words.
    """
    turned = [_turned(columns, part) for part in _TURNS]
    turns = [cheapest_path(recording, pauses, other).distance for other in turned]
    backwards = cheapest_path(recording, pauses, _backwards(columns)).distance
    other = max(float(np.mean(turns)), backwards)
    return path.distance / max(other, 1e-6) / _MATCHING


def _turned(columns: Columns, part: float) -> Columns:
    shift = round(len(columns.words) * part)
    return Columns(np.roll(columns.spoken, shift, axis=0), np.roll(columns.words, shift))


def _backwards(columns: Columns) -> Columns:
    frames = columns.spoken[::-1].copy()
    frames[:, frames.shape[1] // 2 :] *= -1  # slopes
    return Columns(frames, columns.words[::-1])
