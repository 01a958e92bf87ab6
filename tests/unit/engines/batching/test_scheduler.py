import threading
from collections.abc import Sequence

import pytest

from myna.core.errors import EngineBusy, SynthesisFailed, TextTooLong
from myna.engines.batching.scheduler import Scheduler


class Counting:
    """A model that counts: a request is how far. It works only while it is let."""

    def __init__(self) -> None:
        self.counts: dict[int, list[int]] = {}
        self.shared = 0
        self.let = threading.Event()
        self.let.set()
        self.fails_at: int | None = None

    def admit(self, slot: int, request: int) -> None:
        if request < 0:
            raise TextTooLong(request, 0)
        self.counts[slot] = [0, request]

    def step(self, slots: Sequence[int]) -> list[int | None]:
        assert self.let.wait(10)
        self.shared = max(self.shared, len(slots))
        return [self._next(self.counts[slot]) for slot in slots]

    def _next(self, count: list[int]) -> int | None:
        if count[0] == self.fails_at:
            raise RuntimeError("out of fingers")
        count[0] += 1
        return count[0] if count[0] <= count[1] else None

    def release(self, slot: int) -> None:
        self.counts.pop(slot, None)


def _until_idle(scheduler: Scheduler[int]) -> None:
    for thread in threading.enumerate():
        if thread.name == "myna-scheduler":
            thread.join(10)
    assert scheduler.live == 0


def test_calls_share_the_model_and_each_hears_its_own() -> None:
    model = Counting()
    model.let.clear()
    scheduler = Scheduler(model, slots=8, queue_length=0)
    heard: dict[int, list[int]] = {}

    def call(length: int) -> None:
        heard[length] = list(scheduler.tokens(length))

    threads = [threading.Thread(target=call, args=(length,)) for length in range(20, 28)]
    for thread in threads:
        thread.start()
    model.let.set()
    for thread in threads:
        thread.join(10)
    assert heard == {length: list(range(1, length + 1)) for length in range(20, 28)}
    _until_idle(scheduler)
    assert model.counts == {}


def test_a_call_joins_while_others_are_under_way() -> None:
    model = Counting()
    scheduler = Scheduler(model, slots=2, queue_length=0)
    first = scheduler.tokens(10**9)
    assert next(first) == 1
    assert list(scheduler.tokens(3)) == [1, 2, 3]
    assert model.shared == 2
    first.close()
    _until_idle(scheduler)


def test_hanging_up_frees_the_slot_for_who_waits() -> None:
    scheduler = Scheduler(Counting(), slots=1, queue_length=1)
    endless = scheduler.tokens(10**9)
    next(endless)
    waiting: list[int] = []
    thread = threading.Thread(target=lambda: waiting.extend(scheduler.tokens(2)))
    thread.start()
    endless.close()
    thread.join(10)
    assert waiting == [1, 2]
    _until_idle(scheduler)


def test_a_full_queue_is_refused_at_once() -> None:
    model = Counting()
    scheduler = Scheduler(model, slots=1, queue_length=0)
    endless = scheduler.tokens(10**9)
    next(endless)
    with pytest.raises(EngineBusy, match="1 slots"):
        next(scheduler.tokens(1))
    endless.close()
    _until_idle(scheduler)
    assert list(scheduler.tokens(1)) == [1]


def test_a_request_that_is_refused_fails_alone() -> None:
    scheduler = Scheduler(Counting(), slots=2, queue_length=0)
    other = scheduler.tokens(10**9)
    next(other)
    with pytest.raises(TextTooLong):
        next(scheduler.tokens(-1))
    assert next(other) == 2
    other.close()
    _until_idle(scheduler)


def test_a_failing_step_reaches_every_call_and_the_next_call_works() -> None:
    model = Counting()
    scheduler = Scheduler(model, slots=2, queue_length=0)
    calls = [scheduler.tokens(10**9) for _ in range(2)]
    for call in calls:
        next(call)
    model.fails_at = max(count[0] for count in model.counts.values()) + 1000
    for call in calls:
        with pytest.raises(SynthesisFailed, match="out of fingers"):
            list(call)
    _until_idle(scheduler)
    model.fails_at = None
    assert list(scheduler.tokens(2)) == [1, 2]


def test_a_model_that_cannot_forget_fails_that_call_and_serves_the_next() -> None:
    class Clinging(Counting):
        def release(self, slot: int) -> None:
            super().release(slot)
            if self.fails_at is None:
                raise RuntimeError("it does not let go")

    model = Clinging()
    scheduler = Scheduler(model, slots=1, queue_length=0)
    with pytest.raises(SynthesisFailed):
        list(scheduler.tokens(2))
    model.fails_at = 99
    assert list(scheduler.tokens(2)) == [1, 2]
