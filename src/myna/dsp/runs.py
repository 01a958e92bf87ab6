"""Stretches of a yes-or-no track."""

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Runs = npt.NDArray[np.intp]


def runs(mask: Mask) -> Runs:
    """Return where the mask is true, as first index and one past the last: (runs, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return edges.reshape(-1, 2)


def without_short(mask: Mask, shortest: int) -> Mask:
    """Return the mask without runs shorter than `shortest`."""
    kept = np.zeros_like(mask)
    for start, end in runs(mask):
        kept[start:end] = end - start >= shortest
    return kept
