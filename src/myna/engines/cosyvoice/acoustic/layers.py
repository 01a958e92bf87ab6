"""The layers the networks here are made of: every one may look at the past, few at the future."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.layers import join_heads, split_heads
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.past import AnyPast

Turning = Callable[[Tensor], Tensor]

_ROWS = 100  # of a usual multiplication: 50 frames, with and without conditions


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """x @ weight^T + bias over the last axis, multiplied in the weight's precision."""

    weight: Tensor  # (outputs, inputs), maybe laid out for oneDNN
    bias: Tensor | None

    @classmethod
    def of(cls, tensors: Tensors, precision: torch.dtype = torch.float32) -> "Linear":
        """Read `weight` and, if there, `bias`."""
        weight, bias = tensors["weight"].to(precision), tensors.get("bias")
        if weight.device.type == "cpu" and _has_onednn():
            # Twice as fast as multiplying by the weight as it lies.
            weight = torch.ops.mkldnn._reorder_linear_weight(weight, _ROWS)
        return cls(weight, None if bias is None else bias.to(precision))

    def __call__(self, inputs: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        given = inputs.to(self.weight.dtype)
        if self.weight.is_mkldnn:
            multiplied: Tensor = torch.ops.mkldnn._linear_pointwise(
                given, self.weight, self.bias, "none", [], ""
            )
        else:
            multiplied = F.linear(given, self.weight, self.bias)
        return multiplied.to(inputs.dtype)


def _has_onednn() -> bool:
    return bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]  # torch's


@dataclass(frozen=True, slots=True, eq=False)
class CausalConvolution:
    """One-dimensional convolution that ends at the frame it is for; zeros before the first."""

    weight: Tensor  # (outputs, inputs / groups, kernel)
    bias: Tensor | None
    groups: int = 1

    @classmethod
    def of(cls, tensors: Tensors, groups: int = 1) -> "CausalConvolution":
        """Read `weight` and, if there, `bias`."""
        return cls(tensors["weight"], tensors.get("bias"), groups)

    def __call__(self, inputs: Tensor, past: AnyPast | None) -> Tensor:
        """Map (batch, inputs, frames) to (batch, outputs, frames)."""
        reach = self.weight.shape[2] - 1
        before = F.pad(inputs, (reach, 0)) if past is None else past.before(inputs, reach)
        return F.conv1d(before, self.weight, self.bias, groups=self.groups)


def attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Let queries (B, heads, T, width) look at keys and values in the precision of these.

    mask: bool, True where there is sight; or numbers of that precision, added to the scores.
    """
    if key.dtype != torch.bfloat16 or key.device.type != "cpu":
        attended = F.scaled_dot_product_attention(query.to(key.dtype), key, value, attn_mask=mask)
        return attended.to(query.dtype)
    # On a CPU torch's own is slower in bfloat16 than in float32, and this is faster than both.
    scaled = (query / math.sqrt(query.shape[-1])).to(key.dtype)
    scores = (scaled @ key.transpose(2, 3)).to(query.dtype)
    if mask is not None:
        is_bool = mask.dtype == torch.bool
        scores = scores.masked_fill(~mask, -torch.inf) if is_bool else scores + mask
    return (F.softmax(scores, dim=-1).to(value.dtype) @ value).to(query.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What new frames see: those of the past and each other, but for what the mask hides."""

    past: AnyPast | None
    mask: Tensor | None  # see `attention`; None: everything


@dataclass(frozen=True, slots=True, eq=False)
class SelfAttention:
    """Frames that look at each other and at those before them."""

    query: Linear
    key: Linear
    value: Linear
    out: Linear
    head_width: int

    @classmethod
    def of(cls, tensors: Tensors, head_width: int, precision: torch.dtype) -> "SelfAttention":
        """Read to_q, to_k, to_v and to_out."""
        query, key, value, out = (
            Linear.of(tensors.scope(name), precision)
            for name in ("to_q", "to_k", "to_v", "to_out.0")
        )
        return cls(query, key, value, out, head_width)

    def __call__(self, hidden: Tensor, sight: Sight, turned: Turning | None = None) -> Tensor:
        """Keep the shape (B, frames, channels). `turned` gives queries and keys their place."""
        query, key, value = self.query(hidden), self.key(hidden), self.value(hidden)
        if turned is not None:
            query, key = turned(query), turned(key)
        n_heads = query.shape[-1] // self.head_width
        query, key, value = (split_heads(each, n_heads) for each in (query, key, value))
        key, value = key.to(self.query.weight.dtype), value.to(self.query.weight.dtype)
        if sight.past is not None:
            key, value = sight.past.extended(key, value)
        return self.out(join_heads(attention(query, key, value, sight.mask)))


def sight_mask(frames: int, past: AnyPast | None, device: torch.device) -> Tensor | None:
    """Return what new frames see on their way to mel: a mask for attention, or None for all.

    Without a past they see each other; with one, no frame sees beyond its own chunk.
    """
    return None if past is None else past.sight(frames, device)
