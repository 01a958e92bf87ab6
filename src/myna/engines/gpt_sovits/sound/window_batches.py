"""Windows of several calls made together, where the machine gains by it.

Whoever comes while others are served waits; whoever finds nobody serving serves the oldest who
wait, a batch at a time, until the own window is made. So there is no thread to keep, and nobody
waits for a batch to fill.
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.gpt_sovits.sound.flow_matching import Known, Windows
from myna.engines.gpt_sovits.sound.mel_windows import Matching


@dataclass(slots=True, eq=False)
class _Job:
    window: Windows
    steps: int
    mel: Tensor | None = None
    failure: Exception | None = None

    @property
    def done(self) -> bool:
        return self.mel is not None or self.failure is not None


class WindowBatches:
    """Flow matching for many threads at once."""

    def __init__(self, matching: Matching, most: int = 1) -> None:
        """`most`: windows in one batch. With 1, a window is the same whoever else is served."""
        self._matching = matching
        self._most = most
        self._turn = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._serving = False

    def __call__(self, window: Windows, steps: int) -> Tensor:
        """Return the mel (1, n_mels, T) of one window, made with others of as many steps.

        Beside others it differs in the last bits: other windows are of other lengths, and a
        product of larger matrices may be summed in another order.
        """
        job = _Job(window, steps)
        with self._turn:
            self._waiting.append(job)
        while not job.done:
            with self._turn:
                self._turn.wait_for(lambda: job.done or not self._serving)
                if job.done:
                    break
                self._serving = True
                mates = self._mates()
            try:
                self._serve(mates)
            finally:
                with self._turn:
                    self._serving = False
                    self._turn.notify_all()
        if job.mel is None:
            raise job.failure or RuntimeError("no window was made")
        return job.mel

    def _mates(self) -> list[_Job]:
        """Take the oldest who waits, and those who can be served with it."""
        oldest = self._waiting[0]
        mates = [job for job in self._waiting if job.steps == oldest.steps][: self._most]
        for job in mates:
            self._waiting.remove(job)
        return mates

    def _serve(self, jobs: Sequence[_Job]) -> None:
        try:
            with torch.inference_mode():
                made = self._matching(stacked([job.window for job in jobs]), jobs[0].steps)
        except Exception as error:  # noqa: BLE001 - whoever waits for it must hear of it
            for job in jobs:
                job.failure = error
            return
        for row, job in enumerate(jobs):
            job.mel = made[row : row + 1, :, : job.window.noise.shape[2]]


def stacked(windows: Sequence[Windows]) -> Windows:
    """Return windows of one row each as one batch, the shorter ones padded."""
    if len(windows) == 1:
        return windows[0]
    lengths = [window.noise.shape[2] for window in windows]
    prompts = [window.prompt.shape[2] for window in windows]
    longest, longest_prompt = max(lengths), max(prompts)
    known = None
    if any(window.known is not None for window in windows):
        given = [window.known or _nothing(window) for window in windows]
        known = Known(
            torch.cat([_padded(one.mel, longest) for one in given]),
            torch.cat([_padded(one.mask, longest) for one in given]),
        )
    return Windows(
        torch.cat([F.pad(window.features, (0, 0, 0, longest - n)) for window, n in
                   zip(windows, lengths, strict=True)]),
        torch.cat([_padded(window.prompt, longest_prompt) for window in windows]),
        torch.cat([_padded(window.noise, longest) for window in windows]),
        known,
        torch.tensor(lengths, device=windows[0].noise.device),
        torch.tensor(prompts, device=windows[0].noise.device),
    )  # fmt: skip


def _nothing(window: Windows) -> Known:
    return Known(torch.zeros_like(window.noise), torch.zeros_like(window.noise[:, :1]).bool())


def _padded(frames: Tensor, length: int) -> Tensor:
    """Return (1, channels, T) with as many frames as wanted."""
    return F.pad(frames, (0, length - frames.shape[2]))
