"""Speaking faster or slower: mel frames between frames, while they arrive."""

import math

import torch
from torch import Tensor


class Tempo:
    """Puts frames where a faster or slower recording has them; state of one call.

    Pitch stays: the vocoder hears it in each frame.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._made = 0  # frames given so far
        self._first = 0  # what the first stored frame is counted from the beginning
        self._stored: Tensor | None = None

    def push(self, mel: Tensor, *, last: bool) -> Tensor:
        """Take frames (1, n_mels, T), give those that lie between known ones: (1, n_mels, n)."""
        if self._speed == 1:
            return mel
        stored = mel if self._stored is None else torch.cat([self._stored, mel], dim=2)
        known = self._first + stored.shape[2]
        ready = int(known / self._speed) if last else self._ready(known)
        places = (torch.arange(self._made, ready, dtype=torch.float64) + 0.5) * self._speed - 0.5
        places = places.clamp(0, max(known - 1, 0))
        before = places.floor().to(torch.int64)
        share = (places - before).to(mel)
        before = before.to(mel.device)
        left = stored[:, :, before - self._first]
        right = stored[:, :, (before + 1).clamp(max=known - 1) - self._first]
        self._made = max(ready, self._made)
        self._forget(stored)
        return left + share * (right - left)

    def _ready(self, known: int) -> int:
        """Return how many frames lie at or before the last known one."""
        return max(self._made, math.floor((known - 0.5) / self._speed - 0.5) + 1)

    def _forget(self, stored: Tensor) -> None:
        needed = max(0, math.floor((self._made + 0.5) * self._speed - 0.5))
        surplus = min(max(needed - self._first, 0), max(stored.shape[2] - 1, 0))
        self._stored = stored[:, :, surplus:].clone()
        self._first += surplus
