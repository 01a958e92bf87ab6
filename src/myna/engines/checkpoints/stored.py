"""The tensors of a file, which need not be in memory: a mapped file is read where it is needed."""

import ctypes
import mmap
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from myna.engines.checkpoints.rows import Rows, RowsInFile, RowsInMemory

MAPS_FILES = sys.platform == "linux"
"""Whether files are mapped; elsewhere they are read whole."""

_MAPS = Path("/proc/self/maps")
_WILL_NEED, _DO_NOT_NEED = 3, 4  # MADV_WILLNEED, MADV_DONTNEED


class StoredTensors(Mapping[str, Tensor]):
    """Named tensors. Of a mapped file, each that is asked for comes as a copy.

    What was read of the file for that is given back at once, so a file takes no more memory than
    what is kept of it. Copies stay as they are whatever becomes of the file.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = dict(tensors)
        self._files = _mapped_files()

    def __getitem__(self, name: str) -> Tensor:
        """Return a tensor as it is stored."""
        tensor = self._tensors[name]
        pages = self._pages(tensor)
        if pages is None:
            return tensor
        _advise(pages, _WILL_NEED)
        copy = tensor.clone()
        _advise(pages, _DO_NOT_NEED)
        return copy

    def rows(self, name: str) -> Rows:
        """Return the rows of a table: left in the file, if that is mapped, else in memory."""
        tensor = self._tensors[name]
        pages = self._pages(tensor)
        if pages is None or not tensor.is_contiguous():
            return RowsInMemory(self[name].float())
        mapping = next(it for it in self._files if pages.start in it.place)
        first = tensor.data_ptr() - mapping.place.start + mapping.offset
        return RowsInFile(mapping.path, first, tensor.to("meta"))

    def outline(self) -> dict[str, Tensor]:
        """Return tensors of the same names and shapes that are zero, and take no memory for it.

        torch has tensors for this purpose ("meta"), but to compute with them it imports compilers.
        """
        return {name: _zeros(tensor) for name, tensor in self._tensors.items()}

    def __contains__(self, name: object) -> bool:
        return name in self._tensors

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def _pages(self, tensor: Tensor) -> range | None:
        """Return the pages of a mapped file in which a tensor lies."""
        storage = tensor.untyped_storage()
        start, end = storage.data_ptr(), storage.data_ptr() + storage.nbytes()
        for place in (file.place for file in self._files):
            if place.start <= start < end <= place.stop:
                first = start // mmap.PAGESIZE * mmap.PAGESIZE
                return range(first, min(-(-end // mmap.PAGESIZE) * mmap.PAGESIZE, place.stop))
        return None


def _zeros(like: Tensor) -> Tensor:
    dtype = torch.float32 if like.is_floating_point() else like.dtype
    return torch.zeros((), dtype=dtype).expand(like.shape)


@dataclass(frozen=True, slots=True)
class _MappedFile:
    path: Path
    offset: int  # bytes of the file before the place
    place: range  # addresses


def _mapped_files() -> list[_MappedFile]:
    """Return where files are mapped. What is given back there is still in the file."""
    if not MAPS_FILES or not _MAPS.exists():
        return []
    fields = [line.split(maxsplit=5) for line in _MAPS.read_text("utf-8", "replace").splitlines()]
    return [
        _MappedFile(Path(part[5]), int(part[2], 16), range(*_addresses(part[0])))
        for part in fields
        if len(part) > 5 and part[5][0] == "/" and not _is_no_file(part[5])
    ]


def _is_no_file(path: str) -> bool:
    """Whether a mapping is memory after all, or of a file that is no longer there."""
    return path.startswith(("/dev/", "/memfd:", "/anon_", "/SYSV")) or path.endswith(" (deleted)")


def _addresses(place: str) -> tuple[int, int]:
    start, end = place.split("-")
    return int(start, 16), int(end, 16)


def _advise(pages: range, advice: int) -> None:
    """Tell the system; a refusal changes nothing."""
    place, size = ctypes.c_void_p(pages.start), ctypes.c_size_t(len(pages))
    ctypes.CDLL(None).madvise(place, size, ctypes.c_int(advice))
