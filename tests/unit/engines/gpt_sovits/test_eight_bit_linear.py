import pytest
import torch
from torch import Tensor

from myna.engines.checkpoints.layers import Linear
from myna.engines.gpt_sovits.eight_bit_linear import EightBitLinear


def _normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


LAYER = Linear(_normal(48, 64) / 8, _normal(48, seed=1))


def _noise_in_decibels(got: Tensor, expected: Tensor) -> float:
    error = (got - expected).square().mean() / expected.square().mean()
    return float(10 * torch.log10(error))


@pytest.mark.parametrize("bias", [True, False])
def test_it_is_the_layer_to_one_percent(bias: bool) -> None:
    layer = LAYER if bias else Linear(LAYER.weight, None)
    inputs = _normal(2, 50, 64, seed=2)
    assert _noise_in_decibels(EightBitLinear(layer)(inputs), layer(inputs)) < -36


def test_a_loud_row_does_not_drown_a_quiet_one() -> None:
    inputs = _normal(1, 40, 64, seed=2)
    inputs[:, 0] *= 1e4
    layer = Linear(LAYER.weight, None)
    got = EightBitLinear(layer)(inputs)
    assert _noise_in_decibels(got[:, 1:], layer(inputs)[:, 1:]) < -36


@pytest.mark.parametrize("rows", [1, 2, 17, 40])
def test_a_row_is_the_same_bit_for_bit_beside_others(rows: int) -> None:
    inputs = _normal(40, 64, seed=3)
    layer = EightBitLinear(LAYER)
    assert torch.equal(layer(inputs[:rows]), layer(inputs)[:rows])


def test_silence_stays_silent() -> None:
    layer = EightBitLinear(Linear(LAYER.weight, None))
    assert not layer(torch.zeros(3, 64)).any()
