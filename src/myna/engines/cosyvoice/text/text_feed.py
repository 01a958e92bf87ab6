"""Text that is still arriving, from whoever writes it to whoever speaks it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass


class TextFeed:
    """Text tokens of one call, in order. Any thread may push; one call reads.

    What is said does not depend on how the tokens are cut into pushes, nor on when they come.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: list[int] = []
        self._ended = False
        self._listener: Callable[[], None] | None = None

    def push(self, tokens: Sequence[int]) -> None:
        """Add text tokens. Raises `ValueError` after `end`."""
        with self._lock:
            if self._ended:
                raise ValueError(f"The text has ended; {len(tokens)} more tokens cannot be said.")
            self._tokens.extend(tokens)
            listener = self._taken_listener()
        listener()

    def end(self) -> None:
        """Say that no more text comes. Once is enough; twice does no harm."""
        with self._lock:
            self._ended = True
            listener = self._taken_listener()
        listener()

    def get(self, index: int) -> int | None:
        """Return the token at an index; None where it is not there, or not yet."""
        with self._lock:
            return self._tokens[index] if index < len(self._tokens) else None

    def ended_at(self, index: int) -> bool:
        """Whether no token will ever come at this index."""
        with self._lock:
            return self._ended and index >= len(self._tokens)

    def listen(self, index: int, resume: Callable[[], None]) -> None:
        """Call `resume` once: when there is a token at this index, or the end. Maybe at once."""
        with self._lock:
            if not self._ended and index >= len(self._tokens):
                self._listener = resume
                return
        resume()

    def _taken_listener(self) -> Callable[[], None]:
        listener, self._listener = self._listener, None
        return listener or _nobody


def _nobody() -> None:
    """Stand in where nobody listens."""


@dataclass(frozen=True, slots=True)
class MoreText:
    """What a call waits for that has said all the text there is."""

    feed: TextFeed
    index: int
    """Of the token that is missing."""

    def then(self, resume: Callable[[], None]) -> None:
        """Call `resume` once, as soon as it is worth trying again. Maybe at once."""
        self.feed.listen(self.index, resume)
