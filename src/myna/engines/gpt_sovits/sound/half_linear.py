"""Linear layers in sixteen bits, for a GPU, between layers that stay in 32."""

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.layers import Linear


class HalfLinear:
    """A linear layer that multiplies in another precision than it is given."""

    def __init__(self, linear: Linear, dtype: torch.dtype) -> None:
        self._weight = linear.weight.to(dtype)
        self._bias = None if linear.bias is None else linear.bias.to(dtype)

    def __call__(self, inputs: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        given = inputs.to(self._weight.dtype)
        return F.linear(given, self._weight, self._bias).to(inputs.dtype)
