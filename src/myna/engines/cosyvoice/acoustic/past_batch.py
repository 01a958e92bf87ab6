"""The pasts of several calls, for one evaluation of a network on all of them."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.cosyvoice.acoustic.past import Past, chunk_mask
from myna.engines.cosyvoice.acoustic.request import CHUNK_FRAMES


class PastBatch:
    """Stands where the past of one call would; its rows are those of each call in turn.

    With guidance every call has two rows: first come all that are conditioned, then all others.
    Calls may have seen more or less: the shorter is padded at its beginning, and not seen there.
    """

    def __init__(self, pasts: Sequence[Past], rows: int) -> None:
        """`rows` of the batch belong to each past."""
        self._pasts = pasts
        calls = len(pasts)
        self._rows = [[call + calls * row for row in range(rows)] for call in range(calls)]

    @property
    def seen(self) -> int:
        """How many settled frames the call with most of them sees."""
        return max(past.seen for past in self._pasts)

    def begin(self, settling: int) -> None:
        """Begin an evaluation of as many new frames of each call."""
        for past in self._pasts:
            past.begin(settling)

    def end(self) -> None:
        """End the evaluation."""
        for past in self._pasts:
            past.end()

    def places(self, device: torch.device) -> Tensor:
        """Return which frame of its call is the first new one of each row: (rows,)."""
        return self._gathered([past.places(device) for past in self._pasts])

    def sight(self, frames: int, device: torch.device) -> Tensor | None:
        """See `AnyPast.sight`; padding is not seen."""
        mask = chunk_mask(self.seen, frames, CHUNK_FRAMES, device)
        hidden = self._hidden(frames, device)
        if hidden is None:
            return mask
        return ~hidden if mask is None else ~hidden & mask

    def before(self, inputs: Tensor, reach: int) -> Tensor:
        """See `AnyPast.before`."""
        return self._scattered([past.before(inputs[rows], reach) for past, rows in self._pairs()])

    def extended(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """See `AnyPast.extended`."""
        keys, values = [], []
        for past, rows in self._pairs():
            longer = past.extended(key[rows], value[rows])
            padding = (0, 0, self.seen - past.seen, 0)
            keys.append(F.pad(longer[0], padding))
            values.append(F.pad(longer[1], padding))
        return self._scattered(keys), self._scattered(values)

    def _hidden(self, frames: int, device: torch.device) -> Tensor | None:
        """Return which of all frames are padding: (rows, 1, 1, seen + frames) bool, or None."""
        longest = self.seen
        if all(past.seen == longest for past in self._pasts):
            return None
        columns = torch.arange(longest + frames, device=device)
        return self._gathered(
            [(columns < longest - past.seen)[None, None, None] for past in self._pasts]
        )

    def _pairs(self) -> list[tuple[Past, list[int]]]:
        return list(zip(self._pasts, self._rows, strict=True))

    def _gathered(self, of_calls: Sequence[Tensor]) -> Tensor:
        """Repeat what each call has one row of."""
        return torch.cat(list(of_calls)).repeat(len(self._rows[0]), *(1,) * (of_calls[0].dim() - 1))

    def _scattered(self, of_calls: Sequence[Tensor]) -> Tensor:
        """Put the rows of each call where they are in the batch."""
        stacked = torch.stack(list(of_calls), dim=1)  # (rows of a call, calls, ...)
        return stacked.flatten(0, 1)
