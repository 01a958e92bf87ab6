"""What the path from noise to mel is steered by."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from myna.engines.cosyvoice.acoustic.past import AnyPast

_TIMES_KEPT = 64


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """What a stretch of mel is to be like."""

    tokens: Tensor  # (B, n_mels, T): what the tokens ask for
    speaker: Tensor  # (B, n_mels)
    prompt: Tensor  # (B, n_mels, T): the reference's mel at its frames, else zero

    @property
    def unconditional(self) -> "Condition":
        """The condition that asks for nothing."""
        return Condition(
            torch.zeros_like(self.tokens),
            torch.zeros_like(self.speaker),
            torch.zeros_like(self.prompt),
        )

    def beside(self, other: "Condition") -> "Condition":
        """Return a batch of both."""
        return Condition(
            torch.cat([self.tokens, other.tokens]),
            torch.cat([self.speaker, other.speaker]),
            torch.cat([self.prompt, other.prompt]),
        )


class VelocityField(Protocol):
    """A network that tells which way a point on the path moves."""

    def moment(self, time: float) -> Tensor:
        """Return what it makes of a time from 0 to 1, always of one shape; not to be changed."""
        ...

    def velocity(
        self, point: Tensor, condition: Condition, moment: Tensor, past: AnyPast | None
    ) -> Tensor:
        """Return the velocity at a point (B, n_mels, T) at a moment: the same shape.

        With a past, `point` goes on where it ends, at the beginning of a chunk, and sees nothing
        beyond its own chunk; without, every frame sees every other.
        """
        ...


class Moments:
    """Keeps what a network made of a time: paths share their times."""

    def __init__(self, make: Callable[[float], Tensor]) -> None:
        self._make = make
        self._kept: dict[float, Tensor] = {}

    def __call__(self, time: float) -> Tensor:
        """Return what is made of a time."""
        found = self._kept.get(time)
        if found is None:
            found = self._make(time)
            if len(self._kept) < _TIMES_KEPT:
                self._kept[time] = found
        return found


def wave_angles(time: float, channels: int, device: torch.device) -> Tensor:
    """Return the sinusoids of a time from 0 to 1, sines first: (1, channels)."""
    half = channels // 2
    steps = torch.arange(half, dtype=torch.float32, device=device)
    frequencies = torch.exp(steps * -(math.log(10000.0) / (half - 1)))
    angles = 1000.0 * time * frequencies
    return torch.cat([angles.sin(), angles.cos()])[None]
