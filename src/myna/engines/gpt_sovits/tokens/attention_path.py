"""The phoneme that each token is at, read off attention."""

import numpy as np
import numpy.typing as npt

from myna.engines.graphs.products import Floats

Indices = npt.NDArray[np.int64]
_Values = npt.NDArray[np.float64]

_FLOOR = 0.01  # attention that is nothing
_OVER_ONE = 0.5  # cost, in nats, of passing over one phoneme
_AHEAD = 6.0  # of leaping ahead; one token that looks elsewhere costs at most 4.6
_BACK = 8.0  # of going back: what was said is hardly ever said again


def likeliest_path(weights: Floats) -> Indices:
    """Return the likeliest phoneme of each token, (T,), from attention (T, L).

    By dynamic programming (Viterbi 1967). From token to token it stays or goes on by one, as in
    the monotonic alignment search of Kim et al. 2020 (Glow-TTS); unlike there, and at a price, it
    may also leap or go back, for what goes wrong is looked for.
    """
    gains = np.log(weights.astype(np.float64) + _FLOOR)
    count, length = gains.shape
    origins = np.zeros((count, length), np.int64)
    best = gains[0] - np.minimum(np.arange(length) * _OVER_ONE, _AHEAD)
    for token in range(1, count):
        arrived, origins[token] = _arrivals(best)
        best = arrived + gains[token]
    path = np.zeros(count, np.int64)
    path[-1] = best.argmax()
    for token in range(count - 1, 0, -1):
        path[token - 1] = origins[token, path[token]]
    return path


def _arrivals(best: _Values) -> tuple[_Values, Indices]:
    """Return the value of the best way to each phoneme, and the phoneme it comes from: (L,)."""
    places = np.arange(len(best))
    behind, ahead = _best_so_far(best), len(best) - 1 - _best_so_far(best[::-1])[::-1]
    origins = np.stack(
        [places, np.maximum(places - 1, 0), np.maximum(places - 2, 0), behind, ahead]
    )
    costs = np.array([0.0, 0.0, _OVER_ONE, _AHEAD, _BACK])[:, None]
    values = best[origins] - costs
    chosen = values.argmax(axis=0)
    return values[chosen, places], origins[chosen, places]


def _best_so_far(values: _Values) -> Indices:
    """Return for each place the best one up to it."""
    places = np.arange(len(values))
    return np.maximum.accumulate(np.where(values == np.maximum.accumulate(values), places, 0))
