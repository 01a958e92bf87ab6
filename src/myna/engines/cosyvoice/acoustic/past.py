"""What earlier frames left behind for later ones, so that no frame is computed twice.

A network asks for it layer by layer, always in the same order: for the last inputs of a causal
convolution and for the keys and values of an attention. Frames of a chunk that is not complete
will be computed again, and leave nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.cosyvoice.acoustic.request import CHUNK_FRAMES

_ROOM = 128  # frames by which a memory grows at least
_CPU_ROOM = 1024  # as many at once: what was never written to takes no memory there


class AnyPast(Protocol):
    """What a network asks for on its way to mel."""

    def places(self, device: torch.device) -> Tensor:
        """Return which frame of its call is the first new one: (1,), or (rows,)."""
        ...

    def sight(self, frames: int, device: torch.device) -> Tensor | None:
        """Return what new frames see of the past and of each other: no chunk but theirs and older.

        A mask for attention, (frames, all) or (rows, 1, frames, all): bool, True where there is
        sight, or numbers to add to scores; None where all is seen.
        """
        ...

    def before(self, inputs: Tensor, reach: int) -> Tensor:
        """Return inputs (batch, channels, frames) with the `reach` frames before them."""
        ...

    def extended(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Return keys and values (batch, heads, frames, width) behind those of the past."""
        ...


@dataclass(slots=True, eq=False)
class _Memory:
    """Keys and values (batch, heads, room, width), of which the first `length` are settled."""

    keys: Tensor
    values: Tensor
    length: int = 0

    def extended(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        end = self.length + key.shape[2]
        if end > self.keys.shape[2]:
            on_cpu = self.keys.device.type == "cpu"
            room = max(_CPU_ROOM, 2 * end) if on_cpu else end + _ROOM
            self.keys = _larger(self.keys, room, self.length)
            self.values = _larger(self.values, room, self.length)
        self.keys[:, :, self.length : end] = key
        self.values[:, :, self.length : end] = value
        return self.keys[:, :, :end], self.values[:, :, :end]

    def copy(self) -> "_Memory":
        """Return the settled part."""
        return _Memory(
            self.keys[:, :, : self.length].clone(),
            self.values[:, :, : self.length].clone(),
            self.length,
        )

    @property
    def bytes(self) -> int:
        """How much memory the settled part takes."""
        batch, heads, _, width = self.keys.shape
        return 2 * batch * heads * self.length * width * self.keys.element_size()

    def forget(self, first: int, count: int) -> None:
        """Drop `count` settled frames from the frame `first` on."""
        for stored in (self.keys, self.values):
            stored[:, :, first : self.length - count] = stored[
                :, :, first + count : self.length
            ].clone()
        self.length -= count


def _larger(stored: Tensor, room: int, length: int) -> Tensor:
    batch, heads, _, width = stored.shape
    grown = stored.new_empty(batch, heads, room, width)
    grown[:, :, :length] = stored[:, :, :length]
    return grown


class Past:
    """The past of one network in one call.

    `kept` frames at the beginning are always seen, of the others the last `history` (None: all).
    """

    def __init__(self, kept: int = 0, history: int | None = None) -> None:
        self.frames = 0
        """How many frames are settled."""
        self._kept, self._history = kept, history
        self._memories: list[_Memory] = []
        self._contexts: list[Tensor] = []
        self._settling = 0
        self._memory = self._context = 0

    @classmethod
    def resumed(
        cls,
        bounds: tuple[int, int | None],
        frames: int,
        memories: Sequence[tuple[Tensor, Tensor]],
        contexts: Sequence[Tensor],
    ) -> "Past":
        """Return what goes on after `frames`, with what each layer is to find.

        bounds: the `kept` frames and the `history`.
        """
        past = cls(*bounds)
        past.frames = frames
        past._memories = [_Memory(key, value, key.shape[2]) for key, value in memories]
        past._contexts = list(contexts)
        return past

    def begin(self, settling: int) -> None:
        """Begin an evaluation on new frames, of which the first `settling` are final."""
        self._settling = settling
        self._memory = self._context = 0

    def end(self) -> None:
        """End the evaluation: the final frames now belong to the past."""
        self.frames += self._settling
        for memory in self._memories:
            memory.length += self._settling
            if self._history is not None:
                surplus = memory.length - self._kept - self._history
                if surplus > 0:
                    memory.forget(self._kept, surplus)

    @property
    def seen(self) -> int:
        """How many settled frames an attention sees."""
        if self._history is None:
            return self.frames
        return min(self.frames, self._kept + self._history)

    @property
    def bytes(self) -> int:
        """How much memory keys and values take."""
        return sum(memory.bytes for memory in self._memories)

    def places(self, device: torch.device) -> Tensor:
        """Return which frame of the call is the first new one: (1,)."""
        return torch.tensor([self.frames], device=device)

    def sight(self, frames: int, device: torch.device) -> Tensor | None:
        """See `AnyPast.sight`."""
        return chunk_mask(self.seen, frames, CHUNK_FRAMES, device)

    def before(self, inputs: Tensor, reach: int) -> Tensor:
        """See `AnyPast.before`."""
        if self._context == len(self._contexts):
            batch, channels, _ = inputs.shape
            self._contexts.append(inputs.new_zeros(batch, channels, reach))
        whole = torch.cat([self._contexts[self._context], inputs], dim=2)
        if self._settling:
            self._contexts[self._context] = whole[
                :, :, self._settling : self._settling + reach
            ].clone()
        self._context += 1
        return whole

    def extended(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """See `AnyPast.extended`."""
        if self._memory == len(self._memories):
            self._memories.append(_Memory(key[:, :, :0], value[:, :, :0]))
        memory = self._memories[self._memory]
        self._memory += 1
        return memory.extended(key, value)

    def copy(self) -> "Past":
        """Return a past that goes on from here by itself."""
        twin = Past(self._kept, self._history)
        twin.frames = self.frames
        twin._contexts = list(self._contexts)
        twin._memories = [memory.copy() for memory in self._memories]
        return twin


class EncoderPast:
    """The past of the encoder in one call: on tokens, and on frames."""

    def __init__(self) -> None:
        self.tokens, self.frames = Past(), Past()

    def copy(self) -> "EncoderPast":
        """Return a past that goes on from here by itself."""
        twin = EncoderPast()
        twin.tokens, twin.frames = self.tokens.copy(), self.frames.copy()
        return twin


def chunk_mask(before: int, frames: int, chunk: int, device: torch.device) -> Tensor | None:
    """Return what `frames` new frames see of `before` old ones and themselves, in whole chunks.

    Everything old, of the new their own chunk and those before: (frames, before + frames) bool,
    or None where all is seen. The first new frame begins a chunk.
    """
    if frames <= chunk:
        return None
    chunks = torch.arange(frames, device=device) // chunk
    new = chunks[None] <= chunks[:, None]
    return F.pad(new, (before, 0), value=True)
