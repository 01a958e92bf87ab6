"""Where the path from noise to mel begins, frame by frame."""

from functools import cache

import torch
from torch import Tensor

from myna.engines.batching.noise import normal_frames

_TABLE_FRAMES = 15_000


def flow_noise(n_mels: int, first: int, frames: int, seed: int | None = None) -> Tensor:
    """Return the noise of absolute frames: (1, n_mels, frames), the same in any window.

    Without a seed, that which the published models are always run with, five minutes long.
    """
    if seed is not None:
        return normal_frames(seed, first, frames, n_mels)
    table = _published(n_mels)[:, :, first : first + frames]
    missing = frames - table.shape[2]
    if missing == 0:
        return table
    return torch.cat([table, normal_frames(0, first + frames - missing, missing, n_mels)], dim=2)


@cache
def _published(n_mels: int) -> Tensor:
    return torch.randn(1, n_mels, _TABLE_FRAMES, generator=torch.Generator().manual_seed(0))
