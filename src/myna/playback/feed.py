"""Chunks pulled ahead of the player."""

import threading
from collections import deque
from collections.abc import Generator
from contextlib import closing

from myna.core.speech import Chunk

AHEAD_SECONDS = 20.0  # of sound that may wait to be played


class Feed:
    """Pulls in a thread of its own: a slow engine and a busy device never wait for each other."""

    def __init__(self, chunks: Generator[Chunk]) -> None:
        self._chunks = chunks
        self._changed = threading.Condition()
        self._waiting: deque[Chunk] = deque()
        self._seconds = 0.0
        self._begun = self._over = self._closed = False
        self.error: BaseException | None = None
        """What the engine failed with; known once `next` has returned None."""

    def begin(self) -> None:
        """Begin to pull."""
        with self._changed:
            if not self._closed:
                self._begun = True
                threading.Thread(target=self._pull, name="feed", daemon=True).start()

    def next(self) -> Chunk | None:
        """Wait for the next chunk; None at the end, where the engine failed, or once closed."""
        with self._changed:
            while not (self._waiting or self._over or self._closed):
                self._changed.wait()
            if self._closed:
                return None
            if self._waiting:
                chunk = self._waiting.popleft()
                self._seconds -= chunk.audio.duration
                self._changed.notify_all()
                return chunk
            return None

    def close(self) -> None:
        """Stop the engine as soon as it has made the chunk it is at; `next` returns at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            if not self._begun:
                self._chunks.close()

    def _pull(self) -> None:
        try:
            with closing(self._chunks):
                for chunk in self._chunks:
                    if not self._put(chunk):
                        return
        except BaseException as error:  # noqa: BLE001 - whoever plays must hear of it
            self.error = error
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def _put(self, chunk: Chunk) -> bool:
        with self._changed:
            self._waiting.append(chunk)
            self._seconds += chunk.audio.duration
            self._changed.notify_all()
            while self._seconds > AHEAD_SECONDS and not self._closed:
                self._changed.wait()
            return not self._closed
