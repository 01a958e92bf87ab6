"""One step of flow matching for several calls, in tensors that never move, so it can be recorded.

Calls have a fixed number of new frames and of frames that were before; what a call has less is
padded, and changes nothing: a convolution ends at its frame, and no attention sees padding.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.batching.device import sent
from myna.engines.cosyvoice.acoustic.matching import Stretch, guided
from myna.engines.cosyvoice.acoustic.packed_past import Layout, PackedPast
from myna.engines.cosyvoice.acoustic.recorded_past import RecordedPast, columns_of
from myna.engines.cosyvoice.acoustic.velocity import Condition, VelocityField


@dataclass(frozen=True, slots=True, order=True)
class StepShape:
    """How much one recorded step takes."""

    calls: int
    past: int  # frames
    frames: int  # new ones


@dataclass(frozen=True, slots=True)
class Recording:
    """Which steps are recorded: one for every number of calls, past frames and new frames.

    What is in between takes the next larger. Longer stretches of new frames are followed in parts;
    with a longer past a call goes on unrecorded.
    """

    guidance: float
    calls: tuple[int, ...] = (1,)
    past: tuple[int, ...] = (256, 512, 1024)
    frames: tuple[int, ...] = (50, 100, 200)  # the last in whole chunks

    @property
    def shapes(self) -> list[StepShape]:
        """All of them, the largest first: what it leaves in memory is enough for the others."""
        every = [
            StepShape(calls, past, frames)
            for calls in self.calls
            for past in self.past
            for frames in self.frames
        ]
        return sorted(every, key=lambda it: it.calls * (it.past + it.frames), reverse=True)


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """What is evaluated in a step."""

    field: VelocityField
    guidance: float
    n_mels: int
    layout: Layout
    device: torch.device

    @property
    def rows(self) -> int:
        """How many rows of a batch a call has."""
        return 2 if self.guidance > 0 else 1

    def memory(self, shape: StepShape) -> tuple[int, ...]:
        """Return the shape of the keys and values in a step."""
        of_layer = (2, self.rows, shape.calls, self.layout.heads)
        columns = columns_of(shape.past, shape.frames)
        return (self.layout.attentions, *of_layer, columns, self.layout.width)


class RecordedStep:
    """The tensors of one shape, and the step that is recorded over them."""

    def __init__(self, network: Network, shape: StepShape, memory: Tensor) -> None:
        """`memory` (n,) may be shared with other shapes: a step leaves nothing there for itself."""
        self._network, self._shape = network, shape
        size = network.memory(shape)
        memory = memory[: math.prod(size)].view(size)
        self._past = RecordedPast(network.layout, network.rows, shape.calls, shape.frames, memory)
        mel = torch.zeros(shape.calls, network.n_mels, shape.frames, device=network.device)
        self._point = mel
        self._condition = Condition(
            torch.zeros_like(mel), torch.zeros_like(mel[:, :, 0]), torch.zeros_like(mel)
        )
        self._moment = network.field.moment(0.0).clone()
        self._duration = torch.zeros((), device=network.device)

    def begin(self, stretches: Sequence[Stretch], pasts: Sequence[PackedPast]) -> None:
        """Begin the path of as many calls, or fewer; the pasts are those of any step."""
        numbers = torch.zeros(4, self._shape.calls, dtype=torch.int64)
        numbers[1] = self._shape.frames
        for call, (stretch, past) in enumerate(zip(stretches, pasts, strict=True)):
            frames = stretch.noise.shape[2]
            numbers[:, call] = torch.tensor([past.seen, frames, stretch.settling, past.frames])
            padding = (0, self._shape.frames - frames)
            given = stretch.condition
            self._point[call] = F.pad(stretch.noise[0], padding)
            self._condition.tokens[call] = F.pad(given.tokens[0], padding)
            self._condition.prompt[call] = F.pad(given.prompt[0], padding)
            self._condition.speaker[call] = given.speaker[0]
        self._past.numbers.copy_(sent(numbers, self._network.device))

    def put(self, pasts: Sequence[PackedPast], moment: Tensor, duration: float) -> None:
        """Say what was before, at which moment the next step is, and how far it goes."""
        for call, past in enumerate(pasts):
            self._past.put(call, past)
        self._moment.copy_(moment)
        self._duration.fill_(duration)

    def run(self) -> None:
        """Take the step. This is what is recorded."""
        condition, point = self._condition, self._point
        if self._network.guidance > 0:
            condition = condition.beside(condition.unconditional)
            point = torch.cat([point, point])
        self._past.begin()
        velocity = self._network.field.velocity(point, condition, self._moment, self._past)
        self._point.add_(self._duration * guided(velocity, self._network.guidance))

    def settled(
        self, stretches: Sequence[Stretch], pasts: Sequence[PackedPast]
    ) -> list[PackedPast]:
        """Return the pasts after the step."""
        return [
            self._past.settled(call, past, stretch.settling)
            for call, (stretch, past) in enumerate(zip(stretches, pasts, strict=True))
        ]

    def mels(self, stretches: Sequence[Stretch]) -> list[Tensor]:
        """Return where the paths are: (1, n_mels, T) of each call."""
        return [
            self._point[call : call + 1, :, : stretch.noise.shape[2]].clone()
            for call, stretch in enumerate(stretches)
        ]
