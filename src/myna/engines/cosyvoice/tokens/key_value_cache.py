"""What a Qwen2 decoder remembers of sequences, in memory allocated once."""

from dataclasses import dataclass

import torch
from torch import Tensor

from myna.core.errors import TextTooLong
from myna.engines.checkpoints.tensors import Tensors


@dataclass(frozen=True, slots=True)
class BackboneConfig:
    """What the shapes of a checkpoint do not tell: `config.json` beside it does."""

    n_heads: int = 14  # num_attention_heads
    rope_base: float = 1e6  # rope_theta
    norm_epsilon: float = 1e-6  # rms_norm_eps


@dataclass(frozen=True, slots=True)
class BackboneShape:
    """The sizes of a Qwen2 decoder."""

    n_layers: int
    channels: int
    n_heads: int
    n_key_heads: int
    width: int  # channels of a head
    rope_base: float
    norm_epsilon: float

    @classmethod
    def of(cls, tensors: Tensors, config: BackboneConfig) -> "BackboneShape":
        """Read the sizes of the layers `layers.N`."""
        attention = tensors.scope("layers.0.self_attn")
        rows, channels = attention["q_proj.weight"].shape
        width = rows // config.n_heads
        return cls(
            tensors.count("layers"),
            channels,
            config.n_heads,
            attention["k_proj.weight"].shape[0] // width,
            width,
            config.rope_base,
            config.norm_epsilon,
        )

    def new_cache(
        self,
        slots: int,
        capacity: int,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> "KeyValueCache":
        """Allocate room for so many sequences of at most `capacity` positions each.

        On a processor, memory is taken up as positions are filled.
        """
        shape = (self.n_layers, slots, self.n_key_heads, capacity, self.width)
        halves = torch.arange(0, self.width, 2, dtype=torch.float32) / self.width
        positions = torch.arange(capacity, dtype=torch.float32)
        angles = torch.outer(positions, 1.0 / self.rope_base**halves).to(device)
        return KeyValueCache(
            torch.empty(shape, device=device, dtype=dtype),
            torch.empty(shape, device=device, dtype=dtype),
            angles.cos(),
            angles.sin(),
            [0] * slots,
        )


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class KeyValueCache:
    """What each layer remembers of each slot's sequence."""

    keys: Tensor  # (layers, slots, key heads, capacity, width)
    values: Tensor  # as keys
    cosines: Tensor  # (capacity, width / 2): of the rotary angles at each position
    sines: Tensor  # as cosines
    lengths: list[int]  # positions filled in each slot

    @property
    def capacity(self) -> int:
        """Positions a slot has room for."""
        return self.keys.shape[3]

    def clear(self, slot: int) -> None:
        """Forget the sequence in a slot."""
        self.lengths[slot] = 0

    def wipe(self, slot: int) -> None:
        """Leave nothing but zeros in a slot: what a mask hides must at least be a number."""
        self.keys[:, slot].zero_()
        self.values[:, slot].zero_()

    def copied(self, slot: int) -> tuple[Tensor, Tensor]:
        """Return the keys and values of the sequence in a slot, for `put`."""
        length = self.lengths[slot]
        return self.keys[:, slot, :, :length].clone(), self.values[:, slot, :, :length].clone()

    def put(self, slot: int, sequence: tuple[Tensor, Tensor]) -> None:
        """Put a copied sequence into a slot, in place of what is there."""
        length = sequence[0].shape[2]
        self.keys[:, slot, :, :length], self.values[:, slot, :, :length] = sequence
        self.lengths[slot] = length

    def extended(self, slot: int, count: int) -> "Span":
        """Return where so many more positions of a slot go. Raises `TextTooLong`."""
        start = self.lengths[slot]
        if start + count > self.capacity:
            raise TextTooLong(start + count, self.capacity, "tokens, speech included")
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
