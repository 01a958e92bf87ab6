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

from myna.engines.batching.decode_attention import Attend, DecodeAttention, Heads, Known
from myna.engines.checkpoints.layers import Linear
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.tokens.key_value_cache import BackboneShape, KeyValueCache, Span


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

    def __init__(self, tensors: Tensors, shape: BackboneShape) -> None:
        """Read the layers `layers.N` and the norm `norm`."""
        epsilon = shape.norm_epsilon
        self._blocks = [
            _block(tensors.scope(f"layers.{index}"), epsilon) for index in range(shape.n_layers)
        ]
        self._norm = _RmsNorm(tensors["norm.weight"], epsilon)
        self._shape = shape

    def read(self, hidden: Tensor, spans: Sequence[Span], cache: KeyValueCache) -> Tensor:
        """Append rows to sequences and return what comes out of each row, normalised.

        hidden: (rows, channels), those of the spans one after another; further rows run along
        and leave no trace. The spans are of different slots and continue their sequences. Shape
        (rows, channels).
        """
        device = hidden.device
        places = torch.cat([torch.arange(span.start, span.end, device=device) for span in spans])
        places = F.pad(places, (0, len(hidden) - len(places)))

        def attend(heads: Heads, known: Known) -> Tensor:
            return _attended(heads, spans, known)

        found = self._through(hidden, places, cache, attend)
        for span in spans:
            cache.lengths[span.slot] = span.end
        return found

    def step(
        self,
        hidden: Tensor,
        places: Tensor,
        cache: KeyValueCache,
        going: Tensor,
        attention: DecodeAttention,
    ) -> Tensor:
        """Append one row to every slot and return what comes out of each, normalised.

        hidden: (slots, channels). places: (slots,) int64, where in its slot each row goes; before
        it there are as many positions. What comes out of slots that are not `going` (slots,) bool
        means nothing. Shapes are static and nothing is read back, as a captured graph needs.
        `cache.lengths` stays.
        """
        return self._through(hidden, places, cache, attention.over(places, going))

    def _through(
        self, hidden: Tensor, places: Tensor, cache: KeyValueCache, attend: Attend
    ) -> Tensor:
        """Send rows (rows, channels) at some places (rows,) through all layers and the norm."""
        angles = cache.cosines[places, None], cache.sines[places, None]
        for layer, block in enumerate(self._blocks):
            projected = block.attention_in(block.attention_norm(hidden))
            heads = self._heads(projected.view(len(hidden), -1, self._shape.width), angles)
            found = attend(heads, (cache.keys[layer], cache.values[layer]))
            hidden = hidden + block.attention_out(found.flatten(1))
            gate, wide = block.widen(block.feed_forward_norm(hidden)).chunk(2, dim=-1)
            hidden = hidden + block.narrow(F.silu(gate) * wide)
        return self._norm(hidden)

    def _heads(self, heads: Tensor, angles: tuple[Tensor, Tensor]) -> Heads:
        """Return query, key and value of rows, turned to their places: (rows, heads, width)."""
        shape = self._shape
        n_turned = shape.n_heads + shape.n_key_heads
        turned = _rotated(heads[:, :n_turned], *angles).to(heads.dtype)
        return turned[:, : shape.n_heads], turned[:, shape.n_heads :], heads[:, n_turned:]


def _attended(heads: Heads, spans: Sequence[Span], known: Known) -> Tensor:
    """Let the rows of each span see their own sequence: (rows, heads, width)."""
    (query, key, value), (keys, values) = heads, known
    found = torch.zeros_like(query)
    row = 0
    for span in spans:
        rows = slice(row, row + span.count)
        keys[span.slot, :, span.start : span.end] = key[rows].transpose(0, 1)
        values[span.slot, :, span.start : span.end] = value[rows].transpose(0, 1)
        seen = keys[span.slot, :, : span.end], values[span.slot, :, : span.end]
        found[rows] = _attention(query[rows], *seen)
        row += span.count
    return found


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
    return torch.cat([near * cosines - far * sines, far * cosines + near * sines], dim=-1)


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
