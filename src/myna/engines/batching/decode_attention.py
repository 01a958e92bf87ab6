"""How each slot notes its newest position and has it see what the slot holds, in static shapes.

`MASKED` attends over the whole capacity of the slots under a mask, in torch: it runs anywhere, and
costs the same however little the slots hold. On a GPU where Triton is installed, a kernel reads no
more than they hold (`decode_kernel.py`). `attention_on` chooses once, at start: the kernel is tried
on numbers of the cache's shapes, and where it fails or is wrong, the log says so and the mask takes
its place. **No GPU has run the kernel yet**: it was tested in Triton's interpreter.
"""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

logger = logging.getLogger(__name__)

_EDGES = (127, 128, 129, 256, 257)  # lengths around which splits begin
_ROUNDING = 1e-5  # of sums in 32 bits

Heads = tuple[Tensor, Tensor, Tensor]
"""Of each slot's newest position in a layer: query (slots, heads, width), key and value (slots, key
heads, width)."""

Known = tuple[Tensor, Tensor]
"""Keys and values of a layer: (slots, key heads, capacity, width) each."""

Attend = Callable[[Heads, Known], Tensor]
"""Puts keys and values where they belong among those of the slots; returns what the queries find
there, as the queries."""


@dataclass(frozen=True, slots=True)
class DecodeAttention:
    """A way to attend, for a step of all slots."""

    name: str
    over: Callable[[Tensor, Tensor], Attend]
    """Takes where in its slot each newest position goes, (slots,) int64, so many are before it; and
    which slots are going, (slots,) bool. In the others, what is found means nothing, and what is at
    that place afterwards, too."""

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


def _masked(places: Tensor, _: Tensor) -> Attend:
    rows = torch.arange(len(places), device=places.device)
    masks: dict[int, Tensor] = {}  # by capacity: the layers share one

    def attend(heads: Heads, known: Known) -> Tensor:
        (query, key, value), (keys, values) = heads, known
        keys[rows, :, places] = key
        values[rows, :, places] = value
        capacity = keys.shape[2]
        if capacity not in masks:
            positions = torch.arange(capacity, device=places.device)
            masks[capacity] = (positions[None] <= places[:, None])[:, None, None]
        grouped = query.reshape(len(query), keys.shape[1], -1, query.shape[2])
        found = F.scaled_dot_product_attention(grouped, keys, values, attn_mask=masks[capacity])
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

    def over(places: Tensor, going: Tensor) -> Attend:
        lengths = torch.where(going, places + 1, 0)
        return lambda heads, known: by_length(lengths, heads, known)

    return DecodeAttention("by-length", over)


def tolerance(dtype: torch.dtype) -> float:
    """Return how far results of a precision may be off, as a share of the largest."""
    return max(2 * torch.finfo(dtype).eps, _ROUNDING)


@torch.inference_mode()
def deviation(attention: DecodeAttention, shape: CacheShape, device: torch.device) -> float:
    """Try a way to attend on random numbers, in slots short and long, full and idle.

    Returns by how much it is off the same in 64 bits on the CPU, as a share of the largest number
    in a slot, at worst; infinity where it finds what is no number, or leaves other keys and values.
    """
    lengths = torch.tensor([20, 0, 1, *_EDGES, shape.capacity - 7, shape.capacity])
    lengths = lengths.clamp(0, shape.capacity)
    places, going = (lengths - 1).clamp(min=0), lengths > 0
    generator = torch.Generator().manual_seed(0)

    def random(*sizes: int) -> Tensor:
        drawn = torch.randn(len(lengths), *sizes, shape.width, generator=generator)
        return drawn.to(shape.dtype)

    heads = random(shape.n_heads), random(shape.n_key_heads), random(shape.n_key_heads)
    known = [random(shape.n_key_heads, shape.capacity) for _ in range(2)]
    wide, there = ([each.to(to) for each in known] for to in (torch.float64, device))
    query, key, value = (each.double() for each in heads)
    expected = MASKED.over(places, going)((query, key, value), (wide[0], wide[1]))
    query, key, value = (each.to(device) for each in heads)
    attend = attention.over(places.to(device), going.to(device))
    found = attend((query, key, value), (there[0], there[1]))
    if any(
        not torch.equal(ours[going].double(), theirs[going])
        for ours, theirs in zip((each.cpu() for each in there), wide, strict=True)
    ):
        return math.inf
    off = (found.cpu().double() - expected).abs().amax(dim=(1, 2))
    shares = torch.where(going, off / expected.abs().amax(dim=(1, 2)), off * 0)
    return float(shares.nan_to_num(torch.inf, torch.inf).max())
