"""How many are served at once, and how many may wait for it."""

import asyncio
from collections import Counter

from myna.http.refusals import ServerBusy, ShuttingDown, TooManyRequests
from myna.settings import HttpSettings


class Places:
    """A bounded number of places, a bounded queue before them, a bounded wait in it.

    All methods run in the event loop.
    """

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._free = asyncio.Semaphore(settings.max_streams)
        self._of_caller: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()
        self.active = 0
        self.waiting = 0
        self.closed = False

    async def enter(self, caller: str) -> None:
        """Take a place, or raise: `TooManyRequests`, `ServerBusy` or `ShuttingDown`."""
        if self.closed:
            raise ShuttingDown
        if self._of_caller[caller] >= self._settings.caller_streams:
            raise TooManyRequests(
                f"{self._settings.caller_streams} of your requests are in progress, which is the "
                "most one caller may have. Wait for one to end.",
                ServerBusy.retry_after,
            )
        self._of_caller[caller] += 1
        try:
            await self._wait()
        except BaseException:
            self._forget(caller)
            raise
        self.active += 1
        self._empty.clear()

    def leave(self, caller: str) -> None:
        """Give a place back."""
        self._free.release()
        self._forget(caller)
        self.active -= 1
        if not self.active:
            self._empty.set()

    async def wait_until_empty(self) -> None:
        """Return when nobody has a place."""
        await self._empty.wait()

    async def _wait(self) -> None:
        if self._free.locked() and self.waiting >= self._settings.queue_length:
            raise ServerBusy(
                f"All {self._settings.max_streams} places are taken and {self.waiting} are "
                "waiting. Try again in a moment."
            )
        self.waiting += 1
        try:
            async with asyncio.timeout(self._settings.queue_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise ServerBusy(
                f"No place became free within {self._settings.queue_seconds:g} seconds. Try again "
                "in a moment."
            ) from None
        finally:
            self.waiting -= 1
        if self.closed:
            self._free.release()
            raise ShuttingDown

    def _forget(self, caller: str) -> None:
        self._of_caller[caller] -= 1
        if not self._of_caller[caller]:
            del self._of_caller[caller]
