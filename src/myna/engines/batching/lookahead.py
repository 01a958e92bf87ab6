"""A decoder's steps, launched ahead of what is read of them.

Asking a GPU after every step whether a sequence has ended would leave it idle for as long as the
answer takes. So `AHEAD` steps are launched at once, and the next as many before the first are read
back: steps beyond a sequence's end are harmless, and what they drew is left out.

A sequence is drawn in *runs*: a run begins when something was read into the slot, and is over at
the first step in which the slot draws nothing. What was launched for an earlier run of a slot never
reaches a later one.
"""

import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from myna.engines.batching.lane import Arriving, Lane

AHEAD = 4  # steps launched together
NOTHING = -1  # what a slot draws that is empty, or at the end of its run
_LAUNCHED = 2  # of these, so that one is computed while the other is read


@dataclass(frozen=True, slots=True)
class Drawn:
    """What steps gave one slot's run."""

    tokens: tuple[int, ...]
    over: bool
    """Whether nothing more will come."""


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    tokens: Arriving  # (steps, slots) int64
    runs: dict[int, int]  # by slot, when it was launched


class Lookahead:
    """Repeats one step of all slots. One thread uses it at a time, within its lane."""

    def __init__(
        self, advance: Callable[[], Tensor], slots: int, lane: Lane, ahead: int = AHEAD
    ) -> None:
        """`advance` steps all slots and returns what each drew: (slots,) int64.

        It returns `NOTHING` for a slot without a run, as often as it is called; see
        `Lane.recorded` for what else it must keep to. It is a method of whoever holds this, and
        not held by it: the slots, which are large, go as soon as nobody refers to them.
        """
        advances = weakref.WeakMethod(advance)
        self._lane = lane
        self._ahead = ahead
        with lane.open():
            tokens = torch.full((ahead, slots), NOTHING, device=lane.device)
            row = torch.zeros(1, dtype=torch.int64, device=lane.device)

        def step() -> None:
            advance = advances()
            assert advance is not None
            tokens.index_copy_(0, row, advance()[None])
            row.add_(1).remainder_(ahead)

        self._tokens, self._row = tokens, row
        self._replay = lane.recorded(step)
        self._begun = 0
        self._runs: dict[int, int] = {}  # by slot
        self._launched: deque[_Batch] = deque()

    def begin(self, slot: int) -> None:
        """Begin a run; what it begins with must have been launched before."""
        self._begun += 1
        self._runs[slot] = self._begun

    def end(self, slot: int) -> None:
        """Leave out whatever else is drawn in a slot."""
        self._runs.pop(slot, None)

    def drawn(self) -> dict[int, Drawn]:
        """Return what the oldest steps not read yet gave, by slot; a run may wait for its first."""
        while len(self._launched) < _LAUNCHED:
            self._launch()
        batch = self._launched.popleft()
        columns: list[list[int]] = batch.tokens.wait().T.tolist()
        return {
            slot: _of_run(columns[slot])
            for slot, run in batch.runs.items()
            if self._runs.get(slot) == run
        }

    def _launch(self) -> None:
        self._row.zero_()
        for _ in range(self._ahead):
            self._replay()
        self._launched.append(_Batch(self._lane.fetched(self._tokens), dict(self._runs)))


def _of_run(column: list[int]) -> Drawn:
    if NOTHING not in column:
        return Drawn(tuple(column), over=False)
    return Drawn(tuple(column[: column.index(NOTHING)]), over=True)
