"""The Qwen2 decoder (Yang et al. 2024), over a cache of keys and values allocated once.

Rotary positions (Su et al. 2021), grouped queries (Ainslie et al. 2023), RMSNorm (Zhang and
Sennrich 2019), SwiGLU (Shazeer 2020), normalised before each block. The network is read-only; all
that is known of a sequence lies in its slot of the cache.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.errors import TextTooLong
from myna.engines.checkpoints.tensors import Tensors


@dataclass(frozen=True, slots=True)
class BackboneConfig:
    """What the shapes of a checkpoint do not tell: `config.json` beside it does."""

    n_heads: int = 14  # num_attention_heads
    rope_base: float = 1e6  # rope_theta
    norm_epsilon: float = 1e-6  # rms_norm_eps


@dataclass(frozen=True, slots=True, eq=False)
class KeyValueCache:
    """What each layer remembers of each slot's sequence."""

    keys: Tensor  # (layers, slots, key heads, capacity, width)
    values: Tensor  # as keys
    cosines: Tensor  # (capacity, width): of the rotary angle at each position
    sines: Tensor  # as cosines
    lengths: list[int]  # positions filled in each slot

    @property
    def capacity(self) -> int:
        """Positions a slot has room for."""
        return self.keys.shape[3]

    def clear(self, slot: int) -> None:
        """Forget the sequence in a slot."""
        self.lengths[slot] = 0

    def extended(self, slot: int, count: int) -> "Span":
        """Return where so many more positions of a slot go. Raises `TextTooLong`."""
        start = self.lengths[slot]
        if start + count > self.capacity:
            raise TextTooLong(start + count, self.capacity)
        return Span(slot, start, start + count)


@dataclass(frozen=True, slots=True)
class Span:
    """Positions `start` to `end` of one slot's sequence."""

    slot: int
    start: int
    end: int

    @property
    def count(self) -> int:
        """How many positions they are."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """x @ weight^T + bias over the last axis."""

    weight: Tensor  # (outputs, inputs)
    bias: Tensor | None = None

    def __call__(self, inputs: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        return F.linear(inputs, self.weight, self.bias)


@dataclass(frozen=True, slots=True, eq=False)
class _RmsNorm:
    weight: Tensor
    epsilon: float

    def __call__(self, inputs: Tensor) -> Tensor:
        return F.rms_norm(inputs, self.weight.shape, self.weight, self.epsilon)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    attention_norm: _RmsNorm
    attention_in: Linear  # query, key, value one after the other
    attention_out: Linear
    feed_forward_norm: _RmsNorm
    widen: Linear  # gate, then what it is applied to
    narrow: Linear


class Qwen2:
    """The transformer between the embedding and the head."""

    def __init__(self, weights: Tensors, config: BackboneConfig) -> None:
        """Read the layers `layers.N` and the norm `norm` of some weights."""
        epsilon = config.norm_epsilon
        self._blocks = [
            _block(weights.scope(f"layers.{index}"), epsilon)
            for index in range(max(weights.count("layers"), 1))
        ]
        self._norm = _RmsNorm(weights["norm.weight"], epsilon)
        self._rope_base = config.rope_base
        self._n_heads = config.n_heads
        channels = self._norm.weight.shape[0]
        self._width = self._blocks[0].attention_out.weight.shape[1] // config.n_heads
        rows = self._blocks[0].attention_in.weight.shape[0]
        self._n_key_heads = (rows // self._width - config.n_heads) // 2
        self.channels = channels

    def new_cache(self, slots: int, capacity: int) -> KeyValueCache:
        """Allocate room for so many sequences of at most `capacity` positions each.

        On a processor, memory is taken up as positions are filled.
        """
        device = self._norm.weight.device
        shape = (len(self._blocks), slots, self._n_key_heads, capacity, self._width)
        halves = torch.arange(0, self._width, 2, dtype=torch.float32) / self._width
        positions = torch.arange(capacity, dtype=torch.float32)
        angles = torch.outer(positions, 1.0 / self._rope_base**halves).repeat(1, 2).to(device)
        return KeyValueCache(
            torch.empty(shape, device=device),
            torch.empty(shape, device=device),
            angles.cos(),
            angles.sin(),
            [0] * slots,
        )

    def read(self, hidden: Tensor, spans: Sequence[Span], cache: KeyValueCache) -> Tensor:
        """Append rows to sequences and return what comes out of each row, normalised.

        hidden: (rows, channels), those of the spans one after another; further rows run along
        and leave no trace. The spans are of different slots and continue their sequences. Shape
        (rows, channels).
        """
        n_rows = sum(span.count for span in spans)
        places = torch.cat([torch.arange(span.start, span.end) for span in spans])
        places = torch.cat([places, places.new_zeros(len(hidden) - n_rows)])
        cosines, sines = cache.cosines[places, None], cache.sines[places, None]
        for index, block in enumerate(self._blocks):
            projected = block.attention_in(block.attention_norm(hidden))
            heads = projected.view(len(hidden), -1, self._width)
            turned = self._n_heads + self._n_key_heads
            rotated = _rotated(heads[:, :turned], cosines, sines)
            attended = torch.zeros_like(rotated[:, : self._n_heads])
            row = 0
            for span in spans:
                rows = slice(row, row + span.count)
                keys, values = cache.keys[index, span.slot], cache.values[index, span.slot]
                keys[:, span.start : span.end] = rotated[rows, self._n_heads :].transpose(0, 1)
                values[:, span.start : span.end] = heads[rows, turned:].transpose(0, 1)
                query = rotated[rows, : self._n_heads]
                attended[rows] = _attention(query, keys[:, : span.end], values[:, : span.end])
                row += span.count
            hidden = hidden + block.attention_out(attended.flatten(1))
            gate, wide = block.widen(block.feed_forward_norm(hidden)).chunk(2, dim=-1)
            hidden = hidden + block.narrow(F.silu(gate) * wide)
        for span in spans:
            cache.lengths[span.slot] = span.end
        return self._norm(hidden)


def _block(weights: Tensors, epsilon: float) -> _Block:
    attention = weights.scope("self_attn")
    projections = ("q_proj", "k_proj", "v_proj")
    return _Block(
        _RmsNorm(weights["input_layernorm.weight"], epsilon),
        Linear(
            torch.cat([attention[f"{name}.weight"] for name in projections]),
            torch.cat([attention[f"{name}.bias"] for name in projections]),
        ),
        Linear(attention["o_proj.weight"]),
        _RmsNorm(weights["post_attention_layernorm.weight"], epsilon),
        Linear(torch.cat([weights["mlp.gate_proj.weight"], weights["mlp.up_proj.weight"]])),
        Linear(weights["mlp.down_proj.weight"]),
    )


def _rotated(heads: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Turn (rows, heads, width) by each row's position; halves of a head are the coordinates."""
    near, far = heads.chunk(2, dim=-1)
    return heads * cosines + torch.cat([-far, near], dim=-1) * sines


def _attention(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Let the last positions of a sequence see all before them: (count, heads, width).

    query: (count, heads, width). keys, values: (key heads, positions, width).
    """
    count, n_heads, width = query.shape
    n_key_heads, end, _ = keys.shape
    grouped = query.view(count, n_key_heads, n_heads // n_key_heads, width)
    if count == 1:
        found = F.scaled_dot_product_attention(grouped[0][None], keys[None], values[None])
        return found.reshape(1, n_heads, width)
    mask = torch.ones(count, end, dtype=torch.bool, device=query.device).tril(end - count)
    found = F.scaled_dot_product_attention(
        grouped.permute(1, 2, 0, 3), keys[:, None], values[:, None], attn_mask=mask
    )
    return found.permute(2, 0, 1, 3).reshape(count, n_heads, width)
