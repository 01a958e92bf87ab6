"""The layers every network here is made of, as tensors and the function applied to them."""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """x @ weight^T + bias over the last axis."""

    weight: Tensor  # (outputs, inputs)
    bias: Tensor | None

    @classmethod
    def of(cls, tensors: Tensors) -> "Linear":
        """Read `weight` and, if there, `bias`."""
        return cls(tensors["weight"], tensors.get("bias"))

    def __call__(self, inputs: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        return F.linear(inputs, self.weight, self.bias)


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """One-dimensional convolution over (batch, channels, frames)."""

    weight: Tensor  # (outputs, inputs / groups, kernel)
    bias: Tensor | None
    padding: int = 0
    dilation: int = 1
    stride: int = 1
    groups: int = 1

    @classmethod
    def of(cls, tensors: Tensors, *, dilation: int = 1, stride: int = 1) -> "Convolution":
        """Read a convolution padded so that, at stride 1, frames stay as many (odd kernels)."""
        weight = tensors["weight"]
        padding = (weight.shape[2] - 1) * dilation // 2 if stride == 1 else 0
        return cls(weight, tensors.get("bias"), padding, dilation, stride)

    def to(self, dtype: torch.dtype) -> "Convolution":
        """Return the same with weights of another precision."""
        bias = None if self.bias is None else self.bias.to(dtype)
        return replace(self, weight=self.weight.to(dtype), bias=bias)

    def __call__(self, inputs: Tensor) -> Tensor:
        """Map (batch, inputs, frames) to (batch, outputs, frames / stride)."""
        return F.conv1d(
            inputs, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


@dataclass(frozen=True, slots=True, eq=False)
class Upsampling:
    """Transposed convolution: `stride` times as many frames."""

    weight: Tensor  # (inputs, outputs, kernel)
    bias: Tensor | None
    stride: int

    @classmethod
    def of(cls, tensors: Tensors, stride: int) -> "Upsampling":
        """Read a transposed convolution; its kernel is at least `stride` long."""
        return cls(tensors["weight"], tensors.get("bias"), stride)

    def to(self, dtype: torch.dtype) -> "Upsampling":
        """Return the same with weights of another precision."""
        bias = None if self.bias is None else self.bias.to(dtype)
        return replace(self, weight=self.weight.to(dtype), bias=bias)

    def __call__(self, inputs: Tensor) -> Tensor:
        """Map (batch, inputs, frames) to (batch, outputs, frames * stride)."""
        padding = (self.weight.shape[2] - self.stride) // 2
        return F.conv_transpose1d(inputs, self.weight, self.bias, self.stride, padding)


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


def masked(inputs: Tensor, mask: Tensor | None) -> Tensor:
    """Zero what the mask (batch, 1, frames) excludes; no mask excludes nothing."""
    return inputs if mask is None else inputs * mask


def embedding(tokens: Tensor, table: Tensor) -> Tensor:
    """Look tokens (...) up in a table (vocabulary, channels): (..., channels)."""
    return F.embedding(tokens, table)


def attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
    """Scaled dot-product attention over (batch, heads, frames, width)."""
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)


def sinusoids(positions: int, channels: int) -> Tensor:
    """Return the position table of Vaswani et al. 2017, sines on even channels.

    Shape (positions, channels).
    """
    steps = torch.arange(0, channels, 2, dtype=torch.float32)
    frequencies = torch.exp(steps * -(torch.log(torch.tensor(10000.0)) / channels))
    angles = torch.arange(positions, dtype=torch.float32)[:, None] * frequencies
    table = torch.empty(positions, channels)
    table[:, 0::2] = torch.sin(angles)
    table[:, 1::2] = torch.cos(angles)
    return table
