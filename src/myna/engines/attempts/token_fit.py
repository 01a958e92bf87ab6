"""Where tokens that were drawn beyond a gap begin to say what follows the gap.

The model that draws tokens is given the text of both sides, so behind the new words it says
again what follows them. The recording's own tokens of that are laid over what was drawn, by
dynamic time warping with a free beginning and end; what comes before belongs to the gap.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_COMPARED = 50  # tokens, 2 s of what follows
_UNEVEN = 0.3  # what one token said longer or shorter costs beside its unlikeness
_MISPLACED = 5.0  # tokens of utter unlikeness that beginning at a quite wrong place is worth

Values = npt.NDArray[np.float64]


def rejoined(
    drawn: Sequence[int],
    following: Sequence[int],
    codes: npt.NDArray[np.float32],
    expected: float,
    fewest: int = 1,
) -> tuple[int, float]:
    """Return how many drawn tokens are of the gap, and the misfit from there on.

    codes: (vocabulary, channels), whose directions say how alike tokens are. expected: about how
    many are of the gap. fewest: how many are at least, where there are as many. The misfit is
    the mean unlikeness: 0 for equal tokens, 1 for unrelated ones.
    """
    if not drawn or not following:
        return len(drawn), 0.0
    if len(drawn) <= fewest:
        return len(drawn), 1.0
    unlike = _unlikeness(drawn, following[:_COMPARED], codes)
    start = _MISPLACED * np.abs(np.arange(len(drawn)) - expected) / len(drawn)
    start[:fewest] = np.inf
    costs, begins = _cheapest(unlike, start)
    last = int(costs.argmin())
    begin = int(begins[last])
    misfit = (costs[last] - start[begin]) / unlike.shape[1]
    return begin, float(np.clip(misfit, 0.0, 1.0))


def _unlikeness(
    drawn: Sequence[int], following: Sequence[int], codes: npt.NDArray[np.float32]
) -> Values:
    """Return one minus the cosine between codes: (drawn, following)."""
    ours, theirs = (codes[list(tokens)].astype(np.float64) for tokens in (drawn, following))
    ours /= np.linalg.norm(ours, axis=1, keepdims=True) + 1e-12
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True) + 1e-12
    return np.asarray(1.0 - ours @ theirs.T)


def _cheapest(unlike: Values, start: Values) -> tuple[Values, npt.NDArray[np.int64]]:
    """Return, for each drawn token, the cost of a path that ends there and where it begins."""
    costs = start + unlike[:, 0]
    begins = np.arange(len(start))
    for column in unlike.T[1:]:
        # From the token before, or from this one once more.
        before = np.concatenate([[np.inf], costs[:-1]])
        stays = costs + _UNEVEN < before
        previous = np.where(stays, costs + _UNEVEN, before)
        origins = np.where(stays, begins, np.concatenate([[0], begins[:-1]]))
        costs, begins = previous + column, origins
        for index in range(1, len(costs)):  # or a drawn token that is skipped
            skipped = costs[index - 1] + _UNEVEN + column[index]
            if skipped < costs[index]:
                costs[index], begins[index] = skipped, begins[index - 1]
    return costs, begins
