"""The loudspeaker: one speech at a time, the most urgent first."""

import heapq
import threading
from collections.abc import Generator
from itertools import count
from types import TracebackType
from typing import Self

from myna.core.errors import PlaybackError
from myna.core.speech import Chunk
from myna.playback.player import Player
from myna.playback.players import open_player
from myna.playback.playing import Playing, Priority


class Speaker:
    """Plays speeches in the background, in order of priority, then of asking.

    A speech of higher priority interrupts what is being played, which is then over; what waits
    goes on waiting. Each begins with its first chunk, without gaps while the engine keeps up.

    >>> from myna import Priority, Speaker, SpeechRequest, Studio
    >>> studio = Studio.open()
    >>> with Speaker() as speaker:  # doctest: +SKIP
    ...     speaker.play(studio.stream(SpeechRequest("Good morning.", "sample")))
    ...     alarm = studio.stream(SpeechRequest("Your tablets!", "sample"))
    ...     speaker.play(alarm, Priority.ALARM).wait()
    """

    def __init__(self, player: Player | None = None) -> None:
        """Take the first player there is where none is given. Raises `PlaybackError`."""
        self.player = player or open_player()
        self._changed = threading.Condition()
        self._queue: list[tuple[int, int, Playing]] = []
        self._numbers = count()
        self._current: Playing | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def play(self, chunks: Generator[Chunk], priority: Priority = Priority.CHAT) -> Playing:
        """Queue a speech, such as `Studio.stream` returns, and return at once.

        It is made only when its turn comes, and closed however it ends.
        """
        playing = Playing(chunks, priority)
        with self._changed:
            if self._closed:
                raise PlaybackError("This speaker is closed. Make another.")
            heapq.heappush(self._queue, (-priority, next(self._numbers), playing))
            if self._current is not None and self._current.priority < priority:
                self._current.stop()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="speaker", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return playing

    def stop(self) -> None:
        """Fall silent and forget what waits."""
        with self._changed:
            for _, _, playing in self._queue:
                playing.stop()
            if self._current is not None:
                self._current.stop()

    def wait(self) -> None:
        """Wait until nothing is left to play. Failures are told by each `Playing.wait`."""
        with self._changed:
            while self._queue or self._current is not None:
                self._changed.wait()

    def close(self) -> None:
        """Fall silent and let go of the device."""
        self.stop()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for the end of what plays, but not after an error."""
        try:
            if kind is None:
                self.wait()
        finally:
            self.close()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._current = None
                self._changed.notify_all()
                while not self._queue:
                    if self._closed:
                        return
                    self._changed.wait()
                self._current = heapq.heappop(self._queue)[2]
            self._current.run(self.player)
