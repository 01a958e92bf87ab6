"""How the newest position of each slot sees its slot, in static shapes, with nothing read back.

`MASKED` attends over the whole capacity of the slots under a mask, in torch: it runs anywhere, and
costs the same however little the slots hold. On a GPU where Triton is installed, a kernel reads no
more than they hold (`decode_kernel.py`). `attention_on` chooses once, at start: the kernel is tried
on numbers of the cache's shapes, and where it fails or is wrong, the log says so and the mask takes
its place. **No GPU has run the kernel yet**: it was tested in Triton's interpreter.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

logger = logging.getLogger(__name__)

_EDGES = (127, 128, 129, 256, 257)  # lengths around which splits begin
_ROUNDING = 1e-5  # of sums in 32 bits

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Query (slots, heads, width), keys and values (slots, key heads, capacity, width) of one layer:
what was found, as the query."""


@dataclass(frozen=True, slots=True)
class DecodeAttention:
    """A way to attend, for a step of all slots."""

    name: str
    over: Callable[[Tensor, int], Attend]
    """Takes how many positions each slot sees (slots,) int64, its newest included, and the capacity
    of the slots. A slot that sees 0 finds numbers that mean nothing."""

    def named(self, precision: str) -> str:
        """Return the name of a precision whose logits it computes."""
        return precision if self is MASKED else f"{precision}-{self.name}"


@dataclass(frozen=True, slots=True)
class CacheShape:
    """The sizes of a layer's keys or values, and of the queries that look into them."""

    n_heads: int
    n_key_heads: int
    capacity: int
    width: int
    dtype: torch.dtype


def _masked(lengths: Tensor, capacity: int) -> Attend:
    positions = torch.arange(capacity, device=lengths.device)
    seen = (positions[None] < lengths.clamp(min=1)[:, None])[:, None, None]

    def attend(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        grouped = query.reshape(len(query), keys.shape[1], -1, query.shape[2])
        found = F.scaled_dot_product_attention(grouped, keys, values, attn_mask=seen)
        return found.reshape(query.shape)

    return attend


MASKED = DecodeAttention("masked", _masked)


def attention_on(device: torch.device, shape: CacheShape) -> DecodeAttention:
    """Return how to attend on a device, to caches of this shape."""
    if device.type != "cuda":
        return MASKED
    with torch.cuda.device(device):
        return tried(read_by_length, shape, device)


def tried(
    read: Callable[[], DecodeAttention], shape: CacheShape, device: torch.device
) -> DecodeAttention:
    """Return what `read` does if it comes to the right numbers on a device; else `MASKED`."""
    allowed = tolerance(shape.dtype)
    try:
        attention = read()
        error = deviation(attention, shape, device)
        if error <= allowed:
            return attention
        reason = f"it is {error:.2g} off, where {allowed:.2g} is rounding"
    except Exception as error:  # noqa: BLE001 - whatever a compiler or a driver may say
        reason = f"{type(error).__name__}: {error}"
    logger.warning(
        "Attention covers the whole capacity of every slot on %s, which takes longer, because its "
        "Triton kernel cannot be used: %s",
        device,
        reason,
    )
    return MASKED


def read_by_length() -> DecodeAttention:
    """Return the kernel. Raises `ImportError` without Triton."""
    from myna.engines.batching.decode_kernel import by_length

    def over(lengths: Tensor, _: int) -> Attend:
        return lambda query, keys, values: by_length(query, keys, values, lengths)

    return DecodeAttention("by-length", over)


def tolerance(dtype: torch.dtype) -> float:
    """Return how far results of a precision may be off, as a share of the largest."""
    return max(2 * torch.finfo(dtype).eps, _ROUNDING)


@torch.inference_mode()
def deviation(attention: DecodeAttention, shape: CacheShape, device: torch.device) -> float:
    """Try a way to attend on random numbers, in slots short and long, full and empty.

    Returns by how much it is off the same in 64 bits on the CPU, as a share of the largest number
    in a slot, at worst; infinity where it finds what is no number.
    """
    lengths = torch.tensor([20, 0, 1, *_EDGES, shape.capacity - 7, shape.capacity])
    lengths = lengths.clamp(0, shape.capacity)
    generator = torch.Generator().manual_seed(0)

    def random(*sizes: int) -> Tensor:
        drawn = torch.randn(len(lengths), *sizes, shape.width, generator=generator)
        return drawn.to(shape.dtype)

    given = [random(shape.n_heads)]
    given += [random(shape.n_key_heads, shape.capacity) for _ in range(2)]
    expected = MASKED.over(lengths, shape.capacity)(*(each.double() for each in given))
    found = attention.over(lengths.to(device), shape.capacity)(*(each.to(device) for each in given))
    off = (found.cpu().double() - expected).abs().amax(dim=(1, 2))
    shares = torch.where(lengths > 0, off / expected.abs().amax(dim=(1, 2)), off * 0)
    return float(shares.nan_to_num(torch.inf, torch.inf).max())
