"""The short-time Fourier transform as products, for what is recorded for a GPU.

torch's own inverse reads back whether its windows add up, which a recorded step cannot.
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor


class Fourier:
    """Transforms centred windows of an even number of samples, as `torch.stft` does; read-only."""

    def __init__(self, window: Tensor, hop: int) -> None:
        """window: (n,)."""
        self._size, self._hop = window.shape[0], hop
        bins = torch.arange(self._size // 2 + 1, dtype=torch.float64)[:, None]
        angles = 2 * math.pi / self._size * bins * torch.arange(self._size, dtype=torch.float64)
        parts = torch.cat([angles.cos(), -angles.sin()])  # (2 bins, n)
        counts = torch.full_like(bins, 2.0)  # every bin but the outer ones stands for two
        counts[0] = counts[-1] = 1.0
        back = parts * counts.repeat(2, 1) / self._size
        self._forth = parts.to(window) * window
        self._back = back.to(window) * window
        self._squared = window.square()[None, :, None]

    def parts(self, samples: Tensor) -> Tensor:
        """Map samples (1, N) to real and imaginary parts: (1, 2 bins, N / hop + 1)."""
        half = self._size // 2
        padded = F.pad(samples[None], (half, half), mode="reflect")[0]
        return self._forth @ padded.unfold(1, self._size, self._hop).transpose(1, 2)

    def samples(self, parts: Tensor) -> Tensor:
        """Map real and imaginary parts (1, 2 bins, T) to samples: (1, (T - 1) hop)."""
        summed = self._added(self._back.T @ parts)
        return summed / self._added(self._squared.expand(-1, -1, parts.shape[2]))

    def _added(self, windows: Tensor) -> Tensor:
        """Add windows (1, n, T) up where they overlap."""
        length = self._size + self._hop * (windows.shape[2] - 1)
        added = F.fold(windows, (1, length), (1, self._size), stride=(1, self._hop))
        return added[:, 0, 0, self._size // 2 : length - self._size // 2]
