"""Flow matching for a GPU: steps of fixed shapes, each recorded once as a CUDA graph.

A step is about a thousand kernels that take less time than to launch them. Here a step is one
launch, and a few more for what a call remembers of it, which is copied in and out. All steps are
recorded when the model is read. On a CPU the same function runs unrecorded; there it is tested.
**No GPU has run it yet.**
"""

import itertools
import logging
import math
import threading
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from myna.engines.batching.lane import Lane
from myna.engines.cosyvoice.acoustic.matching import Path, PlainMatching, Stretch, path_times
from myna.engines.cosyvoice.acoustic.packed_past import PackedPast, layout_of
from myna.engines.cosyvoice.acoustic.recorded_step import (
    Network,
    RecordedStep,
    Recording,
    StepShape,
)
from myna.engines.cosyvoice.acoustic.request import FlowOptions
from myna.engines.cosyvoice.acoustic.velocity import Condition, VelocityField

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Walk:
    """A call that is on its way: what is left of its stretch, and what was made."""

    path: Path
    left: list[Stretch]
    mels: list[Tensor] = field(default_factory=list)


class RecordedMatching:
    """Follows paths by recorded steps; threads may share it, one at a time gets on."""

    def __init__(
        self,
        velocity_field: VelocityField,
        recording: Recording,
        n_mels: int,
        device: torch.device,
        lane: Lane | None = None,
    ) -> None:
        """Record every step of the recording."""
        self._recording = recording
        self._plain = PlainMatching(velocity_field)
        self._field = velocity_field
        self._lock = threading.Lock()
        self._lane = lane or Lane(device, urgent=False)
        with torch.inference_mode():
            layout = layout_of(velocity_field, n_mels, device)
            network = Network(velocity_field, recording.guidance, n_mels, layout, device)
            self._fresh = PackedPast(
                layout, 0, None, torch.zeros(network.rows, layout.context, device=device)
            )
            sizes = [math.prod(network.memory(shape)) for shape in recording.shapes]
            memory = torch.zeros(max(sizes), dtype=layout.precision, device=device)
            self._steps: dict[StepShape, tuple[RecordedStep, Callable[[], None]]] = {}
            for shape in recording.shapes:
                step = RecordedStep(network, shape, memory)
                self._steps[shape] = step, self._lane.recorded(step.run)

    def begin(self, options: FlowOptions, kept: int) -> Path:
        """See `Matching`."""
        if options.guidance != self._recording.guidance:
            return self._plain.begin(options, kept)
        fresh = replace(self._fresh, kept=kept, history=options.history_frames)
        return Path(packed=[fresh] * options.steps)

    def likeness(self, frames: int, settling: int) -> Hashable:
        """See `Matching`: all are alike."""
        return None

    def follow(
        self, stretches: Sequence[Stretch], paths: Sequence[Path], options: FlowOptions
    ) -> list[Tensor]:
        """See `Matching`."""
        for time in path_times(options.steps):
            self._field.moment(time)
        walks = [
            _Walk(path, _parts(stretch, self._recording.frames[-1]))
            for stretch, path in zip(stretches, paths, strict=True)
        ]
        with self._lock:
            while going := [walk for walk in walks if walk.left]:
                self._advance(going, options)
            mels = [torch.cat(walk.mels, dim=2) for walk in walks]
        return mels

    def _advance(self, walks: Sequence[_Walk], options: FlowOptions) -> None:
        """Follow the next part of every call, those together that fit one step."""
        groups: dict[int, list[_Walk]] = defaultdict(list)
        for walk in walks:
            self._unpack_if_too_long(walk.path)
            if walk.path.packed:
                groups[_next(self._recording.frames, walk.left[0].noise.shape[2])].append(walk)
            else:
                walk.mels += self._plain.follow([walk.left.pop(0)], [walk.path], options)
        for frames, group in groups.items():
            most = self._recording.calls[-1]
            for some in (group[at : at + most] for at in range(0, len(group), most)):
                past = _next(self._recording.past, max(it.path.packed[0].seen for it in some))
                calls = _next(self._recording.calls, len(some))
                self._follow_part(some, *self._steps[StepShape(calls, past, frames)], options)

    def _follow_part(
        self,
        walks: Sequence[_Walk],
        step: RecordedStep,
        run: Callable[[], None],
        options: FlowOptions,
    ) -> None:
        stretches = [walk.left.pop(0) for walk in walks]
        by_step = list(zip(*(walk.path.packed for walk in walks), strict=True))
        step.begin(stretches, by_step[0])
        after: list[list[PackedPast]] = []
        times = itertools.pairwise(path_times(options.steps))
        for (time, next_time), pasts in zip(times, by_step, strict=True):
            step.put(pasts, self._field.moment(time), next_time - time)
            run()
            after.append(step.settled(stretches, pasts))
        for call, (walk, mel) in enumerate(zip(walks, step.mels(stretches), strict=True)):
            walk.path.packed = [pasts[call] for pasts in after]
            walk.mels.append(mel)

    def _unpack_if_too_long(self, path: Path) -> None:
        longest = self._recording.past[-1]
        if path.packed and path.packed[0].seen > longest:
            logger.info(
                "A call looks back on %d frames, more than the %d that steps are recorded for: "
                "it goes on unrecorded, which is slower.",
                path.packed[0].seen,
                longest,
            )
            path.steps = [past.unpacked() for past in path.packed]
            path.packed = ()


def _next(sizes: Sequence[int], wanted: int) -> int:
    return min(size for size in sizes if size >= wanted)


def _parts(stretch: Stretch, longest: int) -> list[Stretch]:
    """Cut a stretch where chunks end: frames see none of a later chunk."""
    frames = stretch.noise.shape[2]
    firsts = range(0, frames, longest)
    return [_part(stretch, first, min(first + longest, frames)) for first in firsts]


def _part(stretch: Stretch, first: int, end: int) -> Stretch:
    condition = stretch.condition
    return Stretch(
        Condition(
            condition.tokens[:, :, first:end], condition.speaker, condition.prompt[:, :, first:end]
        ),
        stretch.noise[:, :, first:end],
        settling=min(max(stretch.settling - first, 0), end - first),
    )
