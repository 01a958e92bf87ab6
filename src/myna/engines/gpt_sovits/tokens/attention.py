"""What the decoder of semantic tokens looked at while it drew a sentence.

Its steps keep nothing of their attention, and need not: the keys of all phonemes lie in the cache
anyway, so it is enough to keep what each token's step looked *for*, its queries. Attention is made
of both once the sentence is drawn, by whoever asks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from myna.engines.graphs.products import Floats

Head = tuple[int, int]
"""A layer, and a head in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Attended:
    """Keys of a sentence's own phonemes, and queries of the tokens drawn for it."""

    keys: Floats  # (layers, heads, L, width)
    queries: Floats  # (layers, heads, T, width): of each token's step; scaled by width ** -0.5

    def weights(self) -> Iterator[Floats]:
        """Yield the attention of each layer in turn: (heads, T, L), each row a distribution.

        As if there were nothing but the sentence's phonemes: what is left for the prompt and for
        the tokens is another question.
        """
        for keys, queries in zip(self.keys, self.queries, strict=True):
            yield softmax(queries @ keys.transpose(0, 2, 1))

    def mean(self, heads: Sequence[Head]) -> Floats:
        """Return the mean attention of some heads: (T, L)."""
        layers, numbers = (list(column) for column in zip(*heads, strict=True))
        chosen = Attended(self.keys[layers, numbers][None], self.queries[layers, numbers][None])
        mean: Floats = next(chosen.weights()).mean(axis=0)
        return mean


def softmax(scores: Floats) -> Floats:
    """Return distributions over the last axis, in the memory of the scores."""
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return scores


class AttentionRecord:
    """Filled by the thread that draws; read by the caller once the last token has reached it."""

    def __init__(self, own: slice) -> None:
        """`own` are the sentence's phonemes among all that are read, the prompt's first."""
        self.own = own
        self._keys: Floats | None = None
        self._queries: list[Floats] = []

    def begin(self, keys: Floats) -> None:
        """Note the keys of the phonemes: (layers, heads, L, width)."""
        self._keys = keys

    def note(self, queries: Floats) -> None:
        """Note what a token's step looked for, scaled: (layers, heads, width)."""
        self._queries.append(queries)

    def attended(self) -> Attended | None:
        """Return what was noted; None where nothing was."""
        if self._keys is None or not self._queries:
            return None
        return Attended(self._keys, np.stack(self._queries, axis=2))
