"""Graphs on disk: dear to make, and made again from the checkpoint whenever they are not there."""

import contextlib
import hashlib
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

logger = logging.getLogger(__name__)

UNUSED_DAYS = 30.0
"""After so long a graph goes that nobody has loaded, made by an older version or of other weights.
"""
_UNFINISHED_DAYS = 1.0  # after which nobody writes any more at what has begun
_DAY = 86_400.0  # seconds

Build = Callable[[], Iterable[bytes]]
"""Makes the bytes of a graph's file, in pieces."""


class GraphRefused(Exception):
    """ONNX Runtime cannot run a graph here: it is too old, or built without an operator."""


class GraphFolder:
    """Files whose names hold the digest of their content, so that damage is noticed.

    A file's time is that of its last use. Several processes may share a folder.
    """

    def __init__(self, folder: Path, source: str | None = None) -> None:
        """`source` is the digest of what all graphs here are made from, where it is known."""
        self._folder = folder
        self.source = source

    def path(self, name: str, key: str, build: Build) -> Path:
        """Return the file of a graph, which is written first unless it is there and whole.

        `key` changes with whatever the graph is made from. Graphs that nobody uses any more are
        removed. Raises `OSError` where the file cannot be written.
        """
        start = f"{name}-{key}-"
        found = self._whole(start)
        self._remove_old(key)
        return found or self._written(start, build())

    def _whole(self, start: str) -> Path | None:
        """Return the file that begins so, now used; one that is damaged is removed."""
        for found in sorted(self._folder.glob(f"{start}*.onnx")):
            with contextlib.suppress(FileNotFoundError):  # another process found the damage first
                with contextlib.suppress(OSError):  # somebody else's file may be read, not touched
                    os.utime(found)
                if found.stem == start + _digest_of(found):
                    return found
                logger.warning("the damaged graph %s is made again", found.name)
                found.unlink(missing_ok=True)
        return None

    def _remove_old(self, key: str) -> None:
        """Remove what was used last long ago, and what was never finished.

        Other graphs of the same key stay: they are asked for next.
        """
        now = time.time()
        for pattern, days in (("*.onnx", UNUSED_DAYS), ("*.part", _UNFINISHED_DAYS)):
            old = (path for path in self._folder.glob(pattern) if f"-{key}-" not in path.name)
            for path in old:
                with contextlib.suppress(OSError):  # a folder that may only be read stays as it is
                    if now - path.stat().st_mtime > days * _DAY:
                        path.unlink()
                        logger.info("%s was removed: unused for %.0f days", path.name, days)

    def _written(self, start: str, pieces: Iterable[bytes]) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as file:
            part = Path(file.name)
            try:
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                part.unlink(missing_ok=True)
                raise
        path = self._folder / f"{start}{digest.hexdigest()}.onnx"
        part.replace(path)
        return path


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
