import gc
import random
import signal
import threading
import time
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import hypothesis
import pytest
from hypothesis import strategies

from myna.core.playback import NOBODY_LISTENS, NOTHING_HEARD
from myna.engines.batching.desk import PATIENCE, URGENT, Desk

NOW = 100.0
LATER = 104.0  # a deadline that is neither urgent nor beyond all patience


class Office:
    """A desk with a clock of its own, whose first pass lasts until all others have come."""

    def __init__(self, most: int = 1, seconds: float = 0.0) -> None:
        """`seconds`: how long a pass takes."""
        self.now = NOW
        self.passes: list[list[str]] = []
        self._seconds = seconds
        self._begun, self._let = threading.Event(), threading.Event()
        self._desk = Desk(self._work, most, lambda job: job[:1], clock=lambda: self.now)
        self._threads: list[threading.Thread] = []
        self.come("opening", LATER)
        assert self._begun.wait(10)

    def come(self, job: str, deadline: float) -> None:
        waiting = self._desk.waiting
        thread = threading.Thread(target=self._desk.done, args=(job, deadline))
        self._threads.append(thread)
        thread.start()
        while job != "opening" and self._desk.waiting == waiting:
            time.sleep(0.0005)

    def served(self) -> list[list[str]]:
        """Return who was served in each pass, after the first."""
        self._let.set()
        for thread in self._threads:
            thread.join(10)
        return self.passes[1:]

    def _work(self, jobs: Sequence[str]) -> Sequence[str]:
        self._begun.set()
        assert self._let.wait(10)
        self.now += self._seconds
        self.passes.append(list(jobs))
        return jobs


def test_listeners_about_to_hear_nothing_come_first_then_beginnings_then_the_others() -> None:
    office = Office()
    office.come("far ahead", LATER + 1)
    office.come("first", NOTHING_HEARD)
    office.come("ahead", LATER)
    office.come("second", NOTHING_HEARD)
    office.come("nearly dry", NOW + 0.02)
    office.come("dry", NOW - 1)
    served = [job for (job,) in office.served()]
    assert served == ["dry", "nearly dry", "first", "second", "ahead", "far ahead"]


def test_after_two_beginnings_in_a_row_one_of_the_others_is_served() -> None:
    office = Office()
    for job in "abcde":
        office.come(job, NOTHING_HEARD)
    office.come("ahead", LATER)
    office.come("nobody listens", NOBODY_LISTENS)
    served = [job for (job,) in office.served()]
    assert served == ["a", "b", "ahead", "c", "d", "nobody listens", "e"]


def test_whole_sentences_come_last_and_the_oldest_of_them_first() -> None:
    office = Office()
    office.come("old", NOBODY_LISTENS)
    office.now += 0.5
    office.come("young", NOBODY_LISTENS)
    office.come("ahead", LATER)
    assert office.served() == [["ahead"], ["old"], ["young"]]


@pytest.mark.parametrize("deadline", [NOBODY_LISTENS, NOTHING_HEARD, NOW + 60])
def test_who_has_waited_too_long_is_passed_over_no_more(deadline: float) -> None:
    office = Office()
    office.come("patient", deadline)
    office.now += PATIENCE
    office.come("dry", office.now)
    office.come("beginning", NOTHING_HEARD)
    office.come("dry for longer", office.now - 1)
    assert office.served() == [["patient"], ["dry"], ["dry for longer"], ["beginning"]]


def test_a_listener_is_served_in_time_for_what_a_pass_takes() -> None:
    office = Office(seconds=1.0)
    office.come("beginning", NOTHING_HEARD)
    office.come("dry in 1.9 s", NOW + 1.9)
    office.come("dry in 4 s", NOW + 4)
    # The opening is over after a second, the pass after that when the next listener is dry.
    assert office.served() == [["dry in 1.9 s"], ["beginning"], ["dry in 4 s"]]


def test_those_that_are_alike_share_a_pass_the_most_urgent_first() -> None:
    office = Office(most=3)
    for job, deadline in [
        ("a1", LATER),
        ("b1", NOTHING_HEARD),
        ("a2", NOW),
        ("a3", NOTHING_HEARD),
        ("a4", NOTHING_HEARD),
        ("b2", NOBODY_LISTENS),
    ]:
        office.come(job, deadline)
    assert office.served() == [["a2", "a3", "a4"], ["b1", "b2"], ["a1"]]


def test_a_pass_that_fails_fails_for_all_in_it_and_nobody_else() -> None:
    def work(jobs: Sequence[int]) -> list[int | Exception]:
        if 13 in jobs:
            raise RuntimeError("unlucky")
        return [LookupError("odd") if job % 2 else job for job in jobs]

    desk = Desk(work, most=2)
    with pytest.raises(RuntimeError, match="unlucky"):
        desk.done(13)
    with pytest.raises(LookupError, match="odd"):
        desk.done(15)
    assert desk.done(4) == 4


class _Large:
    """What a job holds."""


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_job_held_is_free_as_soon_as_the_job_is_done(*, fails: bool) -> None:
    def work(jobs: Sequence[_Large]) -> list[int]:
        return [1 // (not fails)] * len(jobs)

    desk = Desk[_Large, int](work)
    gc.disable()
    try:
        job = _Large()
        held = weakref.ref(job)
        with suppress(ZeroDivisionError):
            desk.done(job)
        del job
        assert held() is None
    finally:
        gc.enable()


def test_as_many_passes_as_are_allowed_are_under_way_at_once() -> None:
    together = threading.Barrier(2, timeout=10)

    def work(jobs: Sequence[int]) -> Sequence[int]:
        together.wait()
        return jobs

    desk = Desk(work, at_once=2)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(desk.done, range(4))) == [0, 1, 2, 3]


def test_who_is_interrupted_while_serving_leaves_the_others_to_be_served() -> None:
    interrupted = threading.Event()
    begun, let = threading.Event(), threading.Event()

    def work(jobs: Sequence[int]) -> Sequence[int]:
        begun.set()
        assert let.wait(10)
        if len(jobs) == 3:
            interrupted.set()
            raise KeyboardInterrupt
        return jobs

    desk = Desk(work, most=3)
    with ThreadPoolExecutor(4) as threads:
        opening = threads.submit(desk.done, 0)
        assert begun.wait(10)
        others = [threads.submit(desk.done, job) for job in (1, 2, 3)]
        while desk.waiting < 3:
            time.sleep(0.0005)
        let.set()
        assert opening.result(10) == 0
        ended = [call.exception(10) for call in others]
    assert interrupted.is_set()
    assert sorted(type(error).__name__ for error in ended) == [
        "KeyboardInterrupt",
        "NoneType",
        "NoneType",
    ]


def test_who_is_interrupted_while_waiting_is_not_served() -> None:
    begun, let = threading.Event(), threading.Event()
    served: list[int] = []

    def work(jobs: Sequence[int]) -> Sequence[int]:
        begun.set()
        assert let.wait(10)
        served.extend(jobs)
        return jobs

    def interrupt() -> None:
        while desk.waiting == 0:
            time.sleep(0.0005)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    desk = Desk(work)
    with ThreadPoolExecutor(2) as threads:
        opening = threads.submit(desk.done, 0)
        assert begun.wait(10)
        threads.submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            desk.done(1)
        assert desk.waiting == 0
        let.set()
        assert opening.result(10) == 0
        assert desk.done(2) == 2
    assert served == [0, 2]


def _counted(deadline: float) -> float:
    """Return a deadline as it counts for who came just now."""
    return min(max(deadline, NOW), NOW + PATIENCE)


DEADLINES = strategies.one_of(
    strategies.sampled_from([NOTHING_HEARD, NOBODY_LISTENS]),
    strategies.floats(NOW - 1, NOW + 60),
)


@hypothesis.settings(max_examples=40, deadline=None)
@hypothesis.given(
    strategies.lists(strategies.tuples(strategies.sampled_from("ab"), DEADLINES), max_size=12),
    strategies.integers(1, 4),
)
def test_whoever_comes_is_served_once_in_the_promised_order(
    visits: list[tuple[str, float]], most: int
) -> None:
    office = Office(most)
    deadlines = {f"{kind}{number}": deadline for number, (kind, deadline) in enumerate(visits)}
    for job, deadline in deadlines.items():
        office.come(job, deadline)
    passes = office.served()
    assert sorted(job for party in passes for job in party) == sorted(deadlines)
    waiting, beginnings = dict(deadlines), 0
    for party in passes:
        assert len(party) <= most
        assert len({job[0] for job in party}) == 1
        heard = {job: deadline for job, deadline in waiting.items() if deadline > NOTHING_HEARD}
        soonest = _counted(min(heard.values(), default=NOBODY_LISTENS))
        if party[0] in heard:
            assert _counted(heard[party[0]]) == soonest
        else:
            assert soonest >= NOW + URGENT
        beginnings = 0 if party[0] in heard else beginnings + 1
        assert beginnings <= 2 or not heard
        for job in party:
            del waiting[job]


@pytest.mark.parametrize(("most", "at_once"), [(1, 1), (4, 1), (3, 2)])
def test_nothing_is_lost_where_many_come_and_go(most: int, at_once: int) -> None:
    worked: list[int] = []

    def work(jobs: Sequence[int]) -> list[int]:
        worked.extend(jobs)
        return [-job for job in jobs]

    def visit(caller: int) -> None:
        chance = random.Random(caller)
        for number in range(50):
            job = 1000 * caller + number
            deadline = chance.choice([NOTHING_HEARD, NOBODY_LISTENS, time.monotonic()])
            assert desk.done(job, deadline) == -job

    desk = Desk(work, most, lambda job: job % 2, at_once)
    with ThreadPoolExecutor(12) as threads:
        for done in [threads.submit(visit, caller) for caller in range(12)]:
            done.result(60)
    assert sorted(worked) == [1000 * caller + n for caller in range(12) for n in range(50)]
