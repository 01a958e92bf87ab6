"""Brings the files of a model into a folder: each is there whole and verified, or not at all.

An interrupted download leaves what it has under a hidden name and goes on from there next time.
"""

import errno
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from myna.core.errors import StorageError, WeightsMissing
from myna.storage.checksums import add_to_list, matches, sha256_of
from myna.storage.models import Model, ModelFile

SPARE_BYTES = 100_000_000
"""What is left free on the disk."""


class DownloadFailed(WeightsMissing):
    """A file of a model could not be had, or is not what it should be."""

    code = "download_failed"


@dataclass(frozen=True, slots=True)
class Announced:
    """What a source says about a file before it is fetched."""

    file: ModelFile
    size: int
    """Bytes."""
    location: str
    """Where the source has it."""
    digest: str | None = None
    """Hex: SHA-256 in 64 digits, or git's in 40. None where the source does not say."""


class Source(Protocol):
    """Where files come from."""

    def announce(self, file: ModelFile) -> Announced:
        """Look for a file. Raises `DownloadFailed`."""
        ...

    def fetch(self, announced: Announced, part: Path, advance: Callable[[int], None]) -> None:
        """Append to `part` what it lacks, telling how many bytes came. Raises `DownloadFailed`."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be fetched for a model."""

    model: Model
    folder: Path
    to_fetch: tuple[Announced, ...]
    present: tuple[str, ...]
    """Paths of the files that are there already, whole."""

    @property
    def size(self) -> int:
        """Bytes to fetch, counting what earlier attempts have left."""
        return sum(announced.size for announced in self.to_fetch)

    @property
    def licences(self) -> dict[str, tuple[str, ...]]:
        """The licences of all files of the model, each with the paths it covers."""
        names = dict.fromkeys(file.licence for file in self.model.files)
        return {
            name: tuple(file.path for file in self.model.files if file.licence == name)
            for name in names
        }


def plan(model: Model, folder: Path, source: Source) -> Plan:
    """Ask the source about every file. Raises `DownloadFailed`, or `StorageError` for no room."""
    announced = tuple(source.announce(file) for file in model.files)
    lacking = tuple(one for one in announced if not _is_present(folder / one.file.path, one))
    present = tuple(one.file.path for one in announced if one not in lacking)
    planned = Plan(model, folder, lacking, present)
    _check_room(planned)
    return planned


def carry_out(planned: Plan, source: Source, advance: Callable[[str, int], None]) -> None:
    """Fetch, verify and place each file; `advance` is told path and bytes as they come.

    Raises `DownloadFailed` or `StorageError`; files already placed stay.
    """
    for announced in planned.to_fetch:
        path = announced.file.path
        target = planned.folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part = part_of(target, announced)
            _drop_if_too_long(part, announced.size)
            if part.exists():
                advance(path, part.stat().st_size)
            source.fetch(announced, part, partial(advance, path))
            digest = _verified(part, announced)
            part.replace(target)
        except OSError as error:
            raise _disk_error(target, error) from error
        add_to_list(planned.folder, {path: digest})


def part_of(target: Path, announced: Announced) -> Path:
    """Return where an unfinished file is kept; other content has another name."""
    return target.with_name(f".{target.name}.{(announced.digest or 'unknown')[:12]}.part")


def _is_present(target: Path, announced: Announced) -> bool:
    if not target.is_file() or target.stat().st_size != announced.size:
        return False
    return all(matches(target, digest) for digest in _expected(announced))


def _check_room(planned: Plan) -> None:
    place = planned.folder
    while not place.exists():
        place = place.parent
    parts = (part_of(planned.folder / one.file.path, one) for one in planned.to_fetch)
    had = sum(part.stat().st_size for part in parts if part.exists())
    wanted = planned.size - had + SPARE_BYTES
    free = shutil.disk_usage(place).free
    if planned.to_fetch and free < wanted:
        raise StorageError(
            f"{planned.model.name!r} needs {wanted / 1e9:.1f} GB in {str(place)!r}, where "
            f"{free / 1e9:.1f} GB are free. Free some space, or set MYNA_HOME to a larger disk."
        )


def _drop_if_too_long(part: Path, size: int) -> None:
    if part.exists() and part.stat().st_size > size:
        part.unlink()


def _verified(part: Path, announced: Announced) -> str:
    """Return the SHA-256 of a fetched file, or remove it and raise `DownloadFailed`."""
    size = part.stat().st_size
    if size == announced.size and all(matches(part, one) for one in _expected(announced)):
        return sha256_of(part)
    digest = sha256_of(part)
    part.unlink()
    raise DownloadFailed(
        f"{announced.file.path!r} arrived with {size} bytes and SHA-256 {digest!r}, not the "
        f"{announced.size} bytes and digest {' and '.join(map(repr, _expected(announced)))} that "
        "were announced. It was removed: try again, or use another endpoint."
    )


def _expected(announced: Announced) -> list[str]:
    digests = (announced.file.sha256, announced.digest)
    return [digest for digest in digests if digest is not None]


def _disk_error(target: Path, error: OSError) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"The disk filled up while {str(target)!r} was being written. Free some space and run "
            "the command again: it goes on where it stopped."
        )
    return StorageError(
        f"Cannot write {str(target)!r}: {error.strerror or error}. Check the folder, or set "
        "MYNA_HOME to one that can be written."
    )
