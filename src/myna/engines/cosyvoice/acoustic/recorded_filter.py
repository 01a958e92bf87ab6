"""The vocoder's filter for a GPU: windows of fixed lengths, each recorded once as a CUDA graph.

A window may begin earlier than it must, so it is made as long as the next recorded one where so
much was said before. **No GPU has run it yet**; on a CPU the same function runs unrecorded.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from myna.engines.batching.lane import Lane
from myna.engines.cosyvoice.acoustic.request import SAMPLES_PER_FRAME

_STEP = 16  # frames
_LONGEST = 256

Filter = Callable[[Tensor, Tensor], Tensor]
"""Maps mel (1, n_mels, T) and its excitation (1, 1, 480 T) to sound (480 T,)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    mel: Tensor
    source: Tensor
    sound: Tensor
    run: Callable[[], None]


class RecordedFilter:
    """Filters windows; threads may share it."""

    spare = _STEP - 1
    """How many frames more than it must a window should begin earlier."""

    def __init__(
        self, recordable: Filter, n_mels: int, device: torch.device, lane: Lane | None = None
    ) -> None:
        """Record every length of a window."""
        self._lock = threading.Lock()
        self._lane = lane or Lane(device, urgent=False)
        with torch.inference_mode():
            lengths = range(_LONGEST, 0, -_STEP)
            self._windows = {
                length: self._recorded(recordable, n_mels, length) for length in lengths
            }

    def __call__(self, mel: Tensor, source: Tensor, needed: int) -> Tensor | None:
        """Return the sound of the last frames, at least of those needed; None: of no such length.

        mel: (1, n_mels, T). source: (1, 1, 480 T), its excitation.
        """
        length = mel.shape[2] // _STEP * _STEP
        window = self._windows.get(length)
        if window is None or length < needed:
            return None
        with self._lock:
            window.mel.copy_(mel[:, :, -length:])
            window.source.copy_(source[:, :, -length * SAMPLES_PER_FRAME :])
            window.run()
            return window.sound.clone()

    def _recorded(self, recordable: Filter, n_mels: int, length: int) -> _Window:
        device = self._lane.device
        mel = torch.zeros(1, n_mels, length, device=device)
        source = torch.zeros(1, 1, length * SAMPLES_PER_FRAME, device=device)
        sound = torch.zeros(length * SAMPLES_PER_FRAME, device=device)

        def run() -> None:
            sound.copy_(recordable(mel, source))

        return _Window(mel, source, sound, self._lane.recorded(run))
