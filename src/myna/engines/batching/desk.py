"""Where calls in several threads have something computed, the most urgent first.

Whoever comes while others are served waits; whoever finds nobody serving serves itself and those
who can share its pass. So there is no thread to keep, and nobody waits for a batch to fill.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from myna.core.playback import NOBODY_LISTENS, NOTHING_HEARD

PATIENCE = 10.0  # seconds; nobody is passed over for longer
URGENT = 0.03  # seconds of sound that are left when a pass is over
_BEGINNINGS = 2  # passes in a row for listeners who hear nothing yet, where others wait
_PASSES = 16  # of which the longest says how long the next may take

Job = TypeVar("Job")
Result = TypeVar("Result")


def _all_alike(_: object) -> Hashable:
    return None


@dataclass(slots=True, eq=False)
class _Visit(Generic[Job, Result]):
    job: Job
    kind: Hashable
    deadline: float
    arrived: float
    called: threading.Condition
    party: "list[_Visit[Job, Result]]" = field(default_factory=list)
    """Whom it is to serve: itself first; nobody as long as it waits."""
    outcome: Result | Exception | None = None
    ended: bool = False
    """Whether there is an outcome."""
    left: bool = False


class Desk(Generic[Job, Result]):
    """Does jobs of many threads, `most` in one pass.

    In this order: whose listener would run out of sound before the end of the pass, by deadline;
    who has not been heard yet, by arrival; the others, by deadline. After two passes in a row for
    beginnings one of the others comes first, and who has waited ten seconds is as urgent as a
    listener without sound, so nobody starves.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Job]], Sequence[Result | Exception]],
        most: int = 1,
        mates: Callable[[Job], Hashable] = _all_alike,
        at_once: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`work` does jobs that are alike and returns, for each, its result or what went wrong.

        mates: jobs for which it returns the same can share a pass.
        at_once: passes under way at the same time.
        """
        self._work = work
        self._most = most
        self._mates = mates
        self._at_once = at_once
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: list[_Visit[Job, Result]] = []
        self._serving = 0
        self._beginnings = 0  # passes in a row for those not heard yet
        self._durations: deque[float] = deque(maxlen=_PASSES)

    @property
    def waiting(self) -> int:
        """How many wait to be served."""
        return len(self._waiting)

    def done(self, job: Job, deadline: float = NOBODY_LISTENS) -> Result:
        """Return a job's result once it is done; see `Playback.deadline`.

        Raises what went wrong. A pass that fails as a whole fails for all in it, and for nobody
        else. A thread that is interrupted leaves, and those it was to serve are served by others.
        """
        kind = self._mates(job)
        called = threading.Condition(self._lock)
        visit = _Visit[Job, Result](job, kind, deadline, self._clock(), called)
        try:
            with self._lock:
                self._waiting.append(visit)
                self._call_next()
                called.wait_for(lambda: visit.party or visit.ended)
            if visit.party:
                self._serve(visit.party)
        finally:
            self._leave(visit)
        outcome, visit.outcome = visit.outcome, None
        if not isinstance(outcome, Exception):
            return outcome  # type: ignore[return-value]  # it ended, so there is one
        try:
            raise outcome
        finally:
            del outcome  # here, too

    def _serve(self, party: Sequence[_Visit[Job, Result]]) -> None:
        began = self._clock()
        outcomes = self._outcomes([visit.job for visit in party])
        with self._lock:
            self._durations.append(self._clock() - began)
            for visit, outcome in zip(party, outcomes, strict=True):
                visit.outcome, visit.ended = outcome, True
        del outcomes, outcome  # an error must not keep itself, and with it its job, by this frame

    def _outcomes(self, jobs: Sequence[Job]) -> Sequence[Result | Exception]:
        try:
            return self._work(jobs)
        except Exception as error:  # noqa: BLE001 - each of them must hear of it
            return [error] * len(jobs)

    def _leave(self, visit: _Visit[Job, Result]) -> None:
        with self._lock:
            visit.left = True
            if visit in self._waiting:  # interrupted
                self._waiting.remove(visit)
            if not visit.party:
                return
            self._serving -= 1
            for mate in visit.party:
                if mate.ended:
                    mate.called.notify()
                elif not mate.left:
                    self._waiting.append(mate)
            visit.party = []  # which it is in; a job is too large for the garbage collector
            self._call_next()

    def _call_next(self) -> None:
        """Have those who come next serve themselves and their mates, as many as may at once."""
        while self._waiting and self._serving < self._at_once:
            now = self._clock()
            line = sorted(self._waiting, key=lambda visit: self._rank(visit, now))
            party = [visit for visit in line if visit.kind == line[0].kind][: self._most]
            self._waiting = [visit for visit in self._waiting if visit not in party]
            self._serving += 1
            is_beginning = party[0].deadline == NOTHING_HEARD
            self._beginnings = self._beginnings + 1 if is_beginning else 0
            party[0].party = party
            party[0].called.notify()

    def _rank(self, visit: _Visit[Job, Result], now: float) -> tuple[int, float]:
        """Return which class a visit is of, the first being served first, and its place there."""
        soon = now + max(self._durations, default=0.0) + URGENT
        latest = visit.arrived + PATIENCE
        is_beginning = visit.deadline == NOTHING_HEARD
        if is_beginning and latest >= soon:
            return (3 if self._beginnings >= _BEGINNINGS else 1), visit.arrived
        # Silence from before it came does not count: there may have been nothing to say.
        deadline = latest if is_beginning else min(max(visit.deadline, visit.arrived), latest)
        return (0 if deadline < soon else 2), deadline
