"""Opens files written by `torch.save`: tensors and plain values, nothing that could run code."""

import mmap
import pickle
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast
from zipfile import ZIP_STORED, BadZipFile, ZipFile, is_zipfile

import torch
from torch import Tensor

from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.stored import MAPS_FILES, StoredTensors

_ZIP_MAGIC = b"PK"
_PICKLE_MAGIC = b"\x80"  # files of torch before 1.6
_ALLOWING = threading.Lock()  # the allow-list belongs to the whole process


class PickledSettings:
    """Stands in for the bag of attributes `utils.HParams` that training scripts pickle.

    It only stores: pickle fills its attributes without calling anything of the file's choosing.
    """

    def __setstate__(self, state: Mapping[str, object]) -> None:
        if not isinstance(state, Mapping):
            raise pickle.UnpicklingError("The configuration is not a bag of attributes")
        self.__dict__.update(state)


def plain(value: object) -> object:
    """Turn bags, at any depth, into dictionaries."""
    if isinstance(value, PickledSettings):
        value = vars(value)
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value


def read_header(path: Path) -> bytes:
    """Return the first 8192 bytes, or raise `WeightsMissing` when there is nothing to read."""
    try:
        with path.open("rb") as file:
            header = file.read(8192)
    except OSError as error:
        raise WeightsMissing(
            f"The weights {str(path)!r} cannot be opened ({error.strerror}). Put the file there, "
            "or point the setting at where it is."
        ) from error
    if not header:
        raise WeightsMissing(f"The weights {str(path)!r} are an empty file: get the file again.")
    return header


def read_pickled(path: Path, *, renamed_zip: bool = False) -> dict[str, Any]:  # values of any type
    """Return the dictionary a file holds.

    `renamed_zip` says that the first two bytes are a mark in place of the zip's own. Raises
    `WeightsMissing` for anything but a whole file of tensors and plain values.
    """
    header = read_header(path)
    if not renamed_zip and not header.startswith((_ZIP_MAGIC, _PICKLE_MAGIC)):
        raise WeightsMissing(
            f"{str(path)!r} is not a file of weights: it begins with {header[:16]!r}. Is it a web "
            "page or a Git LFS pointer saved under this name? Get the file itself."
        )
    content = _safely_loaded(path, renamed_zip=renamed_zip)
    if not isinstance(content, Mapping):
        raise WeightsMissing(
            f"{str(path)!r} holds a {type(content).__name__}, not a dictionary of weights: it is "
            "another kind of file."
        )
    return {str(name): value for name, value in content.items()}


def _safely_loaded(path: Path, *, renamed_zip: bool) -> object:
    if renamed_zip:
        with _as_a_zip(path) as archive:
            return _loaded(path, archive)
    return _loaded(path)


@contextmanager
def _as_a_zip(path: Path) -> Iterator[IO[bytes]]:
    """Open a file as if it began as a zip does; nothing is written to it."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as archive:
        archive[: len(_ZIP_MAGIC)] = _ZIP_MAGIC
        yield cast(IO[bytes], archive)


def _loaded(path: Path, archive: IO[bytes] | None = None) -> object:
    """Load a file, or what stands for it."""
    source = archive or path
    is_zip = archive is not None or read_header(path).startswith(_ZIP_MAGIC)
    if is_zip and not _ends_as_a_zip(source):
        raise WeightsMissing(
            f"{str(path)!r} is cut short or damaged: the end of its zip archive is not there. Get "
            "the file again."
        )
    if archive is not None:
        archive.seek(0)
    maps = MAPS_FILES and is_zip and archive is None and _is_uncompressed(path)
    try:
        with (
            _ALLOWING,
            torch.serialization.safe_globals([(PickledSettings, "utils.HParams")]),
        ):
            return torch.load(source, map_location="cpu", weights_only=True, mmap=maps)
    except pickle.UnpicklingError as error:
        raise WeightsMissing(
            f"{str(path)!r} holds something other than tensors and settings, or is damaged, and "
            f"was not loaded ({_first_line(error)}). Get the file from its publisher again."
        ) from error
    except Exception as error:  # damaged bytes can make a pickle do anything but run code
        raise WeightsMissing(
            f"{str(path)!r} is cut short or damaged ({_first_line(error)}). Get the file again."
        ) from error


def _ends_as_a_zip(source: Path | IO[bytes]) -> bool:
    try:
        return is_zipfile(source)
    except ValueError:  # in memory, less than the end of a zip is long
        return False


def _is_uncompressed(path: Path) -> bool:
    """Whether what an archive holds lies in it as it is, which is how torch writes it."""
    try:
        with ZipFile(path) as archive:
            return all(part.compress_type == ZIP_STORED for part in archive.infolist())
    except BadZipFile:
        return False


def _first_line(error: Exception) -> str:
    """Return what torch says is wrong, without its advice to switch the check off."""
    said = str(error).rpartition("WeightsUnpickler error:")[2].strip()
    return said.splitlines()[0].split(". ")[0][:200] if said else type(error).__name__


def tensors_among(values: Mapping[str, object]) -> StoredTensors:
    """Keep the tensors of a dictionary that was read from a file."""
    found = {str(name): value for name, value in values.items() if isinstance(value, Tensor)}
    return StoredTensors(found)
