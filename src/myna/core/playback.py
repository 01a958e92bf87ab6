"""When the listener of a call runs out of sound."""

import math
import time
from collections.abc import Callable

NOTHING_HEARD = -math.inf  # the deadline of a call whose listener waits for the first sound
NOBODY_LISTENS = math.inf  # that of a call which is heard once it is whole


class Playback:
    """What a call has handed over, played from then on without a break.

    Belongs to one call, which says what it hands over; other threads may read the deadline.
    """

    def __init__(
        self, deadline: float = NOTHING_HEARD, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`deadline` is `NOTHING_HEARD` or `NOBODY_LISTENS`; `clock` tells seconds."""
        self.deadline = deadline
        """When the listener runs out of sound, on the clock."""
        self._clock = clock

    def hand_over(self, seconds: float) -> None:
        """Count sound that the caller takes now; who ran out of it goes on listening now."""
        self.deadline = max(self.deadline, self._clock()) + seconds
