"""The language model on a GPU: in 16 bits or 32, with a step that can be captured."""

from collections.abc import Sequence

import torch
from torch import Tensor

from myna.engines.batching.decode_attention import CacheShape, DecodeAttention, attention_on
from myna.engines.checkpoints.layers import Linear
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.tokens.key_value_cache import (
    BackboneConfig,
    BackboneShape,
    KeyValueCache,
)
from myna.engines.cosyvoice.tokens.language_model import BACKBONE, LanguageModel, assembled
from myna.engines.cosyvoice.tokens.language_slots import CAPACITY
from myna.engines.cosyvoice.tokens.qwen2 import Qwen2
from myna.engines.cosyvoice.version import Version


class DeviceDecoder:
    """A `Decoder`; beside what that promises, it steps all slots of a cache in static shapes."""

    def __init__(
        self,
        tensors: Tensors,
        shape: BackboneShape,
        dtype: torch.dtype,
        attention: DecodeAttention | None = None,
    ) -> None:
        """`tensors` are those of `llm.pt`; logits are computed in float32 whatever the `dtype`.

        attention: how a step attends; what is best on the device unless given.
        """
        layers = tensors.scope(BACKBONE).to(tensors.device, dtype)
        self._backbone = Qwen2(layers, shape)
        self._head = Linear(tensors["llm_decoder.weight"], tensors.get("llm_decoder.bias"))
        self._shape = shape
        self._dtype = dtype
        self.attention = attention or attention_on(tensors.device, self.cache_shape(CAPACITY))
        """How a step attends."""

    @property
    def precision(self) -> str:
        """That of the weights."""
        return self.attention.named(f"captured-{self._dtype}".replace("torch.", ""))

    @property
    def vocabulary(self) -> int:
        """How many logits there are."""
        return self._head.weight.shape[0]

    def cache_shape(self, capacity: int) -> CacheShape:
        """Return the sizes of a layer's cache with so many positions to a slot."""
        shape = self._shape
        return CacheShape(shape.n_heads, shape.n_key_heads, capacity, shape.width, self._dtype)

    def new_cache(self, slots: int, capacity: int) -> KeyValueCache:
        """Allocate room for so many sequences, empty: what is masked must at least be a number."""
        cache = self._shape.new_cache(slots, capacity, self._head.weight.device, self._dtype)
        cache.keys.zero_()
        cache.values.zero_()
        return cache

    def read(self, hidden: Tensor, cache: KeyValueCache, slot: int) -> Tensor:
        """Append embedded tokens to one slot."""
        span = cache.extended(slot, len(hidden))
        return self._logits(self._backbone.read(hidden.to(self._dtype), [span], cache)[-1:])[0]

    def step(self, hidden: Tensor, cache: KeyValueCache, slots: Sequence[int]) -> Tensor:
        """Append one embedded token to each of some slots, one after another."""
        rows = [
            self.read(hidden[row : row + 1], cache, slot)[None] for row, slot in enumerate(slots)
        ]
        return torch.cat(rows)

    def step_all(
        self, hidden: Tensor, places: Tensor, cache: KeyValueCache, going: Tensor
    ) -> Tensor:
        """Put one embedded token of each slot at a place; return the next logits.

        See `Qwen2.step`. hidden: (slots, channels). Shape (slots, vocabulary).
        """
        read = hidden.to(self._dtype)
        return self._logits(self._backbone.step(read, places, cache, going, self.attention))

    def _logits(self, found: Tensor) -> Tensor:
        return self._head(found.float())


def read_device_model(
    tensors: Tensors,
    *,
    version: Version,
    config: BackboneConfig | None = None,
    dtype: torch.dtype = torch.float32,
) -> LanguageModel:
    """Return the model of `llm.pt` on the device its tensors come on; see `read_language_model`."""
    shape = BackboneShape.of(tensors.scope(BACKBONE), config or BackboneConfig())
    return assembled(tensors, DeviceDecoder(tensors, shape, dtype), version)
