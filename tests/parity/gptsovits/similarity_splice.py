"""Joins overlapping pieces of sound where they are most alike (SOLA, Roucos and Wilgus 1985).

As the original joins what it streams. Myna's windows agree where they overlap and need no search,
so only parity data are compared with this.
"""

from collections.abc import Sequence

import numpy as np

from myna.core.audio import Samples

_SILENT = 1e-8  # energy added so that silence is like nothing


def spliced(pieces: Sequence[Samples], overlap: int, search: int) -> Samples:
    """Return the pieces as one sound; counts are in samples.

    The end of each piece is laid over the beginning of the next, shifted by up to `search` to
    where their normalised correlation is highest, and cross-faded over `overlap`.
    """
    window = (0.5 - 0.5 * np.cos(np.pi * np.arange(2 * overlap) / overlap)).astype(np.float32)
    joined = [np.asarray(pieces[0], np.float32)]
    for piece in pieces[1:]:
        end = joined[-1][-overlap:]
        joined[-1] = joined[-1][:-overlap]
        piece = piece[_best_shift(end, piece[: overlap + search]) :].astype(np.float32)
        piece[:overlap] = window[:overlap] * piece[:overlap] + window[overlap:] * end
        joined.append(piece)
    return np.concatenate(joined)


def _best_shift(end: Samples, beginning: Samples) -> int:
    windows = np.lib.stride_tricks.sliding_window_view(beginning.astype(np.float64), len(end))
    energy = np.square(windows).sum(axis=1) + _SILENT
    return int(np.argmax(windows @ end.astype(np.float64) / np.sqrt(energy)))
