"""What was dear to come by, on disk: what engines learned of voices, what servers said."""

import hashlib
import logging
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from myna.core.errors import StorageError
from myna.storage.blobs import write_atomically

logger = logging.getLogger(__name__)

DIGEST_BYTES = 32


class MemoryFolder(MutableMapping[str, bytes]):
    """Bytes by key, one file each, for what is dear to come by and can be had again.

    A file is a digest and what it is the digest of: a truncated or altered one counts as
    missing. A full disk costs the work next time, nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, key: str) -> bytes:
        try:
            stored = self._path(key).read_bytes()
        except OSError:
            raise KeyError(key) from None
        content = stored[DIGEST_BYTES:]
        if hashlib.sha256(content).digest() != stored[:DIGEST_BYTES]:
            logger.warning("a damaged file of what is remembered counts as missing")
            raise KeyError(key)
        return content

    def __setitem__(self, key: str, content: bytes) -> None:
        try:
            write_atomically(self._path(key), hashlib.sha256(content).digest() + content)
        except StorageError as error:
            logger.warning("what is to be remembered could not be kept: %s", error)

    def __delitem__(self, key: str) -> None:
        try:
            self._path(key).unlink()
        except OSError:
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[str]:
        raise TypeError("a MemoryFolder is looked up by key, not listed")

    def __len__(self) -> int:
        return sum(1 for _ in self._folder.glob("*.prompt"))

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()}.prompt"
