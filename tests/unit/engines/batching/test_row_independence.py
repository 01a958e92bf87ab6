import pytest
import torch
from torch import Tensor

from myna.engines.batching.row_independence import rows_are_independent

SLOTS, CAPACITY = 6, 40


def _asked(step: str, slots: int = SLOTS) -> bool:
    """Ask a model whose logits are sums of what its slots hold, which leaks in some way."""
    keys, values = torch.zeros(2, 1, slots, 2, CAPACITY, 4).unbind()

    def logits(lengths: Tensor, tokens: Tensor) -> Tensor:
        known = torch.arange(CAPACITY) < lengths[:, None]
        sums = (keys[0] * known[:, None, :, None] + values[0] * known[:, None, :, None]).sum(2)
        own = sums.flatten(1) + tokens[:, None]
        if step == "by company":
            own = own + 1e-6 * own.sum(0)
        elif step == "by row":
            own = own + 1e-6 * torch.arange(slots)[:, None]
        elif step == "by the number of others":
            own = own + 1e-6 * (lengths > 0).sum()
        return own

    return rows_are_independent(keys, values, logits)


@pytest.mark.parametrize("slots", [1, 2, SLOTS])
def test_rows_that_keep_to_themselves_are_independent(slots: int) -> None:
    assert _asked("alone", slots)


@pytest.mark.parametrize("step", ["by company", "by row", "by the number of others"])
def test_rows_that_depend_on_others_are_found(step: str) -> None:
    assert not _asked(step)
