"""Finished sentences on disk, bounded by bytes and shared by processes."""

import contextlib
import hashlib
import json
import logging
import os
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from myna.core.audio import Audio
from myna.core.errors import StorageError
from myna.core.speech import Chunk
from myna.core.timing import TimedText
from myna.storage.blobs import TEMPORARY, write_atomically

logger = logging.getLogger(__name__)

SUFFIX = ".speech"
FULL_SCALE = 32768  # 16-bit samples, as Audio.pcm16 scales them
SWEEP_SHARE = 0.05  # of the bound is written, on average, before the folder is measured again
LEFT_OVER_SECONDS = 86400  # a file still being written after a day never will be
STAMP_SECONDS = 3600  # how exactly it is known when a sentence was last used


@dataclass(frozen=True, slots=True)
class KeptSentence:
    """One sentence on disk."""

    path: Path
    size: int
    """Bytes."""
    used_at: float
    """When it was last used, seconds since 1970, up to `STAMP_SECONDS` more."""


class ResultFolder:
    """One file a sentence: a digest, a line of JSON, 16-bit samples.

    The digest is of all that follows it, so a truncated or altered file is noticed, dropped and
    made again. A file's modification time is when it was last used; the longest unused go
    first when the folder grows beyond `max_bytes`. Files appear by atomic rename, so a crash
    leaves either all of a sentence or nothing, and several processes may share the folder.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes

    def get(self, key: str) -> Chunk | None:
        """Return the sentence under `key`, or None if it is not there or was damaged."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        chunk = unpack(content)
        if chunk is None:
            logger.warning("dropping the damaged cache file %s", path.name)
            _remove(path)
            return None
        _touch(path)
        return chunk

    def put(self, key: str, chunks: Sequence[Chunk]) -> None:
        """Keep a finished sentence. A full disk costs the cache, never the caller's speech."""
        content = _pack(chunks)
        if len(content) > self.max_bytes:
            return
        try:
            write_atomically(self._path(key), content)
        except StorageError as error:
            logger.warning("a sentence could not be cached: %s", error)
            return
        # By chance, so that many short processes together keep to the bound as one long does.
        if random.random() * self.max_bytes * SWEEP_SHARE < len(content):
            self.prune(self.max_bytes)

    def kept(self) -> list[KeptSentence]:
        """Return every sentence, the longest unused first."""
        found = []
        for path in self.folder.glob(f"*/*{SUFFIX}"):
            try:
                status = path.stat()
            except OSError:
                continue  # another process removed it
            found.append(KeptSentence(path, status.st_size, status.st_mtime))
        return sorted(found, key=lambda sentence: sentence.used_at)

    def prune(self, max_bytes: int, *, unused_since: float = 0.0) -> list[KeptSentence]:
        """Remove the longest unused sentences until at most `max_bytes` are left.

        Those last used before `unused_since`, seconds since 1970, go too. Returns what was removed.
        """
        self._clear_left_overs()
        kept = self.kept()
        total = sum(sentence.size for sentence in kept)
        removed, stuck = [], 0
        for sentence in kept:
            if total <= max_bytes and sentence.used_at >= unused_since:
                break
            if _remove(sentence.path):
                total -= sentence.size
                removed.append(sentence)
            else:
                stuck += 1
        if stuck:
            logger.warning("%d cached sentences could not be removed: see whose they are", stuck)
        return removed

    def _clear_left_overs(self) -> None:
        """Remove what a power cut left half-written."""
        for path in self.folder.glob(f"*/{TEMPORARY}*"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < time.time() - LEFT_OVER_SECONDS:
                    path.unlink()

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}{SUFFIX}"


def _pack(chunks: Sequence[Chunk]) -> bytes:
    audio = Audio.join(chunk.audio for chunk in chunks)
    samples = audio.pcm16()
    header = {
        "sample_rate": audio.sample_rate,
        "engine": chunks[0].engine,
        "cloned": all(chunk.cloned for chunk in chunks),
        "words": [asdict(word) for chunk in chunks for word in chunk.words],
        "estimated": [asdict(word) for chunk in chunks for word in chunk.estimated],
    }
    body = json.dumps(header).encode() + b"\n" + samples
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def unpack(content: bytes) -> Chunk | None:
    """Return the sentence in a file, or None where it is damaged."""
    digest, _, body = content.partition(b"\n")
    if digest != hashlib.sha256(body).hexdigest().encode():
        return None
    line, _, samples = body.partition(b"\n")
    try:
        header = json.loads(line)
        words, estimated = (
            tuple(TimedText(**word) for word in header.get(name, ()))
            for name in ("words", "estimated")
        )
        values = np.frombuffer(samples, "<i2").astype(np.float32) * np.float32(1 / FULL_SCALE)
        return Chunk(
            Audio(values, header["sample_rate"]),
            words,
            header["engine"],
            cloned=header.get("cloned", True),
            estimated=estimated,
        )
    except (ValueError, KeyError, TypeError):
        return None


def _remove(path: Path) -> bool:
    """Remove a file; return whether it is gone. One of another user's may stay."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        logger.debug("the cache file %s could not be removed: %s", path.name, error.strerror)
        return False
    return True


def _touch(path: Path) -> None:
    """Note that a file was used; not each time, for the sake of memory cards."""
    try:
        if abs(time.time() - path.stat().st_mtime) > STAMP_SECONDS:
            os.utime(path)
    except OSError:
        logger.debug("%s went while it was being read", path.name)
