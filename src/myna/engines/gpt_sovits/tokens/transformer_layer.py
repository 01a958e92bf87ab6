"""The layer that BERT and HuBERT are made of (Vaswani et al. 2017)."""

from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.layers import LayerNorm, Linear, join_heads, split_heads
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.layers import attention


@dataclass(frozen=True, slots=True)
class LayerNames:
    """What a checkpoint calls the parts of a layer."""

    query: str
    key: str
    value: str
    attended: str
    attention_norm: str
    widen: str
    narrow: str
    last_norm: str


@dataclass(frozen=True, slots=True, eq=False)
class TransformerLayer:
    """Attention of all positions to all, then a feed-forward layer; normalised after each."""

    query: Linear
    key: Linear
    value: Linear
    attended: Linear
    attention_norm: LayerNorm
    widen: Linear
    narrow: Linear
    last_norm: LayerNorm
    n_heads: int

    @classmethod
    def of(
        cls, tensors: Tensors, names: LayerNames, n_heads: int, epsilon: float
    ) -> "TransformerLayer":
        """Read a layer; `epsilon` is that of its norms."""

        def linear(name: str) -> Linear:
            return Linear.of(tensors.scope(name))

        def norm(name: str) -> LayerNorm:
            return LayerNorm.of(tensors.scope(name), epsilon)

        return cls(
            linear(names.query),
            linear(names.key),
            linear(names.value),
            linear(names.attended),
            norm(names.attention_norm),
            linear(names.widen),
            linear(names.narrow),
            norm(names.last_norm),
            n_heads,
        )

    def __call__(self, hidden: Tensor) -> Tensor:
        """Keep the shape (batch, positions, channels)."""
        query, key, value = (
            split_heads(projection(hidden), self.n_heads)
            for projection in (self.query, self.key, self.value)
        )
        attended = self.attended(join_heads(attention(query, key, value)))
        hidden = self.attention_norm(hidden + attended)
        return self.last_norm(hidden + self.narrow(F.gelu(self.widen(hidden))))
