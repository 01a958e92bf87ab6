"""Keys and values of sequences in rows without a gap, so that the first so many are one batch."""

from collections.abc import Sequence

import torch
from torch import Tensor

_GRANULE = 32  # positions by which the rows grow: a processor reads what has few gaps faster


class SequenceRows:
    """One row per sequence, hardly longer than the longest sequence.

    Memory is taken as sequences grow, and given back when the last of them leaves.
    """

    def __init__(self, layers: int, n_heads: int, width: int) -> None:
        self._shape = (layers, n_heads, width)
        self._rows = 0
        self._capacity = 0
        self.layers: list[tuple[Tensor, Tensor]] = []  # (rows, heads, capacity, width) each
        self.moves = 0
        """How often the memory has changed its place."""
        self.slots: list[int] = []
        """Whose each row is."""
        self.lengths: list[int] = []
        """Positions filled in each row."""
        self.tokens: list[int] = []
        """Of them, prompt and generated tokens."""

    def enter(self, slot: int, length: int, tokens: int) -> int:
        """Give a sequence of so many positions the next row; return its number."""
        row = len(self.slots)
        self.slots.append(slot)
        self.lengths.append(length)
        self.tokens.append(tokens)
        if row >= self._rows:
            self._grow(1 << row.bit_length(), max(self._capacity, length))
        self.make_room()
        return row

    def make_room(self) -> None:
        """See to it that every row has room for one position more."""
        if max(self.lengths) >= self._capacity:
            self._grow(self._rows, max(self.lengths) + 1)

    def leave(self, slot: int) -> None:
        """Take a sequence out, if it is there; the last takes its row."""
        if slot not in self.slots:
            return
        row, last = self.slots.index(slot), len(self.slots) - 1
        for tensor in self._tensors():
            length = self.lengths[last]
            tensor[row, :, :length] = tensor[last, :, :length]
        for column in (self.slots, self.lengths, self.tokens):
            column[row] = column[last]
            column.pop()
        if not self.slots:
            self.layers, self._rows, self._capacity = [], 0, 0
            self.moves += 1

    def _tensors(self) -> list[Tensor]:
        return [tensor for pair in self.layers for tensor in pair]

    def _grow(self, rows: int, capacity: int) -> None:
        layers, n_heads, width = self._shape
        self._rows, self._capacity = rows, -(-capacity // _GRANULE) * _GRANULE
        shape = (rows, n_heads, self._capacity, width)
        before = self._tensors() or [torch.empty(0, n_heads, 0, width)] * (2 * layers)
        grown = [_grown(tensor, shape) for tensor in before]
        self.layers = list(zip(grown[::2], grown[1::2], strict=True))
        self.moves += 1


def _grown(tensor: Tensor, shape: Sequence[int]) -> Tensor:
    larger = torch.empty(shape)
    larger[: tensor.shape[0], :, : tensor.shape[2]] = tensor
    return larger
