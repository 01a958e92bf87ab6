"""Tries the Triton kernel in Triton's interpreter, and prints what came of it as JSON.

    TRITON_INTERPRET=1 python -m tests.unit.engines.batching.interpreted_kernel

Triton reads the variable when it is imported, so this is a process of its own.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from myna.engines.batching.decode_attention import (
    CacheShape,
    Heads,
    Known,
    deviation,
    read_by_length,
    tolerance,
)
from myna.engines.batching.decode_kernel import by_length
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.tokens.device_decoder import DeviceDecoder
from myna.engines.cosyvoice.tokens.key_value_cache import BackboneShape
from myna.engines.cosyvoice.tokens.language_model import BACKBONE
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic
from myna.engines.gpt_sovits.weights import read_semantic
from tests.unit.engines.cosyvoice.tiny_language_model import CONFIG, state
from tests.unit.engines.gpt_sovits import tiny_checkpoints

Given = tuple[Heads, Known]

CPU = torch.device("cpu")
SHAPES = {
    "gpt_sovits": (3, 3, 300, 32),  # heads, key heads, capacity, width
    "cosyvoice2": (14, 2, 300, 64),
    "odd": (2, 1, 1250, 16),  # more splits than programs
}


def main() -> None:
    """Print one object."""
    found = {
        "deviations": dict(_deviations()),
        "short in a long cache": _short_in_a_long_cache(),
        "same bits": _same_bits(),
        "strided": _strided(),
        "empty": _empty(),
        "logits of gpt_sovits": _logits_of_gpt_sovits(),
        "logits of cosyvoice": _logits_of_cosyvoice(),
    }
    sys.stdout.write(json.dumps(found))


def _deviations() -> Iterator[tuple[str, float]]:
    """Yield how far off the kernel is in each shape and precision, in what is allowed."""
    for name, sizes in SHAPES.items():
        dtypes = (torch.float32, torch.float16) if name == "odd" else (torch.bfloat16,)
        for dtype in dtypes:
            shape = CacheShape(*sizes, dtype)
            yield f"{name} {dtype}", deviation(read_by_length(), shape, CPU) / tolerance(dtype)


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(len(shape) + shape[0]))


def _slots(slots: int, n_heads: int, n_key_heads: int, capacity: int, width: int) -> Given:
    """Return random heads and what is known."""
    own = _random(2, slots, n_key_heads, width)
    known = _random(2, slots, n_key_heads, capacity, width)
    return (_random(slots, n_heads, width), own[0], own[1]), (known[0], known[1])


def _short_in_a_long_cache() -> float:
    """Return how far 20 positions in a cache of 1280, else zeros, are off those 20 alone."""
    (query, key, value), (keys, values) = _slots(1, 2, 2, 20, 32)
    keys[:, :, 19], values[:, :, 19] = key, value
    alone = torch.nn.functional.scaled_dot_product_attention(query[:, :, None], keys, values)
    keys[:, :, 19], values[:, :, 19] = 0, 0
    wide = [torch.nn.functional.pad(each, (0, 0, 0, 1260)) for each in (keys, values)]
    found = by_length(torch.tensor([20]), (query, key, value), (wide[0], wide[1]))
    return float((found - alone[:, :, 0]).abs().max())


def _same_bits() -> bool:
    """Whether a slot finds the same in another place, company and capacity."""
    heads, known = _slots(3, 4, 2, 300, 16)

    def found(lengths: list[int], slots: list[int], capacity: int = 300) -> Tensor:
        query, key, value = (each[slots] for each in heads)
        keys, values = (each[slots, :, :capacity].contiguous() for each in known)
        return by_length(torch.tensor(lengths), (query, key, value), (keys, values))

    one = found([140, 300, 0], [0, 1, 2])[0]
    others = found([7, 0, 140], [2, 1, 0])[2], found([140], [0], 140)[0]
    return all(torch.equal(one, other) for other in others)


def _strided() -> bool:
    """Whether heads that lie among other numbers are read right."""
    wide, known = _random(2, 12, 16), _slots(2, 4, 2, 40, 16)[1]
    cut = (wide[:, :4], wide[:, 4:6], wide[:, 10:])
    lengths = torch.tensor([40, 3])

    def found(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return by_length(lengths, (query, key, value), (known[0].clone(), known[1].clone()))

    return torch.equal(found(*cut), found(*(each.contiguous() for each in cut)))


def _empty() -> list[float]:
    """Return what is found in an empty slot, and in one of 3, in memory that holds no numbers.

    Last, how many numbers were put there.
    """
    query, own = _random(2, 2, 16), torch.ones(2, 2, 16)
    keys, values = torch.full((2, 2, 2, 20, 16), torch.nan)
    keys[:, :, :2] = values[:, :, :2] = 1
    found = by_length(torch.tensor([0, 3]), (query, own, own), (keys, values))
    put = keys.isfinite().sum() - 2 * 2 * 2 * 16
    return [float(found[0].abs().max()), float(found[1].max()), float(put)]


@torch.inference_mode()
def _logits_of_gpt_sovits() -> float:
    """Return how far logits of 20 positions in a slot of 1280 are off those of a row by itself."""
    with tempfile.TemporaryDirectory() as folder:
        tiny_checkpoints.write_gpt(Path(folder) / "gpt.ckpt")
        model = TextToSemantic(read_semantic(Path(folder) / "gpt.ckpt"))
    found = []
    for attention in (read_by_length(), None):
        cache = model.new_cache(2, 1280)
        model.prefill(torch.arange(13), None, torch.arange(6), cache, 1)
        active = torch.tensor([False, True])
        found.append(model.step(torch.tensor([0, 7]), cache, active=active, attention=attention)[1])
    return float((found[0] - found[1]).abs().max() / found[1].abs().max())


@torch.inference_mode()
def _logits_of_cosyvoice() -> float:
    """Return the same of the other family."""
    tensors = Tensors(state(), "llm.pt")
    shape = BackboneShape.of(tensors.scope(BACKBONE), CONFIG)
    decoder = DeviceDecoder(tensors, shape, torch.float32, read_by_length())
    hidden, cache = _random(20, shape.channels), decoder.new_cache(2, 1280)
    for slot in (0, 1):
        decoder.read(hidden[:-1], cache, slot)
    places, going = torch.tensor([19, 19]), torch.tensor([True, False])
    stepped = decoder.step_all(hidden[-2:].flip(0), places, cache, going)[0]
    alone = decoder.read(hidden[-1:], cache, 1)
    return float((stepped - alone).abs().max() / alone.abs().max())


if __name__ == "__main__":
    main()
