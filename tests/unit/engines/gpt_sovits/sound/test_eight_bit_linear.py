import pytest
import torch

from myna.engines.checkpoints.layers import Linear
from myna.engines.gpt_sovits.sound.eight_bit_linear import EightBitLinear
from tests.unit.engines.gpt_sovits.noise import noise_in_decibels, normal

LAYER = Linear(normal(48, 64) / 8, normal(48, seed=1))


@pytest.mark.parametrize("bias", [True, False])
def test_it_is_the_layer_to_one_percent(bias: bool) -> None:
    layer = LAYER if bias else Linear(LAYER.weight, None)
    inputs = normal(2, 50, 64, seed=2)
    assert noise_in_decibels(EightBitLinear(layer)(inputs), layer(inputs)) < -36


def test_a_loud_row_does_not_drown_a_quiet_one() -> None:
    inputs = normal(1, 40, 64, seed=2)
    inputs[:, 0] *= 1e4
    layer = Linear(LAYER.weight, None)
    got = EightBitLinear(layer)(inputs)
    assert noise_in_decibels(got[:, 1:], layer(inputs)[:, 1:]) < -36


@pytest.mark.parametrize("rows", [1, 2, 17, 40])
def test_a_row_is_the_same_bit_for_bit_beside_others(rows: int) -> None:
    inputs = normal(40, 64, seed=3)
    layer = EightBitLinear(LAYER)
    assert torch.equal(layer(inputs[:rows]), layer(inputs)[:rows])


def test_silence_stays_silent() -> None:
    layer = EightBitLinear(Linear(LAYER.weight, None))
    assert not layer(torch.zeros(3, 64)).any()
