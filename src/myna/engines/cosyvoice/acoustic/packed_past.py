"""What one step of a call left behind, in few tensors, for steps that are recorded.

To launch a copy takes a GPU's caller longer than the copy, and a network has a hundred layers.
"""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.cosyvoice.acoustic.past import Past
from myna.engines.cosyvoice.acoustic.velocity import Condition, VelocityField


@dataclass(frozen=True, slots=True)
class Layout:
    """What a network remembers, in the order in which it asks for it."""

    attentions: int
    heads: int
    width: int  # of a head
    precision: torch.dtype  # of keys and values
    contexts: tuple[tuple[int, int], ...]  # channels and reach of each convolution

    @property
    def context(self) -> int:
        """How many numbers all convolutions look back on."""
        return sum(channels * reach for channels, reach in self.contexts)


class _Listening:
    """Stands where a past would, and notes what is asked for."""

    def __init__(self) -> None:
        self.contexts: list[tuple[int, int]] = []
        self.keys: list[Tensor] = []

    def places(self, device: torch.device) -> Tensor:
        return torch.zeros(1, device=device)

    def sight(self, frames: int, device: torch.device) -> Tensor | None:
        return None

    def before(self, inputs: Tensor, reach: int) -> Tensor:
        self.contexts.append((inputs.shape[1], reach))
        return F.pad(inputs, (reach, 0))

    def extended(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        self.keys.append(key)
        return key, value


def layout_of(field: VelocityField, n_mels: int, device: torch.device) -> Layout:
    """Return what a network remembers: it is run on a frame, to see what it asks for."""
    asked = _Listening()
    frame = torch.zeros(1, n_mels, 1, device=device)
    condition = Condition(frame, frame[:, :, 0], frame)
    field.velocity(frame, condition, field.moment(0.0), asked)
    _, heads, _, width = asked.keys[0].shape
    return Layout(len(asked.keys), heads, width, asked.keys[0].dtype, tuple(asked.contexts))


@dataclass(frozen=True, slots=True, eq=False)
class PackedPast:
    """The past of one step of a call; what comes later makes another, so calls may share it.

    kept, history: as of `Past`.
    """

    layout: Layout
    kept: int
    history: int | None
    contexts: Tensor  # (rows, layout.context)
    stored: tuple[Tensor, ...] = ()
    """Keys and values, (attentions, 2, rows, heads, some frames, width) each."""
    frames: int = 0
    """How many frames are settled."""

    @property
    def seen(self) -> int:
        """How many of them an attention sees."""
        return sum(some.shape[4] for some in self.stored)

    @property
    def bytes(self) -> int:
        """How much memory keys and values take."""
        return sum(some.numel() * some.element_size() for some in self.stored)

    def after(self, new: Tensor, contexts: Tensor) -> "PackedPast":
        """Return the past when more frames are settled, `new` like one of `stored`."""
        stored = (*self.stored, new)
        if self.history is not None:
            surplus = self.seen + new.shape[4] - self.kept - self.history
            stored = _without(stored, self.kept, max(surplus, 0))
        return replace(self, contexts=contexts, stored=stored, frames=self.frames + new.shape[4])

    def unpacked(self) -> Past:
        """Return the same past for steps that are not recorded."""
        layout, rows = self.layout, self.contexts.shape[0]
        nothing = self.contexts.new_zeros(
            layout.attentions, 2, rows, layout.heads, 0, layout.width, dtype=layout.precision
        )
        memories = [(key, value) for key, value in torch.cat([nothing, *self.stored], dim=4)]
        sizes = [channels * reach for channels, reach in layout.contexts]
        contexts = [
            numbers.reshape(rows, channels, reach)
            for numbers, (channels, reach) in zip(
                torch.split(self.contexts, sizes, 1), layout.contexts, strict=True
            )
        ]
        return Past.resumed((self.kept, self.history), self.frames, memories, contexts)


def _without(stored: tuple[Tensor, ...], first: int, count: int) -> tuple[Tensor, ...]:
    """Leave out `count` frames from the frame `first` on."""
    left: list[Tensor] = []
    at = 0
    for some in stored:
        frames = some.shape[4]
        end, start = (min(max(it - at, 0), frames) for it in (first, first + count))
        left += [part for part in (some[..., :end, :], some[..., start:, :]) if part.shape[4]]
        at += frames
    return tuple(left)
