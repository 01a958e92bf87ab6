"""How often one caller may call."""

import time

import limits
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

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

    def count(self, caller: str) -> None:
        """Count a request, or raise `TooManyRequests`."""
        if self._limiter.hit(self._rate, caller):
            return
        reset = self._limiter.get_window_stats(self._rate, caller).reset_time
        raise TooManyRequests(
            f"You have made more requests than {self._rate}. Wait a little.", reset - time.time()
        )
