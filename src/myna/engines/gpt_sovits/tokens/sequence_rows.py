"""Keys and values of sequences in rows without a gap, so that the first so many are one batch."""

import numpy as np

from myna.engines.graphs.products import Floats

_GRANULE = 32  # positions by which the rows grow
_LINE = 64  # bytes that a processor reads at once


class SequenceRows:
    """One row per sequence, hardly longer than the longest sequence; zero behind its end.

    All rows lie in one stretch of memory, from its beginning, and are spread within it as they
    grow: what is not filled between them costs time, because a processor foresees only what it
    reads in one go. Memory is taken as sequences fill it, and given back when the last leaves.
    """

    def __init__(self, layers: int, n_heads: int, width: int) -> None:
        self._shape = (layers, n_heads, width)
        self._rows = 0
        self._most = 0  # positions of a row that there is memory for
        self._capacity = 0  # positions of a row as they lie
        self._memory: Floats = np.empty(0, np.float32)
        self.layers: list[tuple[Floats, Floats]] = []  # (rows, heads, capacity, width) each
        self.moves = 0
        """How often rows have changed their place."""
        self.slots: list[int] = []
        """Whose each row is."""
        self.lengths: list[int] = []
        """Positions filled in each row."""
        self.tokens: list[int] = []
        """Of them, prompt and generated tokens."""

    def enter(self, slot: int, length: int, tokens: int, capacity: int) -> int:
        """Give a sequence of so many positions the next row; return its number.

        It is going to have at most `capacity` positions.
        """
        row = len(self.slots)
        rows, most = max(self._rows, 1 << row.bit_length()), max(self._most, _whole(capacity))
        if (rows, most) != (self._rows, self._most):
            self._move(rows, most)  # first: where there is no memory, nothing has changed
        self.slots.append(slot)
        self.lengths.append(length)
        self.tokens.append(tokens)
        self.make_room()
        self._clear(row)
        return row

    def make_room(self) -> None:
        """See to it that every row has room for one position more."""
        longest = max(self.lengths)
        if longest >= self._capacity:
            self._spread(_whole(longest + 1))

    def leave(self, slot: int) -> None:
        """Take a sequence out, if it is there; the last takes its row."""
        if slot not in self.slots:
            return
        row, last = self.slots.index(slot), len(self.slots) - 1
        for tensor in self._tensors():
            tensor[row] = tensor[last]
        for column in (self.slots, self.lengths, self.tokens):
            column[row] = column[last]
            column.pop()
        if not self.slots:
            self._capacity = 0
            self._move(0, 0)
        elif 2 * max(self.lengths) < self._capacity:
            self._capacity = _whole(max(self.lengths) + 1)
            self._move(self._rows, self._most)

    def _clear(self, row: int) -> None:
        for tensor in self._tensors():
            tensor[row] = 0

    def _tensors(self) -> list[Floats]:
        return [tensor for pair in self.layers for tensor in pair]

    def _size(self, rows: int, capacity: int) -> int:
        layers, n_heads, width = self._shape
        return 2 * layers * rows * n_heads * capacity * width

    def _move(self, rows: int, most: int) -> None:
        """Move to other memory, with room for so many positions in each of so many rows."""
        before = self._tensors()
        self._memory = _aligned(self._size(rows, most))
        self._rows, self._most = rows, most
        self._lay_out()
        for tensor, old in zip(self._tensors(), before, strict=False):
            tensor[: len(old)] = old[:, :, : self._capacity]

    def _spread(self, capacity: int) -> None:
        """Make all rows longer where they lie: the last ones first, as many as fit at once."""
        if capacity > self._most:
            self._move(self._rows, capacity)
        layers, n_heads, width = self._shape
        old, new = self._capacity * width, capacity * width
        after = 2 * layers * self._rows * n_heads if old else 0
        while after > 1:
            first = min(-(-after * old // new), after - 1)
            source = self._memory[first * old : after * old].reshape(-1, old)
            target = self._memory[first * new : after * new].reshape(-1, new)
            target[:, :old] = source  # numpy sees to it where they overlap
            target[:, old:] = 0
            after = first
        self._memory[old:new] = 0
        self._capacity = capacity
        self._lay_out()

    def _lay_out(self) -> None:
        layers, n_heads, width = self._shape
        shape = (layers, 2, self._rows, n_heads, self._capacity, width)
        rows = self._memory[: self._size(self._rows, self._capacity)].reshape(shape)
        self.layers = [(keys, values) for keys, values in rows] if self._rows else []
        self.moves += 1


def _aligned(size: int) -> Floats:
    """Return zeros that begin where a line does, so that no vector lies in two.

    numpy asks the system for large pages: a fifth of the time of a step.
    """
    zeros = np.zeros(size + _LINE // 4, np.float32)
    first = -zeros.ctypes.data % _LINE // 4
    return zeros[first : first + size]


def _whole(capacity: int) -> int:
    return -(-capacity // _GRANULE) * _GRANULE
