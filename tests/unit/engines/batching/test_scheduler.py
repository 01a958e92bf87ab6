import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Sequence

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
        self.held = threading.Event()
        self.fails_at: int | None = None
        self.steps: list[list[int]] = []

    def admit(self, slot: int, request: int) -> None:
        if request < 0:
            raise TextTooLong(request, 0)
        self.counts[slot] = [0, request]

    def step(self, slots: Sequence[int]) -> list[int | None]:
        self.steps.append(list(slots))
        if not self.let.is_set():
            self.held.set()
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


def test_hanging_up_ends_the_sequence_with_the_step_under_way() -> None:
    model = Counting()
    scheduler = Scheduler(model, slots=1, queue_length=0)
    call = scheduler.tokens(10**9)
    next(call)
    model.let.clear()
    assert model.held.wait(10)
    steps = len(model.steps)
    call.close()
    model.let.set()
    _until_idle(scheduler)
    assert len(model.steps) == steps
    assert model.counts == {}


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


class Gate:
    """Opens once."""

    def __init__(self) -> None:
        self.open = False
        self.asked = threading.Event()
        self.resume: Callable[[], None] | None = None

    def then(self, resume: Callable[[], None]) -> None:
        self.resume = resume
        self.asked.set()

    def unlock(self) -> None:
        assert self.asked.wait(10)
        self.open = True
        assert self.resume is not None
        self.resume()


class Gated:
    """A model whose sequences say 1, wait at their gate, say 2, and end or fail."""

    def __init__(self) -> None:
        self.said: dict[int, list[int]] = {}
        self.gates: dict[int, Gate] = {}
        self.stepped = 0

    def admit(self, slot: int, request: Gate) -> None:
        self.said[slot], self.gates[slot] = [], request

    def step(self, slots: Sequence[int]) -> list[int | Gate | Exception | None]:
        self.stepped += 1
        return [self._next(self.said[slot], self.gates[slot]) for slot in slots]

    def _next(self, said: list[int], gate: Gate) -> int | Gate | Exception | None:
        if said == [1] and not gate.open:
            return gate
        said.append(len(said) + 1)
        if said[-1] == 3:
            return LookupError("no three") if gate is FAILING else None
        return said[-1]

    def release(self, slot: int) -> None:
        self.said.pop(slot, None)


class Suspending(Gated):
    """The same, and sequences may leave their slots."""

    def suspend(self, slot: int) -> object:
        return self.said.pop(slot), self.gates.pop(slot)

    def restore(self, slot: int, suspended: object) -> None:
        assert slot not in self.said
        assert isinstance(suspended, tuple)
        self.said[slot], self.gates[slot] = suspended


FAILING = Gate()


def test_a_call_that_waits_is_not_stepped_and_goes_on_when_it_may() -> None:
    model = Gated()
    scheduler = Scheduler(model, slots=2, queue_length=0)
    gate, other = Gate(), Gate()
    waiting, going = scheduler.tokens(gate), scheduler.tokens(other)
    assert next(waiting) == 1
    assert gate.asked.wait(10)
    assert next(going) == 1
    other.unlock()
    assert list(going) == [2]
    stepped = model.stepped
    gate.unlock()
    assert list(waiting) == [2]
    assert model.stepped == stepped + 2
    _until_idle(scheduler)


def test_whoever_reads_may_bring_what_the_call_waits_for() -> None:
    scheduler = Scheduler(Gated(), slots=1, queue_length=0)
    gate, heard = Gate(), list[int | None]()
    for outcome in scheduler.outcomes(gate):
        heard.append(outcome)
        if outcome is None:
            gate.unlock()
    assert heard == [1, None, 2]
    _until_idle(scheduler)


def test_hanging_up_while_waiting_frees_the_slot() -> None:
    scheduler = Scheduler(Gated(), slots=1, queue_length=1)
    gate, other = Gate(), Gate()
    waiting = scheduler.tokens(gate)
    assert next(waiting) == 1
    assert gate.asked.wait(10)
    heard: list[int] = []
    thread = threading.Thread(target=lambda: heard.extend(scheduler.tokens(other)))
    thread.start()
    waiting.close()
    other.unlock()
    thread.join(10)
    assert heard == [1, 2]
    gate.unlock()
    _until_idle(scheduler)


def _open() -> Gate:
    gate = Gate()
    gate.open = True
    return gate


def _parked(scheduler: Scheduler[Gate], gate: Gate) -> Generator[int]:
    """Return a call that said 1 and waits."""
    call = scheduler.tokens(gate)
    assert next(call) == 1
    assert gate.asked.wait(10)
    return call


def test_a_call_that_waits_leaves_its_slot_to_one_that_queues_and_goes_on_later() -> None:
    model = Suspending()
    scheduler = Scheduler(model, slots=1, queue_length=2)
    gates = Gate(), Gate()
    calls = [_parked(scheduler, gate) for gate in gates]
    assert list(scheduler.tokens(_open())) == [1, 2]
    for call, gate in zip(calls, gates, strict=True):
        gate.unlock()
        assert list(call) == [2]
    _until_idle(scheduler)
    assert model.said == {}


def test_calls_that_wait_outside_a_slot_count_and_may_be_hung_up() -> None:
    scheduler = Scheduler(Suspending(), slots=1, queue_length=1)
    gates = Gate(), Gate()
    calls = [_parked(scheduler, gate) for gate in gates]
    with pytest.raises(EngineBusy):
        next(scheduler.tokens(_open()))
    calls[0].close()
    assert list(scheduler.tokens(_open())) == [1, 2]
    gates[0].unlock()
    calls[1].close()
    _until_idle(scheduler)
    assert list(scheduler.tokens(_open())) == [1, 2]


def test_an_error_of_one_call_reaches_it_as_it_is_and_no_other() -> None:
    scheduler = Scheduler(Gated(), slots=2, queue_length=0)
    gate = Gate()
    other = scheduler.tokens(gate)
    assert next(other) == 1
    failing = scheduler.tokens(FAILING)
    assert next(failing) == 1
    FAILING.unlock()
    with pytest.raises(LookupError, match="no three"):
        list(failing)
    gate.unlock()
    assert list(other) == [2]
    _until_idle(scheduler)


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


ENDING = """
import atexit, threading

@atexit.register  # called last
def report():
    print([thread.is_alive() for thread in threads], len(steps) > 1)

from myna.engines.batching.scheduler import Scheduler

steps = []

class Endless:
    def admit(self, slot, request): pass
    def release(self, slot): pass
    def step(self, slots):
        steps.append(slots)
        return [1 for slot in slots]

calls = [Scheduler(Endless(), 1, 0).tokens(0) for _ in range(2)]
[next(call) for call in calls for _ in range(2)]
threads = [thread for thread in threading.enumerate() if thread.name == "myna-scheduler"]
"""


def test_a_program_that_ends_lets_the_step_under_way_end_first() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDING], capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stdout == "[False, False] True\n"


def test_a_scheduler_that_nobody_holds_any_more_ends_quietly(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call = Scheduler(Counting(), slots=1, queue_length=0).tokens(10**9)
    next(call)
    (thread,) = [one for one in threading.enumerate() if one.name == "myna-scheduler"]
    del call
    thread.join(10)
    assert not thread.is_alive()
    assert capsys.readouterr().err == ""
