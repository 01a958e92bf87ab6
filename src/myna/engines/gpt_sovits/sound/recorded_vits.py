"""The flow and the vocoder over windows of fixed shapes, several sentences at once: for a GPU.

A step is recorded for each of a few lengths and numbers of rows, when the engine is made. A window
lies in a row of the shortest length that holds it; where the sentence has no frames, the flow's
mask and the place of the window (`window_places.py`) have nothing of that reach what is heard.
Rows do not touch each other, and what is in a row beyond its window is left from an earlier one and
never read. On a CPU the same steps run unrecorded; there they are tested. **No GPU has run them
yet.**
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from myna.core.audio import Samples
from myna.engines.batching.desk import Desk
from myna.engines.batching.device import sent
from myna.engines.batching.lane import Arriving, Lane
from myna.engines.gpt_sovits.sound.recorded_features import RecordedFeatures
from myna.engines.gpt_sovits.sound.speech_windows import FLOW_REACH
from myna.engines.gpt_sovits.sound.vits import Vits
from myna.engines.gpt_sovits.sound.window_places import LENGTHS, MASKED

ROWS = (1, 4, 16)  # windows in one step
MOST_FRAMES = 1536  # in one step: bounds its memory, and how long another has to wait for it
_UNDER_WAY = 2  # steps: while a GPU computes one, the next is laid out


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What sound is to be made of, in one sentence."""

    length: int
    """Frames, one of `LENGTHS`."""
    voice: Tensor
    """(1, gin, 1)."""
    latents: Tensor
    """(1, channels, n): those the flow looks at, up to `FLOW_REACH` before and behind."""
    latents_from: int
    """Where these begin: frames after `FLOW_REACH` before the window."""
    flowed: Sequence[Tensor]
    """What was decided of the window before: (1, channels, n) each, from its first frame on."""
    until: int
    """How many of its frames are decided with it."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What became of a window."""

    flowed: Tensor
    """What was decided now: (1, channels, frames)."""
    sound: Samples
    """Of the whole window."""


class RecordedVits:
    """Makes sound of windows with one network, those of several threads together."""

    def __init__(self, vits: Vits, most: int = 1) -> None:
        """Allocate all shapes up to `most` rows; on a GPU, record their steps: some seconds.

        With 1 row, a window is the same whoever else is served.
        """
        self.vits = vits
        self.lane = Lane(vits.device, urgent=False)
        self.features = RecordedFeatures(vits, self.lane)
        self._desk = Desk[Window, Made](self.made, most, lambda each: each.length, _UNDER_WAY)
        self._launching = threading.Lock()
        self._steps = {
            # The largest first: the others then find room in the memory it took.
            length: [_Step(vits, self.lane, length, rows) for rows in reversed(_rows(length, most))]
            for length in reversed(LENGTHS)
        }

    def done(self, window: Window, deadline: float) -> Made:
        """Make a window beside those of other threads; see `Playback.deadline`."""
        return self._desk.done(window, deadline)

    def made(self, windows: Sequence[Window]) -> list[Made]:
        """Make windows of one length, together as far as there is a shape for it."""
        if not windows:
            return []
        steps = self._steps[windows[0].length]
        rows = steps[0].rows
        with self._launching:  # until its outcome is on its way, the tensors are this call's
            launched = []
            for first in range(0, len(windows), rows):
                party = windows[first : first + rows]
                fitting = min(step.rows for step in steps if step.rows >= len(party))
                step = next(step for step in steps if step.rows == fitting)
                launched.append(step.launched(party))
        return [made for each in launched for made in each.wait()]


def _rows(length: int, most: int) -> list[int]:
    """Return how many windows of a length a step is recorded for."""
    most = max(1, min(most, MOST_FRAMES // length))
    return [*(rows for rows in ROWS if rows < most), most]


@dataclass(frozen=True, slots=True, eq=False)
class _Launched:
    flowed: list[Tensor]
    sound: Arriving

    def wait(self) -> list[Made]:
        sound = self.sound.wait().numpy()
        return [Made(flowed, row) for flowed, row in zip(self.flowed, sound, strict=True)]


class _Step:
    """One shape: tensors that stay where they are, and what is done with them."""

    def __init__(self, vits: Vits, lane: Lane, length: int, rows: int) -> None:
        self.rows = rows
        self._vits = vits
        self._lane = lane
        self._length = length
        device, channels = vits.device, vits.channels
        with lane.open():
            seen = length + 2 * FLOW_REACH
            self._latents = torch.zeros(rows, channels, seen, device=device)
            self._flowed = torch.zeros(rows, channels, length, device=device)
            self._voice = torch.zeros(rows, vits.voice_channels, 1, device=device)
            # For each row: where latents begin and end, what was decided before, what is now.
            self._bounds = torch.zeros(rows, 4, dtype=torch.int64, device=device)
            self._frames = torch.arange(seen, device=device)
            self._sound = torch.zeros(rows, length * vits.samples_per_frame, device=device)
        self._replay = lane.recorded(self._run)

    def launched(self, windows: Sequence[Window]) -> _Launched:
        """Have some windows made; the tensors may be used again at once."""
        flowed = []
        with self._lane.open():
            bounds = [self._laid(row, window) for row, window in enumerate(windows)]
            bounds += [(0, 0, 0, 0)] * (self.rows - len(windows))
            self._bounds.copy_(sent(torch.tensor(bounds), self._lane.device))
            self._replay()
            for row, window in enumerate(windows):
                known = sum(piece.shape[2] for piece in window.flowed)
                flowed.append(self._flowed[row : row + 1, :, known : window.until].clone())
            return _Launched(flowed, self._lane.fetched(self._sound[: len(windows)]))

    def _laid(self, row: int, window: Window) -> tuple[int, int, int, int]:
        """Put a window into a row, and return its bounds."""
        first, known = window.latents_from, 0
        end = first + window.latents.shape[2]
        self._latents[row, :, first:end] = window.latents[0]
        self._voice[row] = window.voice[0]
        for piece in window.flowed:
            self._flowed[row, :, known : known + piece.shape[2]] = piece[0]
            known += piece.shape[2]
        return first, end, known, window.until

    def _run(self) -> None:
        """Decide what is new in all rows, and make sound of what is decided."""
        bounds = self._bounds[:, :, None, None]
        first, end, known, until = (bounds[:, column] for column in range(4))
        looked_at = (self._frames >= first) & (self._frames < end)  # (rows, 1, frames)
        latents = self._latents.masked_fill(~looked_at, 0)
        flowed = self._vits.flow.inverse(latents, self._voice, looked_at.float())
        frames = self._frames[: self._length]
        new = flowed[:, :, FLOW_REACH:-FLOW_REACH]
        self._flowed.copy_(torch.where(frames < known, self._flowed, new))
        mask = (frames < until).float() if self._length == MASKED else None
        self._sound.copy_(self._vits.vocoder(self._flowed, self._voice, mask)[:, 0])
