"""One thread steps every live sequence of a model; each call reads tokens from its own queue."""

import threading
import weakref
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum
from queue import SimpleQueue
from typing import Generic, Protocol, TypeVar, runtime_checkable

from myna.core.errors import EngineBusy, MynaError, SynthesisFailed

_LONGEST_STEP = 30.0  # seconds

Request = TypeVar("Request")
Asked = TypeVar("Asked", contravariant=True)


class Wait(Protocol):
    """What a sequence needs before it can go on."""

    def then(self, resume: Callable[[], None]) -> None:
        """Call `resume` once, as soon as it is worth trying again; at once where it is already."""


Outcome = int | Wait | Exception | None
"""Of a step: a token, what is waited for, what went wrong, or the end."""


class SlotModel(Protocol[Asked]):
    """A model that keeps each sequence in a slot. One thread uses it at a time."""

    def admit(self, slot: int, request: Asked) -> None:
        """Read a request into a free slot."""

    def step(self, slots: Sequence[int]) -> Sequence[Outcome | tuple[Outcome, ...]]:
        """Return the next token of each slot's sequence; None where it has ended.

        A sequence that waits is not stepped until it may go on. An exception ends it alone and
        reaches its caller as it is. A model that works ahead returns a tuple: several outcomes,
        the last of which may be any, or as yet none.
        """

    def release(self, slot: int) -> None:
        """Forget the sequence in a slot."""


@runtime_checkable
class Suspends(Protocol):
    """A model whose sequences may leave their slots for as long as they wait."""

    def suspend(self, slot: int) -> object:
        """Take the sequence out of a slot, and return all there is of it."""

    def restore(self, slot: int, suspended: object) -> None:
        """Put a sequence into a free slot, to go on as if it had never left."""


class _Word(Enum):
    WAITING = "waiting"
    ENDED = "ended"


@dataclass(slots=True, eq=False)
class _Call(Generic[Request]):
    request: Request
    outbox: "SimpleQueue[int | Exception | _Word]" = field(default_factory=SimpleQueue)
    hung_up: bool = False
    waits: bool = False
    suspended: object = None
    """Its sequence, while that is in no slot."""


@dataclass(slots=True, eq=False)
class _Worker:
    """The thread of a scheduler, apart from it, so that a program that ends can end it."""

    changed: threading.Condition
    thread: threading.Thread | None = None
    stopping: bool = False

    def stop(self) -> None:
        """Wait for the step under way: cut off in native code, it would abort the process."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        if self.thread not in (None, threading.current_thread()):
            self.thread.join(_LONGEST_STEP)


class Scheduler(Generic[Request]):
    """Continuous batching: a call joins between two steps and leaves as soon as it ends.

    The thread lives while there is anything to do. A call that is refused fails alone; an error
    in a step ends every call that took part in it. A call that waits leaves its slot to one that
    queues, where the model `Suspends`, and queues first itself when it may go on.
    """

    def __init__(self, model: SlotModel[Request], slots: int, queue_length: int) -> None:
        self._model = model
        self._suspends = model if isinstance(model, Suspends) else None
        self._slots = slots
        self._queue_length = queue_length
        self._lock = threading.RLock()  # the collector may close a call while it is held
        self._changed = threading.Condition(self._lock)
        self._waiting: deque[_Call[Request]] = deque()  # for a slot
        self._live: dict[int, _Call[Request]] = {}
        self._parked: list[_Call[Request]] = []  # neither in a slot nor ready for one
        self._running = False
        self._worker = _Worker(self._changed)
        weakref.finalize(self, self._worker.stop)

    @property
    def live(self) -> int:
        """How many slots are taken now."""
        return len(self._live)

    def tokens(self, request: Request) -> Generator[int]:
        """Yield the tokens of a request. Closing the generator frees its slot at the next step.

        Raises `EngineBusy` where all slots are taken and too many calls wait already, for a slot
        or for what they need.
        """
        with closing(self.outcomes(request)) as outcomes:
            for outcome in outcomes:
                if outcome is not None:
                    yield outcome

    def outcomes(self, request: Request) -> Generator[int | None]:
        """Yield what `tokens` does, and None each time the call comes to wait.

        So whoever reads can first bring what it waits for.
        """
        call = _Call(request)
        self._submit(call)
        try:
            while (said := call.outbox.get()) is not _Word.ENDED:
                if isinstance(said, Exception):
                    raise said
                yield None if said is _Word.WAITING else said
        finally:
            with self._lock:
                call.hung_up = True
                for line in (self._waiting, self._parked):
                    if call in line:
                        line.remove(call)
                self._changed.notify()

    def _submit(self, call: _Call[Request]) -> None:
        with self._lock:
            outside = len(self._waiting) + len(self._parked)
            if len(self._live) + outside >= self._slots + self._queue_length:
                raise EngineBusy(
                    f"All {self._slots} slots are taken and {outside} calls wait already. Try "
                    "again shortly."
                )
            self._waiting.append(call)
            self._wake()

    def _wake(self) -> None:
        if not self._running:
            self._running = True
            thread = threading.Thread(target=self._run, name="myna-scheduler", daemon=True)
            self._worker.thread = thread
            thread.start()
        self._changed.notify()

    def _run(self) -> None:
        while True:
            self._sweep()
            self._make_room()
            with self._lock:
                arrived = self._seated()
                if not self._live or self._worker.stopping:
                    self._running = False
                    return
            for slot, call in arrived:
                self._admit(slot, call)
            self._step()
            self._rest()

    def _sweep(self) -> None:
        for slot, call in list(self._live.items()):
            if call.hung_up:
                self._leave(slot)

    def _make_room(self) -> None:
        """Take calls that wait out of their slots, as many as queue for one in vain."""
        if self._suspends is None:
            return
        with self._lock:
            wanted = len(self._waiting) - (self._slots - len(self._live))
            leaving = [(slot, call) for slot, call in self._live.items() if call.waits]
            leaving = leaving[: max(wanted, 0)]
        for slot, call in leaving:
            try:
                call.suspended = self._suspends.suspend(slot)
            except Exception as error:  # noqa: BLE001 - it belongs to its caller
                self._leave(slot, told(error))
                continue
            with self._lock:
                del self._live[slot]
                if not call.hung_up and call.waits:
                    self._parked.append(call)
                elif not call.hung_up:  # it may go on meanwhile
                    self._waiting.appendleft(call)

    def _seated(self) -> list[tuple[int, _Call[Request]]]:
        free = [slot for slot in range(self._slots) if slot not in self._live]
        seated = [(slot, self._waiting.popleft()) for slot in free[: len(self._waiting)]]
        self._live.update(seated)
        return seated

    def _admit(self, slot: int, call: _Call[Request]) -> None:
        try:
            if call.suspended is not None and self._suspends is not None:
                self._suspends.restore(slot, call.suspended)
                call.suspended = None
            else:
                self._model.admit(slot, call.request)
        except Exception as error:  # noqa: BLE001 - it belongs to the caller, not to this thread
            self._leave(slot, told(error))

    def _step(self) -> None:
        slots = sorted(slot for slot, call in self._live.items() if not call.waits)
        if not slots:
            return
        try:
            for slot, outcome in zip(slots, self._model.step(slots), strict=True):
                for each in outcome if isinstance(outcome, tuple) else (outcome,):
                    self._tell(slot, each)
        except Exception as error:  # noqa: BLE001 - whoever waits for it must hear of it
            for slot in self._live.keys() & slots:
                self._leave(slot, told(error))

    def _tell(self, slot: int, outcome: Outcome) -> None:
        if isinstance(outcome, int):
            self._live[slot].outbox.put(outcome)
        elif outcome is None or isinstance(outcome, Exception):
            self._leave(slot, outcome)
        else:
            self._park(self._live[slot], outcome)

    def _park(self, call: _Call[Request], wait: Wait) -> None:
        """Leave a call out of the steps until what it waits for is there."""

        def resume() -> None:
            with self._lock:
                call.waits = False
                if call in self._parked:
                    self._parked.remove(call)
                    self._waiting.appendleft(call)
                    self._wake()
                self._changed.notify()

        call.waits = True
        wait.then(resume)
        if call.waits:
            call.outbox.put(_Word.WAITING)

    def _rest(self) -> None:
        """Sleep while there is nothing to do."""
        with self._lock:
            self._changed.wait_for(self._has_work)

    def _has_work(self) -> bool:
        """Whether a call can be stepped, seated or swept; or none is left."""
        calls = self._live.values()
        can_leave = self._suspends is not None and any(call.waits for call in calls)
        seats = bool(self._waiting) and (len(calls) < self._slots or can_leave)
        idle = not calls or self._worker.stopping
        return seats or idle or any(call.hung_up or not call.waits for call in calls)

    def _leave(self, slot: int, last: Exception | None = None) -> None:
        try:
            self._model.release(slot)
        except Exception as error:  # noqa: BLE001 - the thread must live, and somebody hear of it
            last = last or told(error)
        with self._lock:
            call = self._live.pop(slot)
        call.outbox.put(_Word.ENDED if last is None else last)


def told(error: Exception) -> Exception:
    """Return what a caller is told of an error in a model: a `MynaError` says it itself."""
    if isinstance(error, MynaError):
        return error
    failure = SynthesisFailed(
        f"The model failed while speaking: {error}. The log has the details; try again."
    )
    failure.__cause__ = error
    return failure
