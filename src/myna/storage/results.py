"""Finished sentences on disk, bounded by bytes and shared by processes."""

import hashlib
import json
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from myna.core.audio import Audio
from myna.core.errors import StorageError
from myna.core.speech import Chunk
from myna.core.timing import TimedText
from myna.storage.blobs import write_atomically

logger = logging.getLogger(__name__)

SUFFIX = ".speech"
FULL_SCALE = 32768  # 16-bit samples, as Audio.pcm16 scales them
SWEEP_SHARE = 0.05  # of the bound may be written before the folder is measured again


class ResultFolder:
    """One file a sentence: a digest, a line of JSON, 16-bit samples.

    The digest is of all that follows it, so a truncated or altered file is noticed, dropped and
    made again. A file's modification time is when it was last used; the longest unused go
    first when the folder grows beyond `max_bytes`. Files appear by atomic rename, so a crash
    leaves either all of a sentence or nothing, and several processes may share the folder.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._written_since_sweep = 0

    def get(self, key: str) -> Chunk | None:
        """Return the sentence under `key`, or None if it is not there or was damaged."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        chunk = _unpack(content)
        if chunk is None:
            logger.warning("dropping the damaged cache file %s", path.name)
            path.unlink(missing_ok=True)
            return None
        _touch(path)
        return chunk

    def put(self, key: str, chunks: Sequence[Chunk]) -> None:
        """Keep a finished sentence. A full disk costs the cache, never the caller's speech."""
        content = _pack(chunks)
        if len(content) > self._max_bytes:
            return
        try:
            write_atomically(self._path(key), content)
        except StorageError as error:
            logger.warning("a sentence could not be cached: %s", error)
            return
        self._written_since_sweep += len(content)
        if self._written_since_sweep > self._max_bytes * SWEEP_SHARE:
            self.sweep()

    def sweep(self) -> None:
        """Remove the longest unused sentences until the folder is within its bound."""
        self._written_since_sweep = 0
        files = []
        for path in self._folder.glob(f"*/*{SUFFIX}"):
            try:
                status = path.stat()
            except OSError:
                continue  # another process removed it
            files.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files, key=lambda file: file[0]):
            if total <= self._max_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}{SUFFIX}"


def _pack(chunks: Sequence[Chunk]) -> bytes:
    audio = Audio.join(chunk.audio for chunk in chunks)
    samples = audio.pcm16()
    header = {
        "sample_rate": audio.sample_rate,
        "engine": chunks[0].engine,
        "cloned": all(chunk.cloned for chunk in chunks),
        "words": [asdict(word) for chunk in chunks for word in chunk.words],
    }
    body = json.dumps(header).encode() + b"\n" + samples
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def _unpack(content: bytes) -> Chunk | None:
    digest, _, body = content.partition(b"\n")
    if digest != hashlib.sha256(body).hexdigest().encode():
        return None
    line, _, samples = body.partition(b"\n")
    try:
        header = json.loads(line)
        words = tuple(TimedText(**word) for word in header["words"])
        values = np.frombuffer(samples, "<i2").astype(np.float32) * np.float32(1 / FULL_SCALE)
        return Chunk(
            Audio(values, header["sample_rate"]),
            words,
            header["engine"],
            cloned=header.get("cloned", True),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _touch(path: Path) -> None:
    try:
        os.utime(path)
    except OSError:
        logger.debug("%s went while it was being read", path.name)
