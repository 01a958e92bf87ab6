"""Networks that are in memory only while they are needed."""

import ctypes
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Network = TypeVar("Network")

KEPT_SECONDS = 300.0
"""After its last use: who comes back within that time need not wait."""


class WhenNeeded(Generic[Network]):
    """Reads a network when it is first used, and lets it go a while after it was used last.

    Threads may share it: who comes while one is there uses the same.
    """

    def __init__(
        self, read: Callable[[], Network], kept_seconds: float | None = KEPT_SECONDS
    ) -> None:
        """kept_seconds: after the last use; None: it is read now, and stays."""
        self._read = read
        self._kept_seconds = kept_seconds
        self._lock = threading.Lock()
        self._users = 0
        self._last_use = 0.0
        self._waits = False  # a timer, to let it go
        self._network: Network | None = None
        if kept_seconds is None:
            self._network = read()

    @property
    def is_there(self) -> bool:
        """Whether it is in memory."""
        return self._network is not None

    @contextmanager
    def held(self) -> Iterator[Network]:
        """Use the network; whatever reading it raises, this does."""
        network = self._taken()
        try:
            yield network
        finally:
            del network
            self._given_back()

    def _taken(self) -> Network:
        with self._lock:
            if self._network is None:
                self._network = self._read()
                give_memory_back()
            self._users += 1
            return self._network

    def _given_back(self) -> None:
        with self._lock:
            self._users -= 1
            self._last_use = time.monotonic()
            if self._kept_seconds is not None:
                self._let_go_or_wait(self._kept_seconds)

    def _let_go_or_wait(self, kept_seconds: float) -> None:
        """Let it go, or look again when it might be time to."""
        left = self._last_use + kept_seconds - time.monotonic()
        if self._users or self._waits:
            return
        if left <= 0:
            self._network = None
            give_memory_back()
            return
        self._waits = True
        timer = threading.Timer(left, self._time_is_up, [kept_seconds])
        timer.daemon = True
        timer.start()

    def _time_is_up(self, kept_seconds: float) -> None:
        with self._lock:
            self._waits = False
            self._let_go_or_wait(kept_seconds)


def give_memory_back() -> None:
    """Return to the system what was freed: the C library of Linux keeps much of it otherwise."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # another C library has none
        if trim is not None:
            trim(ctypes.c_size_t(0))
