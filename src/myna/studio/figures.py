"""What was counted, as figures beside the goals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

from myna.studio import tally

CACHED_GOAL = 500  # milliseconds to the first sound of a replayed sentence, 95 of 100 times
NEW_GOAL = 2000  # milliseconds to that of a new one
HIT_RATE_GOAL = 0.80
AVAILABILITY_GOAL = 0.995


@dataclass(frozen=True, slots=True)
class Latency:
    """How soon the first sound came. Each percentile is the upper end of a step of counting."""

    count: int
    median_ms: float | None
    """Milliseconds; None where nothing was counted or it is beyond the last step."""
    percentile_95_ms: float | None
    percentile_99_ms: float | None

    @classmethod
    def of(cls, counts: Mapping[str, int], kind: str) -> Self:
        """Read the counts of one kind of speech."""
        steps = [counts.get(f"{kind} {step}", 0) for step in (*tally.BOUNDS, tally.BEYOND)]
        shares = (_percentile(steps, share) for share in (0.5, 0.95, 0.99))
        return cls(sum(steps), *shares)


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure beside what it should be."""

    name: str
    value: float | None
    """None where there is nothing to tell it from."""
    goal: float
    unit: Literal["ms", "share"]
    """Milliseconds, at most so many; or a share from 0 to 1, more than that."""
    met: bool | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What listeners got in some days."""

    served: int
    """Speeches heard to their end, or left by a listener who had heard something."""
    failed: int
    refused: int
    """Requests with a mistake of the caller's."""
    sentences: int
    hits: int
    """Sentences replayed from the cache."""
    fallbacks: int
    """Sentences said by another engine than the one that was to."""
    cached: Latency
    new: Latency

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Self:
        """Read what was counted."""
        return cls(
            served=counts.get(tally.SERVED, 0) + counts.get(tally.LEFT, 0),
            failed=counts.get(tally.FAILED, 0),
            refused=counts.get(tally.REFUSED, 0),
            sentences=counts.get(tally.SENTENCES, 0),
            hits=counts.get(tally.HITS, 0),
            fallbacks=counts.get(tally.FALLBACKS, 0),
            cached=Latency.of(counts, tally.CACHED),
            new=Latency.of(counts, tally.NEW),
        )

    def goals(self) -> tuple[Goal, ...]:
        """Return the figures that have a goal."""
        return (
            _at_most("cached, first sound, 95th percentile", self.cached, CACHED_GOAL),
            _at_most("new, first sound, 95th percentile", self.new, NEW_GOAL),
            _above("hit rate", self.hits, self.sentences, HIT_RATE_GOAL),
            _above("availability", self.served, self.served + self.failed, AVAILABILITY_GOAL),
        )


def _percentile(steps: list[int], share: float) -> float | None:
    wanted, seen = share * sum(steps), 0
    for bound, count in zip(tally.BOUNDS, steps, strict=False):
        seen += count
        if count and seen >= wanted:
            return bound
    return None


def _at_most(name: str, latency: Latency, goal: float) -> Goal:
    value = latency.percentile_95_ms
    met = None if latency.count == 0 else value is not None and value <= goal
    return Goal(name, value, goal, "ms", met)


def _above(name: str, part: int, whole: int, goal: float) -> Goal:
    share = part / whole if whole else None
    return Goal(name, share, goal, "share", None if share is None else share > goal)
