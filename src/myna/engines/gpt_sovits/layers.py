"""Layers of the networks here, as tensors and the function applied to them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors


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


def residual_convolutions(
    tensors: Tensors, dilations: Sequence[int], dtype: torch.dtype
) -> tuple[tuple[Convolution, ...], tuple[Convolution, ...]]:
    """Read the convolutions of a vocoder's residual block: dilated ones, and those behind them."""
    return (
        tuple(
            Convolution.of(tensors.scope(f"convs1.{index}"), dilation=dilation).to(dtype)
            for index, dilation in enumerate(dilations)
        ),
        tuple(
            Convolution.of(tensors.scope(f"convs2.{index}")).to(dtype)
            for index in range(len(dilations))
        ),
    )


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
