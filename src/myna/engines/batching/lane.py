"""One kind of work on a device, in order, beside other kinds.

On a GPU that is a stream of its own, so that the steps of a decoder do not queue behind the sound
of other calls; a step can be recorded once as a CUDA graph, and what is read back is waited for by
an event, so that steps launched later do not hold it up. On a CPU everything is done at once, by
the same calls. **No GPU has run this yet**: it was written on a machine without one.
"""

import gc
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

logger = logging.getLogger(__name__)

_WARM_UPS = 3  # runs before recording, in which libraries allocate what they need
_URGENT, _USUAL = -1, 0  # priorities of streams; the lower number goes first
_recording = threading.Lock()  # torch records one graph at a time in a process


@dataclass(frozen=True, slots=True, eq=False)
class Arriving:
    """Numbers on their way to the CPU."""

    _numbers: Tensor
    _event: torch.cuda.Event | None

    def wait(self) -> Tensor:
        """Return them, once all that was launched before them is done."""
        if self._event is not None:
            self._event.synchronize()
        return self._numbers


class Lane:
    """`with lane.open():` is around all work in it.

    What several threads launch in it is done in the order in which it was launched.
    """

    def __init__(self, device: torch.device, *, urgent: bool = True, records: bool = True) -> None:
        """Make the stream, behind everything that was launched so far.

        urgent: what is in this lane goes before what waits in others that are not.
        records: False leaves steps unrecorded on a GPU, too, to compare.
        """
        self.device = device
        self._records = records
        self._stream: torch.cuda.Stream | None = None
        self._pool: Any = None  # of torch: a handle
        if device.type == "cuda":
            gc.collect()  # an engine that was replaced may lie about, with gigabytes
            with torch.cuda.device(device):
                priority = _URGENT if urgent else _USUAL
                self._stream = torch.cuda.Stream(priority=priority)  # type: ignore[no-untyped-call]
                self._stream.wait_stream(torch.cuda.current_stream())
                self._pool = torch.cuda.graph_pool_handle()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Do what follows in this lane, without gradients.

        On a GPU the lane's is then the current one, too, as a graph and a Triton kernel need.
        """
        chosen = nullcontext() if self._stream is None else torch.cuda.stream(self._stream)
        with torch.inference_mode(), chosen:
            yield

    def recorded(self, step: Callable[[], None]) -> Callable[[], None]:
        """Return what repeats a step: on a GPU a graph recorded now, elsewhere the step itself.

        The step changes tensors in place, whose shapes and addresses stay, and reads nothing back.
        Whoever has it repeated keeps the tensors that it reads: the graph does not. It must leave
        no trace while no slot is live: it is run some times before it is recorded. What it
        allocates lies in memory that all steps of this lane share, so it must copy what is to stay
        into tensors made outside, and steps of one lane are repeated one after another: within
        `open`, or else all of them without, in torch's own stream. A step that cannot be recorded
        is repeated as it is, and the log says so.
        """
        if self._stream is None or not self._records:
            return step
        outside = torch.cuda.current_stream(self.device)  # the tensors may be of this one
        self._stream.wait_stream(outside)
        try:
            with _recording, self.open():
                return self._recorded(step, self._stream)
        finally:
            outside.wait_stream(self._stream)

    def _recorded(self, step: Callable[[], None], stream: torch.cuda.Stream) -> Callable[[], None]:
        for _ in range(_WARM_UPS):
            step()
        graph = torch.cuda.CUDAGraph()
        try:
            # Other threads may go on allocating meanwhile.
            with (
                _uncollected(),
                torch.cuda.graph(graph, self._pool, stream, capture_error_mode="thread_local"),
            ):
                step()
        except RuntimeError as error:
            logger.warning(
                "A step could not be recorded on %s, and is launched piece by piece every time, "
                "which takes longer: %s",
                self.device,
                error,
            )
            return step
        return graph.replay

    def fetched(self, numbers: Tensor) -> Arriving:
        """Return what `numbers` are now, whatever is launched after this."""
        if self._stream is None:
            return Arriving(numbers.to("cpu", copy=True), None)
        here = torch.empty(numbers.shape, dtype=numbers.dtype, pin_memory=True)
        here.copy_(numbers, non_blocking=True)
        event = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]  # sleeps, not spins
        event.record(self._stream)
        return Arriving(here, event)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Collect nothing meanwhile: to free what is another's could end a recording."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
