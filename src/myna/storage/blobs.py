"""Named bytes, in a folder or elsewhere."""

import hashlib
import os
import tempfile
from pathlib import Path, PurePosixPath
from typing import Protocol

from myna.core.errors import StorageError

_DIGITS = 32  # of the digest are in a key

TEMPORARY = ".writing-"
"""How the name of a file begins while it is being written."""


class BlobMissing(StorageError):
    """The store has nothing under this key."""

    code = "blob_missing"


class BlobStore(Protocol):
    """Keeps bytes under content-addressed keys such as `users/mina/voices/3f….flac`."""

    def put(self, content: bytes, *, prefix: str, suffix: str) -> str:
        """Keep `content` and return its key. The same content under a prefix is kept once."""

    def get(self, key: str) -> bytes:
        """Return the bytes under `key`. Raises `BlobMissing`, `StorageError`."""

    def delete(self, key: str) -> None:
        """Forget the bytes under `key`; it is no error if they are gone."""


def key_of(content: bytes, prefix: str, suffix: str) -> str:
    """Return the key that content gets: the same in every kind of store."""
    return f"{prefix}/{hashlib.sha256(content).hexdigest()[:_DIGITS]}{suffix}"


def parts_of(key: str) -> tuple[str, str]:
    """Return the prefix and the suffix that make a key of its content."""
    path = PurePosixPath(key)
    return str(path.parent), path.name[_DIGITS:]


def is_whole(key: str, content: bytes) -> bool:
    """Whether this is the content that the key was made of."""
    return key_of(content, *parts_of(key)) == key


class BlobFolder:
    """Keeps each key's bytes in a file of that path."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, content: bytes, *, prefix: str, suffix: str) -> str:
        """Keep `content` and return its key. The same content under a prefix is kept once."""
        key = key_of(content, prefix, suffix)
        path = self._root / key
        if not path.exists():
            write_atomically(path, content)
        return key

    def get(self, key: str) -> bytes:
        """Return the bytes under `key`. Raises `BlobMissing`, `StorageError`."""
        try:
            return (self._root / key).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissing(
                f"The file {key!r} is missing from {str(self._root)!r}. Restore it from a backup, "
                "or add the voice again."
            ) from error
        except OSError as error:
            raise StorageError(
                f"The file {key!r} in {str(self._root)!r} cannot be read: {error.strerror}. Check "
                "the disk, and who may read the folder."
            ) from error

    def delete(self, key: str) -> None:
        """Forget the bytes under `key`; it is no error if they are gone."""
        try:
            (self._root / key).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"The file {key!r} in {str(self._root)!r} cannot be removed: {error.strerror}. "
                "Check who may write to the folder."
            ) from error


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file that either exists whole or not at all, also after a power cut."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(
            f"Cannot write {str(path)!r}: {error.strerror}. Free some space, or set MYNA_HOME to "
            "a directory that can be written."
        ) from error
