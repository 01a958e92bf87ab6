import pytest
import torch
from torch import Tensor

from myna.engines.batching.device import CPU
from myna.engines.batching.lane import Lane
from myna.engines.batching.lookahead import NOTHING, Drawn, Lookahead

HUNDREDS = torch.tensor([100, 200, 300])


class Counting:
    """Three slots that count from a hundred on, each as far as its run says."""

    def __init__(self, ahead: int) -> None:
        self.counts = torch.zeros(3, dtype=torch.int64)
        self.left = torch.zeros(3, dtype=torch.int64)
        self.steps = 0
        self.lane = Lane(CPU)
        self.lookahead = Lookahead(self._advance, 3, self.lane, ahead)

    def begin(self, slot: int, length: int) -> None:
        self.left[slot] = length
        self.counts[slot] = 0
        self.lookahead.begin(slot)

    def _advance(self) -> Tensor:
        self.steps += 1
        going = self.left > 0
        tokens = torch.where(going, HUNDREDS + self.counts, NOTHING)
        self.counts += going
        self.left -= going.to(torch.int64)
        return tokens

    def drawn(self) -> dict[int, Drawn]:
        with self.lane.open():
            return self.lookahead.drawn()

    def heard(self, slot: int) -> list[int]:
        """Return what a slot's run gives, up to its end."""
        tokens: list[int] = []
        while True:
            drawn = self.drawn().get(slot)
            tokens += drawn.tokens if drawn else ()
            if drawn and drawn.over:
                return tokens


@pytest.mark.parametrize("ahead", [1, 3, 4])
@pytest.mark.parametrize("length", [1, 4, 5, 12])
def test_a_run_is_heard_whole_and_in_order(ahead: int, length: int) -> None:
    counting = Counting(ahead)
    counting.begin(1, length)
    assert counting.heard(1) == [200 + number for number in range(length)]


def test_steps_are_launched_before_others_are_read() -> None:
    counting = Counting(4)
    counting.begin(0, 20)
    assert counting.drawn()[0] == Drawn((100, 101, 102, 103), over=False)
    assert counting.steps == 8


def test_what_was_launched_for_a_run_never_reaches_the_next() -> None:
    counting = Counting(4)
    counting.begin(0, 50)
    counting.drawn()
    counting.lookahead.end(0)
    counting.begin(0, 3)
    assert counting.heard(0) == [100, 101, 102]


def test_a_run_may_begin_while_others_go_on() -> None:
    counting = Counting(4)
    counting.begin(0, 30)
    counting.drawn()
    counting.begin(2, 9)
    assert counting.heard(2) == [300 + number for number in range(9)]
    assert counting.heard(0)[-1] == 129
