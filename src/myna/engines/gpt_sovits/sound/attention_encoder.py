"""The transformer encoder of VITS (Kim et al. 2021), with relative positions (Shaw et al. 2018)."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.layers import LayerNorm, join_heads, split_heads
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.layers import Convolution, masked

_EXCLUDED = -1e4  # score of positions beyond the mask


@dataclass(frozen=True, slots=True, eq=False)
class ProjectedAttention:
    """Attention whose projections are convolutions of one frame.

    With `relative_keys` and `relative_values` (1, 2 * window + 1, width), shared by all heads,
    positions at most `window` apart know how far.
    """

    query: Convolution
    key: Convolution
    value: Convolution
    out: Convolution
    n_heads: int
    relative_keys: Tensor | None = None
    relative_values: Tensor | None = None

    @classmethod
    def of(cls, tensors: Tensors, n_heads: int) -> "ProjectedAttention":
        """Read conv_q, conv_k, conv_v, conv_o and, if there, the relative embeddings."""
        query, key, value, out = (
            Convolution.of(tensors.scope(f"conv_{letter}")) for letter in "qkvo"
        )
        near = (tensors.get("emb_rel_k"), tensors.get("emb_rel_v"))
        return cls(query, key, value, out, n_heads, *near)

    def __call__(self, inputs: Tensor, memory: Tensor, mask: Tensor | None = None) -> Tensor:
        """Let every frame of `inputs` (B, C, T) look at `memory` (B, C, S): (B, C, T).

        `mask` (B, 1, S) is 0 where there is nothing to look at.
        """
        query = split_heads(self.query(inputs).transpose(1, 2), self.n_heads)
        key = split_heads(self.key(memory).transpose(1, 2), self.n_heads)
        value = split_heads(self.value(memory).transpose(1, 2), self.n_heads)
        query = query / math.sqrt(query.shape[-1])
        scores = query @ key.transpose(2, 3)  # (B, heads, T, S)
        if self.relative_keys is not None:
            near, within = _offsets(scores.shape[-1], self.relative_keys.shape[1], scores.device)
            by_offset = query @ self.relative_keys[0].T  # (B, heads, T, 2 * window + 1)
            spread = by_offset.gather(3, near.expand(*scores.shape))
            scores = scores + spread * within
        if mask is not None:
            scores = scores.masked_fill(mask[:, :, None] == 0, _EXCLUDED)
        weights = F.softmax(scores, dim=-1)
        attended = weights @ value
        if self.relative_values is not None:
            attended = (
                attended
                + _banded(weights, self.relative_values.shape[1]) @ (self.relative_values[0])
            )
        return self.out(join_heads(attended).transpose(1, 2))


def _offsets(frames: int, reach: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return, for frames i and j, the index of j - i among the offsets, and whether it is one."""
    positions = torch.arange(frames, device=device)
    offset = positions[None] - positions[:, None] + reach // 2
    return offset.clamp(0, reach - 1), (offset >= 0) & (offset < reach)


def _banded(weights: Tensor, reach: int) -> Tensor:
    """Return the weights (B, heads, T, T) of each frame's neighbours: (B, heads, T, reach)."""
    frames = weights.shape[-1]
    columns = torch.arange(frames, device=weights.device)[:, None] + (
        torch.arange(reach, device=weights.device) - reach // 2
    )
    inside = (columns >= 0) & (columns < frames)
    found = weights.gather(3, columns.clamp(0, frames - 1).expand(*weights.shape[:2], -1, -1))
    return found * inside


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    attention: ProjectedAttention
    widen: Convolution
    narrow: Convolution
    attention_norm: LayerNorm
    feed_forward_norm: LayerNorm

    def __call__(self, inputs: Tensor, mask: Tensor | None) -> Tensor:
        attended = self.attention(inputs, inputs, mask)
        inputs = self.attention_norm.over_channels(inputs + attended)
        widened = F.relu(self.widen(masked(inputs, mask)))
        narrowed = masked(self.narrow(masked(widened, mask)), mask)
        return self.feed_forward_norm.over_channels(inputs + narrowed)


class AttentionEncoder:
    """A stack of attention and convolutional feed-forward layers, normalised after each."""

    def __init__(self, tensors: Tensors, n_heads: int) -> None:
        self._layers = [
            _Layer(
                ProjectedAttention.of(tensors.scope(f"attn_layers.{index}"), n_heads),
                Convolution.of(tensors.scope(f"ffn_layers.{index}.conv_1")),
                Convolution.of(tensors.scope(f"ffn_layers.{index}.conv_2")),
                LayerNorm.of(tensors.scope(f"norm_layers_1.{index}")),
                LayerNorm.of(tensors.scope(f"norm_layers_2.{index}")),
            )
            for index in range(tensors.count("attn_layers"))
        ]

    def __call__(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, channels, T) to the same shape; `mask` (B, 1, T) is 0 on padding."""
        hidden = masked(inputs, mask)
        for layer in self._layers:
            hidden = layer(hidden, mask)
        return masked(hidden, mask)
