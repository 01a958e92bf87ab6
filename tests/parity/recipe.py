"""Tensors made from their names, so that parity data needs no weights.

A name is hashed with SHA-256; its first eight bytes, little-endian, seed a SplitMix64 counter.
What a weight's numbers are scaled by follows from the last part of its name and its shape.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_COUNTER = 0x9E3779B97F4A7C15
_MIXERS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_NOT_WEIGHTS = ("inv_freq", "freqs_cis", ".filter")


def random_bits(name: str, count: int) -> npt.NDArray[np.uint64]:
    """Return `count` 64-bit numbers that depend on the name only."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    with np.errstate(over="ignore"):
        state = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_COUNTER) + np.uint64(seed)
        for shift, factor in _MIXERS:
            state = (state ^ (state >> np.uint64(shift))) * np.uint64(factor)
        return state ^ (state >> np.uint64(31))


def uniform01(name: str, shape: Sequence[int]) -> Floats:
    """Return numbers in [0, 1) with 24 random bits each."""
    bits = random_bits(name, math.prod(shape)) >> np.uint64(40)
    return (bits.astype(np.float32) / np.float32(1 << 24)).reshape(tuple(shape))


def uniform(name: str, shape: Sequence[int]) -> Floats:
    """Return numbers in [-1, 1)."""
    return uniform01(name, shape) * np.float32(2) - np.float32(1)


def normal(name: str, shape: Sequence[int]) -> Floats:
    """Return normally distributed numbers, by Box and Muller."""
    radius = np.sqrt(-2.0 * np.log(1.0 - uniform01(f"{name}|a", shape).astype(np.float64)))
    angle = 2.0 * np.pi * uniform01(f"{name}|b", shape).astype(np.float64)
    return (radius * np.cos(angle)).astype(np.float32)


def integers(name: str, shape: Sequence[int], below: int) -> npt.NDArray[np.int64]:
    """Return integers from 0 to `below` - 1."""
    bits = random_bits(name, math.prod(shape)) % np.uint64(below)
    return bits.astype(np.int64).reshape(tuple(shape))


def weight(name: str, shape: Sequence[int]) -> npt.NDArray[np.generic]:
    """Return the tensor of a checkpoint key."""
    leaf = name.rsplit(".", 1)[-1]
    if leaf == "num_batches_tracked":
        return np.zeros(tuple(shape), np.int64)
    centre, spread = _centre_and_spread(name, leaf, tuple(shape))
    if spread == 0:
        return np.full(tuple(shape), centre, np.float32)
    scaled = uniform(name, shape)
    for factor in _factors(spread):
        scaled = scaled * np.float32(factor)
    if leaf == "weight_g":
        return np.float32(0.8) * (np.float32(1) + scaled)
    return np.float32(centre) + scaled if centre else scaled


def state(shapes: Mapping[str, Sequence[int]]) -> dict[str, npt.NDArray[np.generic]]:
    """Return every weight of a checkpoint, leaving out buffers that constructors compute."""
    return {
        name: weight(name, shape)
        for name, shape in shapes.items()
        if not name.endswith(_NOT_WEIGHTS)
    }


def _factors(spread: float | tuple[float, float]) -> tuple[float, ...]:
    return spread if isinstance(spread, tuple) else (spread,)


_ROOT3 = 3.0**0.5  # uniform numbers times this have standard deviation 1
_BY_LEAF: Mapping[str, tuple[float, float | tuple[float, float]]] = {
    "inited": (1, 0),
    "cluster_size": (1, 0),
    "embed": (0, _ROOT3),
    "embed_avg": (0, _ROOT3),
    "running_mean": (0, 0.05),
    "running_var": (1, 0.1),
    "weight_g": (1, 0.1),  # of 0.8: see `weight`
    "alpha": (1, 0.1),
    "beta": (0, 0.05),
    "bias": (0, 0.05),
    "in_proj_bias": (0, 0.05),
}


def _centre_and_spread(
    name: str, leaf: str, shape: tuple[int, ...]
) -> tuple[float, float | tuple[float, float]]:
    if leaf in ("emb_rel_k", "emb_rel_v"):
        return 0, (_ROOT3, shape[-1] ** -0.5)
    if leaf in ("alpha", "beta") and ".act" in name:
        return 0, 0.2
    if leaf == "gamma":
        return (0, 0.2) if len(shape) == 3 else (1, 0.1)
    if leaf in _BY_LEAF:
        return _BY_LEAF[leaf]
    if name.endswith("prelu.weight"):
        return 0.25, 0.05
    if name.endswith(("word_embeddings.weight", "text_embedding.weight")):
        return 0, _ROOT3
    return _by_shape(leaf, shape)


def _by_shape(leaf: str, shape: tuple[int, ...]) -> tuple[float, float | tuple[float, float]]:
    if leaf.startswith("bias_"):
        return 0, 0.05
    if len(shape) == 0:
        return 0, 0.1
    if len(shape) == 1:
        return 1, 0.1
    return 0, (_ROOT3, math.prod(shape[1:]) ** -0.5)
