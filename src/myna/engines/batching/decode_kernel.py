"""Notes each slot's newest position and has it see what its slot holds, and no more: in Triton.

A slot's positions are cut into splits of one fixed size. A program attends to every eighth split of
one slot's keys and values, for all queries that share them, and if the newest position lies in one,
puts its key and value there; what the splits of a slot found is then merged (flash-decoding, Dao et
al. 2023; online softmax, Milakov and Gimelshein 2018). Splits behind a slot's length are not read,
nor is anything of an empty slot. As their size is fixed, and not their number, a sum has the same
bits whatever the other slots hold and however large they are.

The grid follows from the shapes of the cache, lengths are read on the device, and nothing is tuned
while it runs, so it can be recorded in a CUDA graph. It sums in 32 bits, whatever comes in.
Imported only where Triton is installed, by `decode_attention.py`.
"""
# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-decorators, allow-untyped-calls

import torch
import triton
import triton.language as tl
from torch import Tensor

from myna.engines.batching.decode_attention import Heads, Known

SPLIT = 128  # positions
_PROGRAMS = 8  # for the splits of a slot: in most, one for each that is filled
_WIDTH_OF_A_WARP = 8  # channels of a head: so many that a thread's numbers fit its registers


def by_length(lengths: Tensor, heads: Heads, known: Known) -> Tensor:
    """Return what each slot's query finds in the first `lengths` positions of its slot.

    lengths: (slots,) int64; the last of the positions is the newest, whose key and value are put
    there. heads: its query (slots, heads, width), the heads that share a key head side by side, its
    key and its value (slots, key heads, width). known: keys and values (slots, key heads, capacity,
    width), contiguous; `width` is a power of two. Shape and dtype as the query. Where the length is
    0, nothing is put and zeros are found.
    """
    (query, key, value), (keys, values) = heads, known
    slots, n_heads, width = query.shape
    _, n_key_heads, capacity, _ = keys.shape
    if not all(each.is_contiguous() for each in (keys, values, query[0], key[0], value[0])):
        raise ValueError("what belongs to a slot must lie in one piece")
    n_splits = triton.cdiv(capacity, SPLIT)
    rows, warps = slots * n_heads * n_splits, warps_for(width)
    found = torch.empty(rows, width, dtype=torch.float32, device=query.device)
    peaks = torch.empty(rows, dtype=torch.float32, device=query.device)
    sums = torch.empty_like(peaks)
    merged = torch.empty(slots, n_heads, width, dtype=query.dtype, device=query.device)
    _attend_splits[(min(n_splits, _PROGRAMS), n_key_heads, slots)](
        query,
        key,
        value,
        query.stride(0),
        key.stride(0),
        value.stride(0),
        keys,
        values,
        lengths,
        found,
        peaks,
        sums,
        scale=width**-0.5,
        group=n_heads // n_key_heads,
        width=width,
        capacity=capacity,
        split=SPLIT,
        n_splits=n_splits,
        num_warps=warps,
    )
    _merge_splits[(n_heads, slots)](
        found,
        peaks,
        sums,
        lengths,
        merged,
        n_splits=n_splits,
        padded=triton.next_power_of_2(n_splits),
        width=width,
        split=SPLIT,
        num_warps=warps,
    )
    return merged


def warps_for(width: int) -> int:
    """Return how many warps share a split of heads of this width."""
    return max(1, min(8, width // _WIDTH_OF_A_WARP))


@triton.jit
def _attend_splits(  # noqa: PLR0913 - a kernel takes addresses and sizes one by one
    query,
    new_key,
    new_value,
    query_stride,
    key_stride,
    value_stride,
    keys,
    values,
    lengths,
    found,
    peaks,
    sums,
    scale: tl.constexpr,
    group: tl.constexpr,
    width: tl.constexpr,
    capacity: tl.constexpr,
    split: tl.constexpr,
    n_splits: tl.constexpr,
):
    key_head = tl.program_id(1)
    slot = tl.program_id(2).to(tl.int64)
    length = tl.load(lengths + slot).to(tl.int32)
    columns = tl.arange(0, width)
    for part in range(tl.program_id(0), tl.cdiv(length, split), tl.num_programs(0)):
        places = part * split + tl.arange(0, split)
        filled = places < length
        known = (places < length - 1)[:, None]
        own = tl.load(new_key + slot * key_stride + key_head * width + columns)
        said = tl.load(new_value + slot * value_stride + key_head * width + columns)
        first = (slot * tl.num_programs(1) + key_head) * capacity * width
        cells = places[:, None] * width + columns[None, :]
        key = tl.load(keys + first + cells, mask=known, other=0.0)
        value = tl.load(values + first + cells, mask=known, other=0.0)
        key = tl.where(known, key, own[None, :]).to(tl.float32)
        value = tl.where(known, value, said[None, :]).to(tl.float32)
        if length - 1 < (part + 1) * split:
            tl.store(keys + first + (length - 1) * width + columns, own)
            tl.store(values + first + (length - 1) * width + columns, said)
        for member in tl.static_range(group):
            head = key_head * group + member
            asked = tl.load(query + slot * query_stride + head * width + columns).to(tl.float32)
            scores = tl.sum(key * (asked * scale)[None, :], axis=1)
            scores = tl.where(filled, scores, float("-inf"))
            peak = tl.max(scores, axis=0)
            weights = tl.exp(scores - peak)
            row = (slot * tl.num_programs(1) * group + head) * n_splits + part
            tl.store(found + row * width + columns, tl.sum(weights[:, None] * value, axis=0))
            tl.store(peaks + row, peak)
            tl.store(sums + row, tl.sum(weights, axis=0))


@triton.jit
def _merge_splits(  # noqa: PLR0913
    found,
    peaks,
    sums,
    lengths,
    merged,
    n_splits: tl.constexpr,
    padded: tl.constexpr,
    width: tl.constexpr,
    split: tl.constexpr,
):
    head = tl.program_id(0)
    slot = tl.program_id(1).to(tl.int64)
    length = tl.load(lengths + slot)
    parts = tl.arange(0, padded)
    columns = tl.arange(0, width)
    filled = parts * split < length
    row = slot * tl.num_programs(0) + head
    peak = tl.load(peaks + row * n_splits + parts, mask=filled, other=float("-inf"))
    factors = tl.exp(peak - tl.where(length > 0, tl.max(peak, axis=0), 0.0))
    total = tl.sum(factors * tl.load(sums + row * n_splits + parts, mask=filled, other=0.0), axis=0)
    cells = (row * n_splits + parts)[:, None] * width + columns[None, :]
    pieces = tl.load(found + cells, mask=filled[:, None], other=0.0)
    whole = tl.sum(pieces * factors[:, None], axis=0) / tl.where(length > 0, total, 1.0)
    tl.store(merged + row * width + columns, whole.to(merged.dtype.element_ty))
