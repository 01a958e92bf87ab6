"""Mel spectrograms by conditional flow matching (Lipman et al. 2022): from noise along a path.

The path from noise z to a mel x is (1 - (1 - s) t) z + t x with a very small s. It is followed
in steps that grow (1 - cos), because its beginning decides most.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from myna.engines.cosyvoice.acoustic.past import Past
from myna.engines.cosyvoice.acoustic.past_batch import AnyPast, PastBatch
from myna.engines.cosyvoice.acoustic.request import FlowOptions
from myna.engines.cosyvoice.acoustic.velocity import Condition, VelocityField

_NARROW = 1e-6  # s: how wide the noise around a mel still is at the end of the path


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Frames that are to stay as they are: what is made beside them fits."""

    mel: Tensor  # (B, n_mels, T); anything where it is not known
    mask: Tensor  # (B, 1, T) bool: True where it is


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """The frames to make."""

    condition: Condition
    noise: Tensor  # (B, n_mels, T), standard normal
    known: Known | None = None
    settling: int = 0
    """Frames that belong to complete chunks: they are remembered for those that follow."""


def new_path(options: FlowOptions, kept: int) -> Sequence[Past]:
    """Return the past of a call that has not begun, one for each step.

    `kept` frames at the beginning are never forgotten.
    """
    return [Past(kept, options.history_frames) for _ in range(options.steps)]


def batched(paths: Sequence[Sequence[Past]], options: FlowOptions) -> Sequence[PastBatch]:
    """Return the past of several calls with the same options."""
    rows = 2 if options.guidance > 0 else 1
    return [PastBatch(of_step, rows) for of_step in zip(*paths, strict=True)]


def together(stretches: Sequence[Stretch]) -> Stretch:
    """Return a batch of stretches that are equally long and settle as many frames."""
    condition = stretches[0].condition
    for stretch in stretches[1:]:
        condition = condition.beside(stretch.condition)
    noise = torch.cat([stretch.noise for stretch in stretches])
    return Stretch(condition, noise, settling=stretches[0].settling)


def follow(
    field: VelocityField,
    stretch: Stretch,
    options: FlowOptions,
    past: Sequence[AnyPast] | None = None,
) -> Tensor:
    """Follow the path to its end: (B, n_mels, T).

    With a past the stretch goes on where that ends, and no frame sees beyond its own chunk.
    """
    condition = stretch.condition
    if options.guidance > 0:
        condition = condition.beside(condition.unconditional)
    point = _placed(stretch.noise, stretch, 0.0)
    times = path_times(options.steps)
    for index, (time, next_time) in enumerate(itertools.pairwise(times)):
        at = point if options.guidance == 0 else torch.cat([point, point])
        if past is None:
            velocity = field.velocity(at, condition, time, None)
        else:
            past[index].begin(stretch.settling)
            velocity = field.velocity(at, condition, time, past[index])
            past[index].end()
        guided = _guided(velocity, options.guidance)
        point = _placed(point + (next_time - time) * guided, stretch, next_time)
    return point


def _guided(velocity: Tensor, guidance: float) -> Tensor:
    """Strengthen the conditions (Ho and Salimans 2022): the second half had none."""
    if guidance == 0:
        return velocity
    asked, free = velocity.chunk(2)
    return (1 + guidance) * asked - guidance * free


def path_times(steps: int) -> list[float]:
    """Return the times from 0 to 1 between the steps."""
    return [1 - math.cos(math.pi / 2 * index / steps) for index in range(steps)] + [1.0]


def _placed(point: Tensor, stretch: Stretch, time: float) -> Tensor:
    """Put known frames where they are on the path at this time."""
    known = stretch.known
    if known is None:
        return point
    on_path = (1 - (1 - _NARROW) * time) * stretch.noise + time * known.mel
    return torch.where(known.mask, on_path if time < 1 else known.mel, point)
