"""Mel spectrograms by conditional flow matching (Lipman et al. 2022): from noise along a path.

The path from noise z to a mel x is (1 - (1 - s) t) z + t x with a very small s. It is followed
in steps that grow (1 - cos), because its beginning decides most.
"""

import itertools
import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from myna.engines.cosyvoice.acoustic.packed_past import PackedPast
from myna.engines.cosyvoice.acoustic.past import Past
from myna.engines.cosyvoice.acoustic.past_batch import PastBatch
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


@dataclass(slots=True, eq=False)
class Path:
    """What one call remembers of each step; state of a call."""

    steps: Sequence[Past] = ()
    packed: Sequence[PackedPast] = ()
    """Instead of `steps`, while the call's steps are recorded ones."""

    @property
    def bytes(self) -> int:
        """How much memory keys and values take."""
        of_steps = sum(past.bytes for past in self.steps)
        return of_steps + sum(past.bytes for past in self.packed)

    def copy(self) -> "Path":
        """Return a path that goes on from here by itself."""
        return Path([past.copy() for past in self.steps], self.packed)


class Matching(Protocol):
    """Follows the paths of calls that go on from chunk to chunk."""

    def begin(self, options: FlowOptions, kept: int) -> Path:
        """Return the path of a call; `kept` frames at its beginning are never forgotten."""
        ...

    def likeness(self, frames: int, settling: int) -> Hashable:
        """Return what stretches that share a pass have alike: see `Stretch`."""
        ...

    def follow(
        self, stretches: Sequence[Stretch], paths: Sequence[Path], options: FlowOptions
    ) -> list[Tensor]:
        """Follow the paths of calls that are alike: (1, n_mels, T) of each."""
        ...


class PlainMatching:
    """Computes as many frames as there are; calls are alike where these are as many."""

    def __init__(self, field: VelocityField) -> None:
        self._field = field

    def begin(self, options: FlowOptions, kept: int) -> Path:
        """See `Matching`."""
        return Path([Past(kept, options.history_frames) for _ in range(options.steps)])

    def likeness(self, frames: int, settling: int) -> Hashable:
        """See `Matching`."""
        return frames, settling

    def follow(
        self, stretches: Sequence[Stretch], paths: Sequence[Path], options: FlowOptions
    ) -> list[Tensor]:
        """See `Matching`."""
        if len(stretches) == 1:
            return [follow(self._field, stretches[0], options, paths[0].steps)]
        rows = 2 if options.guidance > 0 else 1
        pasts = zip(*(path.steps for path in paths), strict=True)
        batches = [PastBatch(of_step, rows) for of_step in pasts]
        followed = follow(self._field, _together(stretches), options, batches)
        return list(torch.split(followed, 1))


def _together(stretches: Sequence[Stretch]) -> Stretch:
    condition = stretches[0].condition
    for stretch in stretches[1:]:
        condition = condition.beside(stretch.condition)
    noise = torch.cat([stretch.noise for stretch in stretches])
    return Stretch(condition, noise, settling=stretches[0].settling)


def follow(
    field: VelocityField,
    stretch: Stretch,
    options: FlowOptions,
    past: Sequence[Past] | Sequence[PastBatch] | None = None,
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
            velocity = field.velocity(at, condition, field.moment(time), None)
        else:
            past[index].begin(stretch.settling)
            velocity = field.velocity(at, condition, field.moment(time), past[index])
            past[index].end()
        towards = guided(velocity, options.guidance)
        point = _placed(point + (next_time - time) * towards, stretch, next_time)
    return point


def guided(velocity: Tensor, guidance: float) -> Tensor:
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
