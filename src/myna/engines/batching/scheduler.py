"""One thread steps every live sequence of a model; each call reads tokens from its own queue."""

import threading
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Generic, Protocol, TypeVar

from myna.core.errors import EngineBusy, MynaError, SynthesisFailed

Request = TypeVar("Request")
Asked = TypeVar("Asked", contravariant=True)


class SlotModel(Protocol[Asked]):
    """A model that keeps each sequence in a slot. One thread uses it at a time."""

    def admit(self, slot: int, request: Asked) -> None:
        """Read a request into a free slot."""

    def step(self, slots: Sequence[int]) -> Sequence[int | None]:
        """Return the next token of each slot's sequence; None where it has ended."""

    def release(self, slot: int) -> None:
        """Forget the sequence in a slot."""


@dataclass(slots=True, eq=False)
class _Call(Generic[Request]):
    request: Request
    outbox: "SimpleQueue[int | Exception | None]" = field(default_factory=SimpleQueue)
    hung_up: bool = False


class Scheduler(Generic[Request]):
    """Continuous batching: a call joins between two steps and leaves as soon as it ends.

    The thread lives while there is anything to do. A call that is refused fails alone; an error
    in a step ends every call that took part in it.
    """

    def __init__(self, model: SlotModel[Request], slots: int, queue_length: int) -> None:
        self._model = model
        self._slots = slots
        self._queue_length = queue_length
        self._lock = threading.Lock()
        self._waiting: deque[_Call[Request]] = deque()
        self._live: dict[int, _Call[Request]] = {}
        self._running = False

    @property
    def live(self) -> int:
        """How many slots are taken now."""
        return len(self._live)

    def tokens(self, request: Request) -> Generator[int]:
        """Yield the tokens of a request. Closing the generator frees its slot at the next step.

        Raises `EngineBusy` where all slots are taken and too many calls wait already.
        """
        call = self._submit(request)
        try:
            while (said := call.outbox.get()) is not None:
                if isinstance(said, Exception):
                    raise said
                yield said
        finally:
            with self._lock:
                call.hung_up = True
                if call in self._waiting:
                    self._waiting.remove(call)

    def _submit(self, request: Request) -> _Call[Request]:
        call = _Call(request)
        with self._lock:
            free = self._slots - len(self._live)
            if len(self._waiting) >= free + self._queue_length:
                raise EngineBusy(
                    f"All {self._slots} slots are taken and {len(self._waiting)} calls wait "
                    "already. Try again shortly."
                )
            self._waiting.append(call)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="myna-scheduler", daemon=True).start()
        return call

    def _run(self) -> None:
        while True:
            self._sweep()
            with self._lock:
                arrived = self._seated()
                if not self._live:
                    self._running = False
                    return
            for slot, call in arrived:
                self._admit(slot, call)
            self._step()

    def _sweep(self) -> None:
        for slot, call in list(self._live.items()):
            if call.hung_up:
                self._leave(slot)

    def _seated(self) -> list[tuple[int, _Call[Request]]]:
        free = [slot for slot in range(self._slots) if slot not in self._live]
        seated = [(slot, self._waiting.popleft()) for slot in free[: len(self._waiting)]]
        self._live.update(seated)
        return seated

    def _admit(self, slot: int, call: _Call[Request]) -> None:
        try:
            self._model.admit(slot, call.request)
        except Exception as error:  # noqa: BLE001 - it belongs to the caller, not to this thread
            self._leave(slot, _told(error))

    def _step(self) -> None:
        slots = sorted(self._live)
        if not slots:
            return
        try:
            tokens = self._model.step(slots)
        except Exception as error:  # noqa: BLE001 - whoever waits for it must hear of it
            for slot in slots:
                self._leave(slot, _told(error))
            return
        for slot, token in zip(slots, tokens, strict=True):
            if token is None:
                self._leave(slot)
            else:
                self._live[slot].outbox.put(token)

    def _leave(self, slot: int, last: Exception | None = None) -> None:
        try:
            self._model.release(slot)
        except Exception as error:  # noqa: BLE001 - the thread must live, and somebody hear of it
            last = last or _told(error)
        with self._lock:
            call = self._live.pop(slot)
        call.outbox.put(last)


def _told(error: Exception) -> Exception:
    """Return an error of one's own for one caller."""
    if isinstance(error, MynaError):
        return error
    failure = SynthesisFailed(
        f"The model failed while speaking: {error}. The log has the details; try again."
    )
    failure.__cause__ = error
    return failure
