"""From the thread that reads the network to the one that listens."""

import threading
from collections import deque
from collections.abc import Callable

ROOM = 262_144  # bytes that may wait for the listener; beyond, the network waits too


class HungUp(Exception):
    """The listener has gone."""


class Channel:
    """One answer on its way: the reader puts pieces in, the listener takes them out in time.

    The listener waits no longer than it says, whatever the reader hangs in (a name server, a
    connection, a silent line), and may leave at any moment: `cut` then ends what is being read.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pieces: deque[bytes] = deque()
        self._waiting = 0  # bytes
        self._has_ended = False
        self._error: Exception | None = None
        self._has_left = False
        self._cut: Callable[[], None] | None = None

    # ---- the reader's side ----------------------------------------------------------------------

    def put(self, piece: bytes) -> None:
        """Hand on a piece; waits while too much is waiting. Raises `HungUp`."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_left or self._waiting < ROOM)
            self._check()
            self._pieces.append(piece)
            self._waiting += len(piece)
            self._changed.notify_all()

    def end(self, error: Exception | None = None) -> None:
        """Say that nothing more comes, and why, if it should have."""
        with self._changed:
            self._has_ended = True
            self._error = error
            self._changed.notify_all()

    def rest(self, seconds: float) -> None:
        """Wait before the next attempt. Raises `HungUp`."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_left, seconds)
            self._check()

    def set_cut(self, cut: Callable[[], None] | None) -> None:
        """Say how to end the reading from outside; None: there is nothing to end any more."""
        with self._changed:
            self._check()
            self._cut = cut

    def _check(self) -> None:
        if self._has_left:
            raise HungUp

    # ---- the listener's side --------------------------------------------------------------------

    def get(self, seconds: float) -> bytes | None:
        """Return the next piece, None at the end. Raises `TimeoutError` or the reader's error."""
        with self._changed:
            ready = self._changed.wait_for(lambda: self._pieces or self._has_ended, seconds)
            if not ready:
                raise TimeoutError
            if self._pieces:
                piece = self._pieces.popleft()
                self._waiting -= len(piece)
                self._changed.notify_all()
                return piece
            if self._error:
                raise self._error
            return None

    def close(self) -> None:
        """Leave. What is still being read ends at once."""
        with self._changed:
            self._has_left = True
            self._pieces.clear()
            if self._cut:
                self._cut()
            self._changed.notify_all()
