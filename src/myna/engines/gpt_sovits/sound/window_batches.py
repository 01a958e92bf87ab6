"""Windows of several calls made together, where the machine gains by it, the most urgent first."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.playback import NOBODY_LISTENS
from myna.engines.batching.desk import Desk
from myna.engines.batching.device import wait_for
from myna.engines.gpt_sovits.sound.flow_matching import Known, Windows
from myna.engines.gpt_sovits.sound.mel_windows import Matching

_Job = tuple[Windows, int]  # a window and its steps


class WindowBatches:
    """Flow matching for many threads at once."""

    def __init__(self, matching: Matching, most: int = 1) -> None:
        """`most`: windows in one batch. With 1, a window is the same whoever else is served."""
        self._matching = matching
        self._desk = Desk[_Job, Tensor](self._made, most, lambda job: job[1])

    def __call__(self, window: Windows, steps: int, deadline: float = NOBODY_LISTENS) -> Tensor:
        """Return the mel (1, n_mels, T) of one window, made with others of as many steps.

        Beside others it differs in the last bits: other windows are of other lengths, and a
        product of larger matrices may be summed in another order. See `Playback.deadline`.
        """
        return self._desk.done((window, steps), deadline)

    def _made(self, jobs: Sequence[_Job]) -> list[Tensor]:
        (_, steps), windows = jobs[0], [window for window, _ in jobs]
        with torch.inference_mode():
            made = self._matching(stacked(windows), steps)
            wait_for(made.device)
        return [
            made[row : row + 1, :, : window.noise.shape[2]] for row, window in enumerate(windows)
        ]


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
