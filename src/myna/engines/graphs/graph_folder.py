"""Graphs on disk: dear to make, and made again from the checkpoint whenever they are not there."""

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

logger = logging.getLogger(__name__)

Build = Callable[[], Iterable[bytes]]
"""Makes the bytes of a graph's file, in pieces."""


class GraphRefused(Exception):
    """ONNX Runtime cannot run a graph here: it is too old, or built without an operator."""


class GraphFolder:
    """Files whose names hold the digest of their content, so that damage is noticed."""

    def __init__(self, folder: Path, source: str | None = None) -> None:
        """`source` is the digest of what all graphs here are made from, where it is known."""
        self._folder = folder
        self.source = source

    def path(self, name: str, key: str, build: Build) -> Path:
        """Return the file of a graph, which is written first unless it is there and whole.

        `key` changes with whatever the graph is made from. Raises `OSError` where the file cannot
        be written.
        """
        start = f"{name}-{key}-"
        for found in sorted(self._folder.glob(f"{start}*.onnx")):
            if found.stem == start + _digest_of(found):
                return found
            logger.warning("the damaged graph %s is made again", found.name)
            found.unlink(missing_ok=True)
        return self._written(start, build())

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
