"""The pasts of several calls for a step that is recorded: in tensors that never move."""

import math

import torch
from torch import Tensor

from myna.engines.cosyvoice.acoustic.packed_past import Layout, PackedPast
from myna.engines.cosyvoice.acoustic.request import CHUNK_FRAMES

_WHOLE = 16  # the mask of an attention is copied by torch unless its columns are a multiple of this
_SEEN, _GIVEN, _SETTLING, _PLACE = range(4)


def columns_of(past: int, frames: int) -> int:
    """Return how many keys `frames` new frames look at, behind `past` frames or some more."""
    return math.ceil((past + frames) / _WHOLE) * _WHOLE


class RecordedPast:
    """Stands where the past of calls would, for one evaluation after another.

    Each call's row has its past at the beginning of the columns, its new frames at the end. What
    of the past and of the new frames is not there is never seen. With guidance every call has two
    rows: first come all that are conditioned, then all others.
    """

    def __init__(self, layout: Layout, rows: int, calls: int, frames: int, memory: Tensor) -> None:
        """`memory` holds keys and values: (attentions, 2, rows, calls, heads, columns, width)."""
        self._layout, self._rows, self._frames = layout, rows, frames
        self._memory = memory
        self._contexts = memory.new_zeros(rows, calls, layout.context, dtype=torch.float32)
        self.numbers = torch.zeros(4, calls, dtype=torch.int64, device=memory.device)
        """Of each call: frames it sees, new frames, how many of these settle, its place."""
        self.begin()

    def begin(self) -> None:
        """Begin an evaluation."""
        self._attention = self._context = 0
        self._last: dict[int, Tensor] = {}

    def put(self, call: int, past: PackedPast) -> None:
        """Have a call see its past."""
        at = 0
        for some in past.stored:
            end = at + some.shape[4]
            self._memory[:, :, :, call, :, at:end] = some
            at = end
        # What another call left there would be multiplied by nothing, which is not nothing where
        # it is not a number.
        self._memory[:, :, :, call, :, at : -self._frames] = 0
        self._contexts[:, call] = past.contexts

    def settled(self, call: int, past: PackedPast, settling: int) -> PackedPast:
        """Return a call's past with its first new frames, as the evaluation left it."""
        if settling == 0:
            return past
        start = self._memory.shape[5] - self._frames
        new = self._memory[:, :, :, call, :, start : start + settling].clone()
        return past.after(new, self._contexts[:, call].clone())

    def places(self, device: torch.device) -> Tensor:
        """See `AnyPast.places`."""
        return self.numbers[_PLACE].repeat(self._rows)

    def sight(self, frames: int, device: torch.device) -> Tensor | None:
        """See `AnyPast.sight`."""
        columns = torch.arange(self._memory.shape[5], device=device)
        new = columns - (self._memory.shape[5] - frames)
        seen, given = (self.numbers[which][:, None, None] for which in (_SEEN, _GIVEN))
        rows = torch.arange(frames, device=device)[:, None]
        of_new = (new >= 0) & (new < given) & (new // CHUNK_FRAMES <= rows // CHUNK_FRAMES)
        sight = ((columns < seen) | of_new)[:, None].repeat(self._rows, 1, 1, 1)
        return torch.zeros(sight.shape, dtype=self._memory.dtype, device=device).masked_fill(
            ~sight, -torch.inf
        )

    def before(self, inputs: Tensor, reach: int) -> Tensor:
        """See `AnyPast.before`."""
        channels = inputs.shape[1]
        end = self._context + channels * reach
        context = self._contexts.flatten(0, 1)[:, self._context : end].view(-1, channels, reach)
        whole = torch.cat([context, inputs], dim=2)
        if reach not in self._last:
            settling = self.numbers[_SETTLING].repeat(self._rows)
            self._last[reach] = settling[:, None, None] + torch.arange(reach, device=inputs.device)
        context.copy_(whole.gather(2, self._last[reach].expand(-1, channels, -1)))
        self._context = end
        return whole

    def extended(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """See `AnyPast.extended`."""
        keys, values = self._memory[self._attention].flatten(1, 2)
        keys[:, :, -key.shape[2] :] = key
        values[:, :, -value.shape[2] :] = value
        self._attention += 1
        return keys, values
