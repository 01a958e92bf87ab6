"""Named bytes in a folder."""

import hashlib
import os
import tempfile
from pathlib import Path

from myna.core.errors import StorageError

TEMPORARY = ".writing-"
"""How the name of a file begins while it is being written."""


class BlobFolder:
    """Keeps bytes under content-addressed keys such as `voices/3f….flac`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, content: bytes, *, prefix: str, suffix: str) -> str:
        """Keep `content` and return its key. The same content under a prefix is kept once."""
        key = f"{prefix}/{hashlib.sha256(content).hexdigest()[:32]}{suffix}"
        path = self._root / key
        if not path.exists():
            write_atomically(path, content)
        return key

    def get(self, key: str) -> bytes:
        """Return the bytes under `key`."""
        try:
            return (self._root / key).read_bytes()
        except OSError as error:
            raise StorageError(
                f"The file {key!r} is missing from {str(self._root)!r}: {error.strerror}. "
                "Restore it from a backup, or add the voice again."
            ) from error

    def delete(self, key: str) -> None:
        """Forget the bytes under `key`; it is no error if they are gone."""
        (self._root / key).unlink(missing_ok=True)


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
