"""Linear layers in eight bits: weights scaled by output, inputs by row (Dettmers et al. 2022).

Products are summed as whole numbers, so a row's result does not depend on the rows beside it.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from myna.engines.checkpoints.layers import Linear

Projection = Callable[[Tensor], Tensor]
"""(..., inputs) to (..., outputs)."""

_LARGEST = 127
_TINY = 1e-8


class EightBitLinear:
    """A linear layer that computes in eight bits; the error is about 1 % of what it returns."""

    def __init__(self, linear: Linear) -> None:
        weight = linear.weight
        scale = weight.abs().amax(dim=1).clamp(min=_TINY) / _LARGEST
        self._weight = (weight / scale[:, None]).round().to(torch.int8).T.contiguous()
        self._scale = scale  # (outputs,)
        self._bias = torch.zeros_like(scale) if linear.bias is None else linear.bias

    def __call__(self, inputs: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        rows = inputs.reshape(-1, inputs.shape[-1])
        scale = rows.abs().amax(dim=1, keepdim=True).clamp(min=_TINY) / _LARGEST
        whole = (rows / scale).round_().to(torch.int8)
        product = torch._int_mm(whole, self._weight)  # (rows, outputs) int32
        result = torch.addcmul(self._bias, product.float() * self._scale, scale)
        return result.view(*inputs.shape[:-1], -1)


def exact(linear: Linear) -> Projection:
    """Return the layer as it is."""
    return linear
