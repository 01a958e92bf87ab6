"""Tensors made from their names, so that parity data needs no weights.

The CRC-32 of a name seeds a SplitMix64 counter. What a weight's numbers are scaled by follows
from its name and its shape.
"""

import json
import math
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Floats = npt.NDArray[np.float32]

_STRIDE = 0x9E3779B97F4A7C15
_MIXERS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_TABLES = (
    "embed_tokens.weight",
    "speech_embedding.weight",
    "llm_embedding.weight",
    "input_embedding.weight",
    "lm_head.weight",
)


def uniform(name: str, shape: Sequence[int]) -> Floats:
    """Return numbers in [-1, 1), whole multiples of 2 to the -23."""
    count = math.prod(shape)
    start = zlib.crc32(name.encode()) * 0xD1342543DE82EF95 % (1 << 64)
    with np.errstate(over="ignore"):
        bits = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_STRIDE) + np.uint64(start)
        for shift, factor in _MIXERS:
            bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
        bits = (bits ^ (bits >> np.uint64(31))) >> np.uint64(40)
    halves = bits.astype(np.float32) * np.float32(2.0**-23) - np.float32(1)
    return halves.reshape(tuple(shape))


def array(name: str, shape: Sequence[int], scale: float = 1.0, offset: float = 0.0) -> Floats:
    """Return numbers around `offset`, at most `scale` away."""
    return uniform(name, shape) * np.float32(scale) + np.float32(offset)


def integers(name: str, shape: Sequence[int], below: int) -> npt.NDArray[np.int64]:
    """Return integers from 0 to `below` - 1."""
    scaled = (uniform(name, shape).astype(np.float64) + 1.0) * 0.5 * below
    return np.minimum(scaled.astype(np.int64), below - 1)


def signal(sample_rate: int, seconds: float) -> Floats:
    """Return a sound that sweeps, wavers and hisses."""
    length = int(sample_rate * seconds)
    time = np.arange(length, dtype=np.float64) / sample_rate
    turn = 2 * np.pi
    sound = 0.3 * np.sin(turn * (110 * time + 60 * time * time))
    sound = sound + 0.15 * np.sin(turn * 733 * time)
    sound = sound + 0.08 * np.sin(turn * (2500 + 900 * np.sin(turn * 1.5 * time)) * time)
    sound *= 0.55 + 0.45 * np.sin(turn * 2.3 * time)
    return (sound + 0.02 * uniform("sig", [length]).astype(np.float64)).astype(np.float32)


def weight(name: str, shape: Sequence[int]) -> Floats:
    """Return the tensor of a checkpoint key."""
    scale, offset = _scale_and_offset(name, tuple(shape))
    return uniform(name, shape) * np.float32(scale) + np.float32(offset)


def state(keys: Path) -> dict[str, Tensor]:
    """Return the floating-point weights of a file that lists keys, shapes and types."""
    listed: dict[str, tuple[list[int], str]] = json.loads(keys.read_text("utf-8"))
    return {
        name: torch.from_numpy(np.asarray(weight(name, shape)))
        for name, (shape, kind) in listed.items()
        if "float" in kind
    }


def _scale_and_offset(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    if name.endswith(("parametrizations.weight.original0", "weight_g")):
        gain = 0.3 if "conv_post" in name else 1.0
        return 0.1 * gain, gain
    for ending, known in _BY_ENDING.items():
        if name.endswith(ending):
            return known
    if len(shape) <= 1:
        return _of_vector(name, shape)
    if name.endswith(_TABLES):
        return 0.5, 0.0
    scale = math.sqrt(3.0 / math.prod(shape[1:]))
    return scale * (4.0 if name.endswith("llm_decoder.weight") else 1.0), 0.0


_BY_ENDING = {
    ".alpha": (0.25, 1.0),
    "f0_predictor.classifier.bias": (0.0, 60.0),
    "f0_predictor.classifier.weight": (40.0, 0.0),
    "conv_post.bias": (0.5, -2.0),
}


def _of_vector(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    if not shape:
        return 0.0, 1.0
    return (0.1, 1.0) if name.endswith("weight") else (0.05, 0.0)
