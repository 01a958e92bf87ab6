"""Where calls in several threads meet for one pass of the flow: for a GPU, not for a CPU."""

import threading
from dataclasses import dataclass

from torch import Tensor

from myna.engines.cosyvoice.acoustic.mel_stream import Begun, MelStream, finish_together


@dataclass(slots=True, eq=False)
class _Job:
    stream: MelStream
    count: int
    mel: Tensor | None = None
    error: Exception | None = None


class FlowDesk:
    """Whoever comes first works for all who came by then; the others wait. Nobody is waited for."""

    def __init__(self, most: int = 16) -> None:
        """`most` calls share a pass."""
        self._most = most
        self._waiting: list[_Job] = []
        self._counter = threading.Lock()
        self._working = threading.Lock()

    def advance(self, stream: MelStream, count: int) -> Tensor:
        """See `MelStream.advance`."""
        job = _Job(stream, count)
        with self._counter:
            self._waiting.append(job)
        while job.mel is None and job.error is None:
            with self._working:
                if job.mel is None and job.error is None:
                    self._work()
        if job.error is not None:
            raise job.error
        assert job.mel is not None
        return job.mel

    def _work(self) -> None:
        with self._counter:
            jobs, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        begun: list[tuple[_Job, Begun]] = []
        for job in jobs:
            try:
                begun.append((job, job.stream.begin(job.count)))
            except Exception as error:  # noqa: BLE001 (its caller raises it)
                job.error = error
        try:
            mels = finish_together([advance for _, advance in begun])
        except Exception as error:  # noqa: BLE001 (each caller raises it)
            for job, _ in begun:
                job.error = error
            return
        for (job, _), mel in zip(begun, mels, strict=True):
            job.mel = mel
