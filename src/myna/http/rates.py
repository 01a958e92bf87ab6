"""How often one caller may call."""

import time

import limits
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from myna.core.errors import SettingsError
from myna.http.refusals import TooManyRequests


class Rates:
    """Counts each caller's requests over a sliding window."""

    def __init__(self, rate: str) -> None:
        try:
            self._rate = limits.parse(rate)
        except ValueError:
            raise SettingsError(
                f"Setting 'http.rate' cannot be {rate!r}: write it like '1200/minute'."
            ) from None
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def count(self, caller: str) -> None:
        """Count a request, or raise `TooManyRequests`."""
        if await self._limiter.hit(self._rate, caller):
            return
        window = await self._limiter.get_window_stats(self._rate, caller)
        raise TooManyRequests(
            f"You have made more requests than {self._rate}. Wait a little.",
            window.reset_time - time.time(),
        )
