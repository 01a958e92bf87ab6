"""The tensors of CosyVoice's parity data, made from their names.

A name's CRC-32, spread over 64 bits, is added to a SplitMix64 counter; the top 24 bits of each
number become a float in [-1, 1). What it is scaled by follows from the name and the shape.
"""

import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Floats = npt.NDArray[np.float32]

_COUNTER = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = 0xD1342543DE82EF95
_MIXERS = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
_AT_ONCE = 1 << 22  # numbers, so that large tensors need little room beside themselves
_TABLES = (
    "embed_tokens.weight",
    "speech_embedding.weight",
    "llm_embedding.weight",
    "input_embedding.weight",
    "lm_head.weight",
)


def uniform(name: str, count: int) -> Floats:
    """Return numbers in [-1, 1)."""
    seed = np.uint64((zlib.crc32(name.encode()) * _SPREAD) % 2**64)
    numbers = np.empty(count, np.float32)
    for start in range(0, count, _AT_ONCE):
        end = min(start + _AT_ONCE, count)
        with np.errstate(over="ignore"):
            bits = np.arange(start + 1, end + 1, dtype=np.uint64) * _COUNTER + seed
            for shift, factor in _MIXERS:
                bits = (bits ^ (bits >> shift)) * factor
            bits ^= bits >> np.uint64(31)
        numbers[start:end] = (bits >> np.uint64(40)).astype(np.float32) * np.float32(2**-23) - 1
    return numbers


def array(name: str, shape: Sequence[int], scale: float = 1.0, offset: float = 0.0) -> Floats:
    """Return an input: offset + scale * u."""
    drawn = uniform(name, math.prod(shape)) * np.float32(scale) + np.float32(offset)
    return drawn.reshape(tuple(shape))


def integers(name: str, shape: Sequence[int], below: int) -> npt.NDArray[np.int64]:
    """Return integers from 0 to `below` - 1."""
    drawn = (uniform(name, math.prod(shape)).astype(np.float64) + 1.0) * 0.5 * below
    return np.minimum(drawn.astype(np.int64), below - 1).reshape(tuple(shape))


def weight(name: str, shape: Sequence[int]) -> Floats:
    """Return the tensor of a checkpoint key."""
    scale, offset = _scale_and_offset(name, tuple(shape))
    return array(name, shape, scale, offset)


class FilledState(Mapping[str, Tensor]):
    """A state dict of floating tensors, each made when it is read."""

    def __init__(self, keys_file: Path) -> None:
        listed: dict[str, tuple[list[int], str]] = json.loads(keys_file.read_text())
        self._shapes = {key: shape for key, (shape, kind) in listed.items() if "float" in kind}

    def __getitem__(self, key: str) -> Tensor:
        return torch.from_numpy(weight(key, self._shapes[key]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._shapes)

    def __len__(self) -> int:
        return len(self._shapes)


def _scale_and_offset(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    if name.endswith(("parametrizations.weight.original0", "weight_g")):
        size = 0.3 if "conv_post" in name else 1.0
        return 0.1 * size, size
    named = {
        ".alpha": (0.25, 1.0),
        "f0_predictor.classifier.bias": (0.0, 60.0),
        "f0_predictor.classifier.weight": (40.0, 0.0),
        "conv_post.bias": (0.5, -2.0),
    }
    for ending, pair in named.items():
        if name.endswith(ending):
            return pair
    if len(shape) == 0:
        return 0.0, 1.0
    if len(shape) == 1:
        return (0.1, 1.0) if name.endswith("weight") else (0.05, 0.0)
    if name.endswith(_TABLES):
        return 0.5, 0.0
    spread = math.sqrt(3.0 / math.prod(shape[1:]))
    return spread * (4.0 if name.endswith("llm_decoder.weight") else 1.0), 0.0
