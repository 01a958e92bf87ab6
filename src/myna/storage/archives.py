"""Finished sentences in one file, to carry from one machine to another.

Beside them travels what servers said of themselves: a sentence of theirs is found by it.
"""

import hashlib
import io
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from myna.core.errors import RequestError, StorageError
from myna.storage.blobs import write_atomically
from myna.storage.checksums import LIST, listed
from myna.storage.results import SUFFIX, ResultFolder, unpack

LIST_BYTES = 100_000_000  # the list of digests is never longer: about a million sentences
REMEMBERED_BYTES = 1_000_000  # what a server says of itself is never longer

_STAGING = ".importing-"
_SENTENCE = re.compile(rf"(?P<start>[0-9a-f]{{2}})/(?P=start)[0-9a-f]{{62}}{re.escape(SUFFIX)}")
_SERVERS = "servers/"
_REMEMBERED = re.compile(rf"{_SERVERS}(?P<key>[a-z]+-[0-9a-f]{{16}})")


class BadArchive(RequestError):
    """The file is no archive of sentences, or a damaged one."""

    code = "bad_archive"


@dataclass(frozen=True, slots=True)
class Carried:
    """What an archive held."""

    sentences: int
    size: int
    """Bytes of sound and words."""
    new: int
    """How many of the sentences were not there before; of an export all."""
    remembered: Mapping[str, bytes] = field(default_factory=dict)
    """What servers said of themselves, by the key it is remembered under."""


def export_results(
    results: ResultFolder, file: IO[bytes], remembered: Mapping[str, bytes] | None = None
) -> Carried:
    """Write every sentence, and what is remembered of servers, to a tar file.

    It begins with the list of all digests. Sentences that were damaged, or that another process
    removes meanwhile, are left out.
    """
    of_servers = {f"{_SERVERS}{key}": content for key, content in (remembered or {}).items()}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in of_servers.items()}
    for sentence in results.kept():
        content = _read(sentence.path)
        if content is not None and unpack(content) is not None:
            digests[_name(sentence.path)] = hashlib.sha256(content).hexdigest()
    size = 0
    with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        _add(archive, LIST, "".join(f"{digests[n]}  {n}\n" for n in sorted(digests)).encode())
        for name, content in of_servers.items():
            _add(archive, name, content)
        for name in sorted(digests.keys() - of_servers.keys()):
            content = _read(results.folder / name)
            if content is None or hashlib.sha256(content).hexdigest() != digests[name]:
                raise StorageError(
                    f"The cached sentence {name!r} changed while it was being exported. Try again."
                )
            _add(archive, name, content)
            size += len(content)
    count = len(digests) - len(of_servers)
    return Carried(count, size, count, remembered or {})


def import_results(results: ResultFolder, file: IO[bytes]) -> Carried:
    """Put the sentences of an archive beside those that are there.

    All of the archive is checked before the first sentence is put in place. What it says of
    servers is returned, to be remembered by the caller. Raises `BadArchive` where it is damaged,
    incomplete or no archive, `StorageError` where it does not fit.
    """
    with _staging(results.folder) as staging:
        names, size, remembered = _unpacked(file, staging, results.max_bytes)
        new = [name for name in names if not (results.folder / name).exists()]
        held = sum(sentence.size for sentence in results.kept())
        coming = sum((staging / name).stat().st_size for name in new)
        _check_room(held + coming, results.max_bytes)
        for name in names:
            target = results.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (staging / name).replace(target)
    return Carried(len(names), size, len(new), remembered)


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside the sentences, on the same disk, gone afterwards.

    What a power cut left of an earlier import goes first: two imports at once are not provided for.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left_over in folder.glob(f"{_STAGING}*"):
            shutil.rmtree(left_over, ignore_errors=True)
        staging = Path(tempfile.mkdtemp(dir=folder, prefix=_STAGING))
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise StorageError(
            f"The archive cannot be unpacked to {str(folder)!r}: {error.strerror}. Free some "
            "space, or set MYNA_HOME to a directory that can be written."
        ) from error


def _unpacked(
    file: IO[bytes], folder: Path, max_bytes: int
) -> tuple[list[str], int, dict[str, bytes]]:
    """Unpack and check all; return the sentences' names and bytes, and what is of servers."""
    names: list[str] = []
    remembered: dict[str, bytes] = {}
    size = 0
    try:
        with tarfile.open(fileobj=file, mode="r|") as archive:
            digests = _list(archive)
            while (member := archive.next()) is not None:
                content = _content(archive, member, digests.pop(member.name, None))
                if server := _REMEMBERED.fullmatch(member.name):
                    remembered[server["key"]] = content
                    continue
                size += len(content)
                _check_room(size, max_bytes)
                write_atomically(folder / member.name, content)
                names.append(member.name)
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(str(error)) from error
    if digests:
        raise _damaged(f"{len(digests)} files of its list are missing")
    return names, size, remembered


def _list(archive: tarfile.TarFile) -> dict[str, str]:
    member = archive.next()
    stream = archive.extractfile(member) if member and member.name == LIST else None
    if member is None or stream is None or member.size > LIST_BYTES:
        raise _damaged(f"it does not begin with {LIST}")
    return listed(stream.read().decode("utf-8", "replace"))


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, digest: str | None) -> bytes:
    """Read one plain file that is in the list and has the name of a sentence or a server."""
    stream = archive.extractfile(member) if member.isreg() else None
    is_sentence = _SENTENCE.fullmatch(member.name) is not None
    is_short = member.size <= REMEMBERED_BYTES and _REMEMBERED.fullmatch(member.name) is not None
    if stream is None or digest is None or not (is_sentence or is_short):
        raise _damaged(f"{member.name!r} does not belong into it")
    content = stream.read()
    is_whole = not is_sentence or unpack(content) is not None
    if hashlib.sha256(content).hexdigest() != digest or not is_whole:
        raise _damaged(f"{member.name!r} is not what its digest says")
    return content


def _check_room(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise StorageError(
            f"The sentences would take {size} bytes, the cache may take {max_bytes}. Raise the "
            "setting `cache.max_bytes`, or make room with `myna cache prune`."
        )


def _damaged(reason: str) -> BadArchive:
    return BadArchive(
        f"This is not an undamaged archive made by `myna cache export`: {reason}. Nothing was "
        "taken from it."
    )


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
