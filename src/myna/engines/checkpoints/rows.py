"""Tables of which a few rows are needed at a time: in memory, or left in their file."""

import os
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.errors import WeightsMissing
from myna.engines.batching.device import sent


class Rows(Protocol):
    """The rows of a table (rows, channels)."""

    def __len__(self) -> int:
        """How many there are."""

    def __call__(self, numbers: Sequence[int]) -> Tensor:
        """Return some rows in float32: (numbers, channels). All numbers are below `len`."""


@runtime_checkable
class LeavesRows(Protocol):
    """Tensors by name whose rows may stay where they are."""

    def rows(self, name: str) -> Rows:
        """Return the rows of a table."""


class RowsInMemory:
    """A table that is there whole, on any device."""

    def __init__(self, table: Tensor) -> None:
        self.table = table

    def __len__(self) -> int:
        return len(self.table)

    def __call__(self, numbers: Sequence[int]) -> Tensor:
        """Look rows up."""
        tokens = torch.tensor(numbers, dtype=torch.int64)
        return F.embedding(sent(tokens, self.table.device), self.table)


class RowsInFile:
    """A table that lies in a file as it is in memory; each row is read when it is needed."""

    def __init__(self, path: Path, first_byte: int, outline: Tensor) -> None:
        """`outline` has the shape and the precision of the table, and no content."""
        self._path = path
        self._first_byte = first_byte
        self._outline = outline
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        self._state = self._now()

    def __len__(self) -> int:
        return len(self._outline)

    def __call__(self, numbers: Sequence[int]) -> Tensor:
        """Read rows. Raises `WeightsMissing` where the file was changed meanwhile."""
        count, channels = len(numbers), self._outline.shape[1]
        width = channels * self._outline.element_size()
        content = bytearray(count * width)
        for place, number in enumerate(numbers):
            row = os.pread(self._file, width, self._first_byte + number * width)
            content[place * width : place * width + len(row)] = row
        if self._now() != self._state:
            raise WeightsMissing(
                f"{str(self._path)!r} was changed while it was in use. Start anew to use what it "
                "holds now; to replace a file of a model, rename another to its name."
            )
        if not numbers:
            return torch.zeros(0, channels)
        return torch.frombuffer(content, dtype=self._outline.dtype).view(count, channels).float()

    def _now(self) -> tuple[int, int]:
        found = os.fstat(self._file)
        return found.st_size, found.st_mtime_ns
