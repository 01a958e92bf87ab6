"""From embedded tokens to the logits of the next token: what a language model is run by."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from myna.engines.checkpoints.layers import Linear
from myna.engines.cosyvoice.tokens.key_value_cache import BackboneShape, KeyValueCache
from myna.engines.cosyvoice.tokens.qwen2 import Qwen2


class Decoder(Protocol):
    """A transformer with its head, read-only. All of a sequence lies in its slot of a cache.

    The logits of a sequence are the same, bit for bit, whichever others are stepped with it.
    """

    @property
    def precision(self) -> str:
        """How exact it computes: one word, which changes whenever its logits come to differ."""

    @property
    def vocabulary(self) -> int:
        """How many logits there are."""

    def new_cache(self, slots: int, capacity: int) -> KeyValueCache:
        """Allocate room for so many sequences of at most `capacity` positions each."""

    def read(self, hidden: Tensor, cache: KeyValueCache, slot: int) -> Tensor:
        """Append embedded tokens (n, channels) to one slot; return the next logits.

        Shape (vocabulary,). Raises `TextTooLong` where the slot is full.
        """

    def step(self, hidden: Tensor, cache: KeyValueCache, slots: Sequence[int]) -> Tensor:
        """Append one embedded token to each of some slots; return their next logits.

        hidden: (B, channels). Shape (B, vocabulary). Raises `TextTooLong` where one is full.
        """


class ExactDecoder:
    """32 bits throughout."""

    def __init__(self, backbone: Qwen2, head: Linear, shape: BackboneShape, rows: int = 1) -> None:
        """Sequences are stepped together, always as so many rows, empty ones among them.

        A matrix product over another number of rows may round otherwise, and one other token
        changes all that follow. One row is fastest for one sequence, several for as many.
        """
        self._backbone = backbone
        self._head = head
        self._shape = shape
        self._rows = rows

    @property
    def precision(self) -> str:
        """How exact it computes."""
        return f"exact{self._rows}"

    @property
    def vocabulary(self) -> int:
        """How many logits there are."""
        return self._head.weight.shape[0]

    def new_cache(self, slots: int, capacity: int) -> KeyValueCache:
        """Allocate room for so many sequences."""
        return self._shape.new_cache(slots, capacity, self._head.weight.device)

    def read(self, hidden: Tensor, cache: KeyValueCache, slot: int) -> Tensor:
        """Append embedded tokens to one slot."""
        span = cache.extended(slot, len(hidden))
        return self._head(self._backbone.read(hidden, [span], cache)[-1:])[0]

    def step(self, hidden: Tensor, cache: KeyValueCache, slots: Sequence[int]) -> Tensor:
        """Append one embedded token to each of some slots."""
        spans = [cache.extended(slot, 1) for slot in slots]
        logits = []
        for start in range(0, len(slots), self._rows):
            together = spans[start : start + self._rows]
            empty = hidden.new_zeros(self._rows - len(together), hidden.shape[1])
            padded = torch.cat([hidden[start : start + self._rows], empty])
            out = self._head(self._backbone.read(padded, together, cache))
            logits.append(out[: len(together)])
        return torch.cat(logits)
