"""CosyVoice2's encoder: speech tokens to conditions, twice as many (Du et al. 2024).

Transformer blocks with relative positions (Dai et al. 2019), some on tokens, some on frames,
with an upsampling convolution between.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.layers import LayerNorm, join_heads, split_heads
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.layers import CausalConvolution, Linear
from myna.engines.cosyvoice.acoustic.look_ahead import LookAhead
from myna.engines.cosyvoice.acoustic.past import EncoderPast, Past, chunk_mask
from myna.engines.cosyvoice.acoustic.request import (
    CHUNK_FRAMES,
    CHUNK_TOKENS,
    FRAMES_PER_TOKEN,
    Span,
)

_BLOCK_EPSILON = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """What the new positions of an evaluation are and see."""

    past: Past | None
    mask: Tensor | None  # (new, all) bool; None: everything
    positions: Tensor  # (all + new - 1, channels): see `_relative_positions`


@dataclass(frozen=True, slots=True, eq=False)
class _Attention:
    query: Linear
    key: Linear
    value: Linear
    out: Linear
    position: Linear
    content_bias: Tensor  # (heads, width)
    position_bias: Tensor

    @classmethod
    def of(cls, tensors: Tensors) -> "_Attention":
        return cls(
            Linear.of(tensors.scope("linear_q")),
            Linear.of(tensors.scope("linear_k")),
            Linear.of(tensors.scope("linear_v")),
            Linear.of(tensors.scope("linear_out")),
            Linear.of(tensors.scope("linear_pos")),
            tensors["pos_bias_u"],
            tensors["pos_bias_v"],
        )

    def __call__(self, hidden: Tensor, sight: _Sight) -> Tensor:
        n_heads, width = self.content_bias.shape
        query = split_heads(self.query(hidden), n_heads)
        key = split_heads(self.key(hidden), n_heads)
        value = split_heads(self.value(hidden), n_heads)
        if sight.past is not None:
            key, value = sight.past.extended(key, value)
        position = split_heads(self.position(sight.positions)[None], n_heads)
        by_offset = (query + self.position_bias[:, None]) @ position.transpose(2, 3)
        bias = _by_key(by_offset, key.shape[2]) / math.sqrt(width)
        if sight.mask is not None:
            bias = bias.masked_fill(~sight.mask, -torch.inf)
        attended = F.scaled_dot_product_attention(
            query + self.content_bias[:, None], key, value, attn_mask=bias
        )
        return self.out(join_heads(attended))


def _by_key(by_offset: Tensor, keys: int) -> Tensor:
    """Turn scores by offset (B, heads, new, keys + new - 1) into scores by key.

    The offsets fall, and those of each query begin one later than those of the next.
    """
    new = by_offset.shape[2]
    columns = torch.arange(keys, device=by_offset.device)
    rows = torch.arange(new - 1, -1, -1, device=by_offset.device)
    index = (rows[:, None] + columns).expand(*by_offset.shape[:2], -1, -1)
    return by_offset.gather(3, index)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    attention: _Attention
    attention_norm: LayerNorm
    widen: Linear
    narrow: Linear
    feed_forward_norm: LayerNorm

    @classmethod
    def of(cls, tensors: Tensors) -> "_Block":
        return cls(
            _Attention.of(tensors.scope("self_attn")),
            LayerNorm.of(tensors.scope("norm_mha"), _BLOCK_EPSILON),
            Linear.of(tensors.scope("feed_forward.w_1")),
            Linear.of(tensors.scope("feed_forward.w_2")),
            LayerNorm.of(tensors.scope("norm_ff"), _BLOCK_EPSILON),
        )

    def __call__(self, hidden: Tensor, sight: _Sight) -> Tensor:
        hidden = hidden + self.attention(self.attention_norm(hidden), sight)
        return hidden + self.narrow(F.silu(self.widen(self.feed_forward_norm(hidden))))


@dataclass(frozen=True, slots=True, eq=False)
class _Embedding:
    linear: Linear
    norm: LayerNorm

    @classmethod
    def of(cls, tensors: Tensors) -> "_Embedding":
        return cls(Linear.of(tensors.scope("out.0")), LayerNorm.of(tensors.scope("out.1")))

    def __call__(self, inputs: Tensor) -> Tensor:
        hidden = self.norm(self.linear(inputs))
        return hidden * math.sqrt(hidden.shape[-1])


class UpsamplingEncoder:
    """The encoder; read-only."""

    def __init__(self, tensors: Tensors, projection: Tensors) -> None:
        """`tensors` are those under `encoder`, `projection` those under `encoder_proj`."""
        self._embedding = _Embedding.of(tensors.scope("embed"))
        self._look_ahead = LookAhead(tensors.scope("pre_lookahead_layer"))
        self._on_tokens = _blocks(tensors, "encoders")
        self._upsampling = CausalConvolution.of(tensors.scope("up_layer.conv"))
        self._frame_embedding = _Embedding.of(tensors.scope("up_embed"))
        self._on_frames = _blocks(tensors, "up_encoders")
        self._norm = LayerNorm.of(tensors.scope("after_norm"))
        self._projection = Linear.of(projection)

    def past(self) -> EncoderPast:
        """Return the past of a call that has not begun."""
        return EncoderPast()

    def __call__(self, embedded: Tensor, span: Span, past: EncoderPast | None) -> Tensor:
        """Map tokens (1, N, channels), all there are, to the span's conditions (1, n_mels, F)."""
        return self._projection(self.hidden(embedded, span, past)).transpose(1, 2)

    def hidden(self, embedded: Tensor, span: Span, past: EncoderPast | None) -> Tensor:
        """Return what is projected to conditions: (1, F, channels)."""
        hidden = self._look_ahead(self._embedding(embedded), span)
        if past is None:
            hidden = _passed(self._on_tokens, hidden, None, CHUNK_TOKENS)
            hidden = _passed(self._on_frames, self._upsampled(hidden, None), None, CHUNK_FRAMES)
            return self._norm(hidden)
        past.tokens.begin(span.settling)
        hidden = _passed(self._on_tokens, hidden, past.tokens, CHUNK_TOKENS)
        past.tokens.end()
        past.frames.begin(FRAMES_PER_TOKEN * span.settling)
        hidden = self._upsampled(hidden, past.frames)
        hidden = _passed(self._on_frames, hidden, past.frames, CHUNK_FRAMES)
        past.frames.end()
        return self._norm(hidden)

    def _upsampled(self, hidden: Tensor, past: Past | None) -> Tensor:
        frames = hidden.transpose(1, 2).repeat_interleave(FRAMES_PER_TOKEN, dim=2)
        return self._frame_embedding(self._upsampling(frames, past).transpose(1, 2))


def _passed(blocks: list[_Block], hidden: Tensor, past: Past | None, chunk: int) -> Tensor:
    new, channels = hidden.shape[1:]
    before = 0 if past is None else past.frames
    mask = None if past is None else chunk_mask(before, new, chunk, hidden.device)
    positions = _relative_positions(new, before + new, channels, hidden.device)
    sight = _Sight(past, mask, positions)
    for block in blocks:
        hidden = block(hidden, sight)
    return hidden


def _blocks(tensors: Tensors, name: str) -> list[_Block]:
    return [_Block.of(tensors.scope(f"{name}.{index}")) for index in range(tensors.count(name))]


def _relative_positions(new: int, keys: int, channels: int, device: torch.device) -> Tensor:
    """Return sinusoids of the offsets from a new position to a key, the largest first.

    Shape (keys + new - 1, channels): offsets keys - 1 down to 1 - new.
    """
    offsets = torch.arange(keys - 1, -new, -1, dtype=torch.float32, device=device)
    steps = torch.arange(0, channels, 2, dtype=torch.float32, device=device)
    angles = offsets[:, None] * torch.exp(steps * (-math.log(10000.0) / channels))
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
