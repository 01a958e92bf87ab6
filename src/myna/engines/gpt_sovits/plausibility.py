"""Whether what GPT-SoVITS draws can be the words: by its pace, and by what the decoder looked at.

The pace is semantic tokens, 25 a second, for phonemes.
"""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from myna.engines.attempts.plausibility import Pace
from myna.engines.gpt_sovits.tokens.attention_path import Indices
from myna.engines.graphs.products import Floats

PACE = Pace(
    fewest=0.6,  # 40 phones per second
    typical=2.2,
    most=8.0,  # 3 phones per second
    allowance=75,  # 3 s
    fewest_judged=8,
)

Span = tuple[int, int]
"""Of the phonemes of a word: the first, and the one behind the last."""

_LONGEST_HELD = 50  # tokens at one phoneme, 2 s: no pause within a sentence is as long
_FEWEST_PHONEMES = 3  # of words that are missed or said again; less may be a slip of the attention
_UNSEEN = 0.25  # of the attention of any token, at most: nothing looked at the phoneme
_MOST_PART = 2 / 3  # of a word's phonemes


def reading_fault(path: Indices, weights: Floats, words: Sequence[Span]) -> str | None:
    """Return what is wrong with how a sentence was read, or None.

    path: (T,), the phoneme each token is at. weights: (T, L), attention that follows the text.
    words: where the words are among the phonemes.
    """
    if _missing(path, weights, words):
        return "words were passed over"
    if _said_again(path, words):
        return "words are said again"
    longest = max(len(list(run)) for _, run in groupby(path.tolist()))
    return "it holds still" if longest >= _LONGEST_HELD else None


def _missing(path: Indices, weights: Floats, words: Sequence[Span]) -> bool:
    """Whether there are words, side by side, that hardly anything looked at or had time for."""
    unseen = weights.max(axis=0) < _UNSEEN
    missing = 0
    for first, last in words:
        steps = np.count_nonzero((path >= first) & (path < last))
        is_unsaid = unseen[first:last].mean() >= _MOST_PART and steps < PACE.fewest * (last - first)
        missing = missing + last - first if is_unsaid else 0
        if missing >= _FEWEST_PHONEMES:
            return True
    return False


def _said_again(path: Indices, words: Sequence[Span]) -> bool:
    """Whether it goes back to before some words and says the most part of them a second time."""
    for back in (np.flatnonzero(np.diff(path) < 0) + 1).tolist():
        again = [
            last - first
            for first, last in words
            if first >= path[back]
            and all(_is_said(part, first, last) for part in (path[:back], path[back:]))
        ]
        if sum(again) >= _FEWEST_PHONEMES:
            return True
    return False


def _is_said(path: Indices, first: int, last: int) -> bool:
    inside = path[(path >= first) & (path < last)]
    return len(np.unique(inside)) >= _MOST_PART * (last - first)
