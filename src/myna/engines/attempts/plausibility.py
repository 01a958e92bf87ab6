"""Whether drawn tokens can be the words they are drawn for, by their number and their loops.

Published decoders sometimes drop words, never end, or say the same over and over. Which numbers
are usual is for the engine to say.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from myna.align.aligner import DOUBTFUL_COST

logger = logging.getLogger(__name__)

LOOP_PERIOD = 12  # tokens at most that repeat exactly
LOOP_LENGTH = 75  # tokens, 3 s of the same


class Redraws:
    """Counts the sentences an engine drew again because they could not have been right."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0

    def add(self) -> None:
        """Count one more. Any thread may."""
        with self._lock:
            self.count += 1


class Judge(Protocol):
    """Looks closer at tokens that have a possible number."""

    @property
    def fault(self) -> Callable[[list[int]], str | None]:
        """Says what is wrong with them that needs no listening, or None."""

    def misfit(self, tokens: list[int]) -> float:
        """Return how badly their sound fits their words: the cost of an alignment."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many tokens a unit of text (a phoneme, a text token) is said in."""

    fewest: float
    """Nobody speaks faster."""
    typical: float
    most: float
    """Slower is stretched or repeated."""
    allowance: int
    """Tokens of pauses, breath, a long last syllable."""
    fewest_judged: int
    """Units below which a lengthened word explains any number."""

    def most_tokens(self, units: int) -> int:
        """Return after how many tokens a sentence of so many units has certainly run away."""
        return round(units * self.most) + self.allowance

    def fault(self, tokens: Sequence[int], units: int) -> str | None:
        """Return what is wrong with the tokens of a sentence, or None."""
        if units >= self.fewest_judged and len(tokens) < units * self.fewest:
            return "words are missing"
        if len(tokens) >= self.most_tokens(units):
            return "it does not end"
        if _loops(tokens):
            return "it repeats itself"
        return None

    def strangeness(self, tokens: Sequence[int], units: int) -> float:
        """Return how far the number of tokens is from a usual pace: 0 is usual."""
        usual = max(1.0, units * self.typical)
        pace = max(1, len(tokens)) / usual
        return max(pace, 1 / pace) - 1

    def best(
        self,
        draw: Callable[[int], list[int]],
        units: int,
        retries: int,
        on_redraw: Callable[[], None],
        judge: Judge | None = None,
    ) -> list[int]:
        """Draw a sentence until nothing is wrong with it, else return the best attempt.

        `draw` is given the number of the attempt, from 0 to `retries`; `judge` looks closer at what
        became of it. Best is what has a possible number of tokens and fits its words best, else
        what has the least strange number.
        """
        closer = judge if units >= self.fewest_judged else None
        attempts: list[list[int]] = []
        for number in range(retries + 1):
            tokens = draw(number)
            wrong = self.fault(tokens, units)
            if wrong is None and closer is not None:
                wrong = _closer_fault(closer, tokens)
            if wrong is None:
                return tokens
            attempts.append(tokens)
            logger.warning("%d units of text came as %d tokens: %s", units, len(tokens), wrong)
            if number < retries:
                on_redraw()
        possible = [tokens for tokens in attempts if self.fault(tokens, units) is None]
        if closer is not None and possible:
            return _least(possible, closer.misfit)
        return _least(attempts, lambda tokens: self.strangeness(tokens, units))


def _closer_fault(judge: Judge, tokens: list[int]) -> str | None:
    seen = judge.fault(tokens)
    if seen is None and judge.misfit(tokens) > DOUBTFUL_COST:
        return "other words are heard"
    return seen


def _least(attempts: list[list[int]], badness: Callable[[list[int]], float]) -> list[int]:
    return min(attempts, key=badness) if len(attempts) > 1 else attempts[0]


def _loops(tokens: Sequence[int]) -> bool:
    return any(_longest_run(tokens, period) >= LOOP_LENGTH for period in range(1, LOOP_PERIOD + 1))


def _longest_run(tokens: Sequence[int], period: int) -> int:
    longest = run = 0
    for before, after in zip(tokens, tokens[period:], strict=False):
        run = run + 1 if before == after else 0
        longest = max(longest, run)
    return longest
