"""Attention of each slot's newest position to what its slot holds, and to no more: in Triton.

A slot's positions are cut into splits of one fixed size. A program attends to one split of one
slot's keys and values, for all queries that share them; what the splits of a slot found is then
merged (flash-decoding, Dao et al. 2023; online softmax, Milakov and Gimelshein 2018). Splits behind
a slot's length are not read, nor is anything of an empty slot. As their size is fixed, and not
their number, a sum has the same bits whatever the other slots hold and however large they are.

The grid follows from the shapes of the cache, lengths are read on the device, and nothing is tuned
while it runs, so it can be recorded in a CUDA graph. It sums in 32 bits, whatever comes in.
Imported only where Triton is installed, by `decode_attention.py`.
"""
# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-decorators, allow-untyped-calls

import torch
import triton
import triton.language as tl
from torch import Tensor

SPLIT = 128  # positions
_WARPS = 4


def by_length(query: Tensor, keys: Tensor, values: Tensor, lengths: Tensor) -> Tensor:
    """Return what each slot's query finds in the first `lengths` positions of its slot.

    query: (slots, heads, width), the heads that share a key head side by side. keys, values:
    (slots, key heads, capacity, width), contiguous; `width` is a power of two. lengths: (slots,)
    int64. Shape and dtype as `query`; zeros where the length is 0.
    """
    slots, n_heads, width = query.shape
    _, n_key_heads, capacity, _ = keys.shape
    if not (keys.is_contiguous() and values.is_contiguous() and query[0].is_contiguous()):
        raise ValueError("keys, values and the query of a slot must lie one after another")
    n_splits = triton.cdiv(capacity, SPLIT)
    rows = slots * n_heads * n_splits
    found = torch.empty(rows, width, dtype=torch.float32, device=query.device)
    peaks = torch.empty(rows, dtype=torch.float32, device=query.device)
    sums = torch.empty_like(peaks)
    merged = torch.empty(slots, n_heads, width, dtype=query.dtype, device=query.device)
    _attend_split[(n_splits, n_key_heads, slots)](
        query,
        keys,
        values,
        lengths,
        found,
        peaks,
        sums,
        query.stride(0),
        scale=width**-0.5,
        group=n_heads // n_key_heads,
        width=width,
        capacity=capacity,
        split=SPLIT,
        num_warps=_WARPS,
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
        num_warps=_WARPS,
    )
    return merged


@triton.jit
def _attend_split(  # noqa: PLR0913 - a kernel takes addresses and sizes one by one
    query,
    keys,
    values,
    lengths,
    found,
    peaks,
    sums,
    query_stride,
    scale: tl.constexpr,
    group: tl.constexpr,
    width: tl.constexpr,
    capacity: tl.constexpr,
    split: tl.constexpr,
):
    part = tl.program_id(0)
    key_head = tl.program_id(1)
    slot = tl.program_id(2).to(tl.int64)
    length = tl.load(lengths + slot)
    if part * split < length:
        places = part * split + tl.arange(0, split)
        columns = tl.arange(0, width)
        filled = places < length
        first = (slot * tl.num_programs(1) + key_head) * capacity * width
        cells = places[:, None] * width + columns[None, :]
        key = tl.load(keys + first + cells, mask=filled[:, None], other=0.0).to(tl.float32)
        value = tl.load(values + first + cells, mask=filled[:, None], other=0.0).to(tl.float32)
        for member in tl.static_range(group):
            head = key_head * group + member
            asked = tl.load(query + slot * query_stride + head * width + columns).to(tl.float32)
            scores = tl.sum(key * (asked * scale)[None, :], axis=1)
            scores = tl.where(filled, scores, float("-inf"))
            peak = tl.max(scores, axis=0)
            weights = tl.exp(scores - peak)
            row = (slot * tl.num_programs(1) * group + head) * tl.num_programs(0) + part
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
