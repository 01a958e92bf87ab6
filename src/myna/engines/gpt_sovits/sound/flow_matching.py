"""Mel spectrograms by conditional flow matching (Lipman et al. 2022): from noise along a path.

The path from noise x0 to a mel x1 is (1 - t) x0 + t x1. Two ways of fixing frames:

- A prompt is native: its mel is given beside the path, and its frames of the path stay zero.
- Known frames, on either side of a gap, are put on the path at every step: at time t they are
  (1 - t) x0 + t known, so what is made between them fits, and they come out as they went in.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from myna.engines.checkpoints.layers import Linear
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.sound.diffusion_transformer import DiffusionTransformer
from myna.engines.gpt_sovits.sound.eight_bit_linear import Projection, exact


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Frames that are to stay as they are."""

    mel: Tensor  # (B, n_mels, T), normalised; anything where it is not known
    mask: Tensor  # (B, 1, T) bool: True where it is


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """A batch of stretches of speech to make."""

    features: Tensor  # (B, T, 512), those of the prompt first
    prompt: Tensor  # (1 or B, n_mels, P), normalised; zero where a row's is shorter
    noise: Tensor  # (B, n_mels, T), standard normal
    known: Known | None = None
    lengths: Tensor | None = None  # (B,) int64: frames that are no padding
    prompt_lengths: Tensor | None = None  # (B,) int64: frames of each row's prompt; None: P


class FlowMatching:
    """Turns features and a prompt into a mel spectrogram; read-only."""

    def __init__(self, tensors: Tensors, project: Callable[[Linear], Projection] = exact) -> None:
        """`tensors` are a whole v3 or v4 checkpoint's; `project` makes its largest layers."""
        self.estimator = DiffusionTransformer(tensors.scope("cfm.estimator"), project)

    def __call__(self, windows: Windows, steps: int, guidance: float = 0.0) -> Tensor:
        """Follow the path in equal steps: (B, n_mels, T), normalised, zero in the prompt's frames.

        `guidance` strengthens the conditions (Ho and Salimans 2022), at twice the cost.
        """
        noise = windows.noise
        given, mask = _given(windows)
        condition = self.estimator.conditioned(windows.features, given, mask)
        unguided = (
            self.estimator.conditioned(
                torch.zeros_like(windows.features), torch.zeros_like(given), mask
            )
            if guidance > 0
            else None
        )
        point = _placed(noise, windows, 0.0)
        for index in range(steps):
            time, step = index / steps, 1 / steps
            row = point.transpose(1, 2)
            velocity = self.estimator.velocity(row, condition, time, step)
            if unguided is not None:
                without = self.estimator.velocity(row, unguided, time, step)
                velocity = velocity + (velocity - without) * guidance
            point = _placed(point + step * velocity.transpose(1, 2), windows, (index + 1) / steps)
        return point


def _given(windows: Windows) -> tuple[Tensor, Tensor | None]:
    """Return the prompt at its frames (B, T, n_mels), and which frames are no padding."""
    batch, n_mels, frames = windows.noise.shape
    given = windows.noise.new_zeros(batch, frames, n_mels)
    given[:, : windows.prompt.shape[2]] = windows.prompt.transpose(1, 2)
    if windows.lengths is None:
        return given, None
    return given, torch.arange(frames, device=given.device)[None] < windows.lengths[:, None]


def _placed(point: Tensor, windows: Windows, time: float) -> Tensor:
    """Put known frames where they are on the path at this time, and nothing under the prompt."""
    known = windows.known
    point = point.clone()
    if known is not None:
        on_path = (1 - time) * windows.noise + time * known.mel
        point = torch.where(known.mask, on_path, point)
    if windows.prompt_lengths is None:
        point[:, :, : windows.prompt.shape[2]] = 0
        return point
    frames = torch.arange(point.shape[2], device=point.device)
    prompted = frames[None] < windows.prompt_lengths[:, None]
    return point.masked_fill(prompted[:, None], 0)
