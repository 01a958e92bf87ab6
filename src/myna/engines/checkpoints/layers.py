"""Layers that networks of more than one engine are made of."""

from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """x @ weight^T + bias over the last axis."""

    weight: Tensor  # (outputs, inputs)
    bias: Tensor | None = None

    @classmethod
    def of(cls, tensors: Tensors) -> "Linear":
        """Read `weight` and, if there, `bias`."""
        return cls(tensors["weight"], tensors.get("bias"))

    def __call__(self, inputs: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        return F.linear(inputs, self.weight, self.bias)


@dataclass(frozen=True, slots=True, eq=False)
class LayerNorm:
    """Normalisation over the last axis (Ba et al. 2016)."""

    weight: Tensor
    bias: Tensor
    epsilon: float = 1e-5

    @classmethod
    def of(cls, tensors: Tensors, epsilon: float = 1e-5) -> "LayerNorm":
        """Read `weight` and `bias`; checkpoints converted from TensorFlow say gamma and beta."""
        if "gamma" in tensors:
            return cls(tensors["gamma"], tensors["beta"], epsilon)
        return cls(tensors["weight"], tensors["bias"], epsilon)

    def __call__(self, inputs: Tensor) -> Tensor:
        """Keep the shape (..., channels)."""
        return F.layer_norm(inputs, self.weight.shape, self.weight, self.bias, self.epsilon)

    def over_channels(self, inputs: Tensor) -> Tensor:
        """Normalise (batch, channels, frames) over the channels."""
        return self(inputs.transpose(1, 2)).transpose(1, 2)


def split_heads(inputs: Tensor, n_heads: int) -> Tensor:
    """Turn (batch, frames, channels) into (batch, heads, frames, channels / heads)."""
    batch, frames, channels = inputs.shape
    return inputs.reshape(batch, frames, n_heads, channels // n_heads).transpose(1, 2)


def join_heads(inputs: Tensor) -> Tensor:
    """Undo `split_heads`."""
    batch, heads, frames, width = inputs.shape
    return inputs.transpose(1, 2).reshape(batch, frames, heads * width)
