"""When words are said, read off the phoneme that each token is at."""

from collections.abc import Sequence

import numpy as np

from myna.core.timing import TimedText
from myna.engines.gpt_sovits.frontend.word_phonemes import WordPhonemes
from myna.engines.gpt_sovits.tokens.attention_path import Indices

_SHORTEST_PAUSE = 1.5  # tokens; what is shorter between two words is none


def word_times(
    path: Indices, words: Sequence[WordPhonemes], count: int, tokens_per_second: float
) -> tuple[TimedText, ...]:
    """Return when each word is said, in seconds; nothing unless all are, one after another.

    path: the phoneme that the step of each token is at. A step has read its token and draws the
    next one: so it stands for the moment between the two, and a word begins and ends half a token
    from the steps that are at it. count: tokens drawn.
    """
    spans: list[tuple[float, float]] = []
    for word in words:
        steps = np.flatnonzero((path >= word.first) & (path < word.last))
        if not len(steps):
            return ()
        first, last = int(steps[0]), int(steps[-1])
        begin = first + 0.5 if first else 0.0
        end = last + 1.5 if last + 1 < len(path) else float(count)
        if spans and begin < spans[-1][1]:
            return ()
        spans.append((begin, min(end, float(count))))
    edges = np.array(_without_short_pauses(spans)) / tokens_per_second
    return tuple(
        TimedText(word.written, begin, end)
        for word, (begin, end) in zip(words, edges.tolist(), strict=True)
    )


def _without_short_pauses(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Let words meet where what is between them is too short for a pause."""
    starts, ends = (list(side) for side in zip(*spans, strict=True))
    for index in range(1, len(starts)):
        if starts[index] - ends[index - 1] < _SHORTEST_PAUSE:
            ends[index - 1] = starts[index] = (ends[index - 1] + starts[index]) / 2
    return list(zip(starts, ends, strict=True))
