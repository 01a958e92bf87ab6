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

from myna.engines.batching.decode_attention import (
    CacheShape,
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

CPU = torch.device("cpu")
SHAPES = {
    "gpt_sovits": (3, 3, 32),  # heads, key heads, width
    "cosyvoice2": (14, 2, 64),
    "odd": (2, 1, 16),
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
    for name, (n_heads, n_key_heads, width) in SHAPES.items():
        dtypes = (torch.float32, torch.float16) if name == "odd" else (torch.bfloat16,)
        for dtype in dtypes:
            shape = CacheShape(n_heads, n_key_heads, 300, width, dtype)
            yield f"{name} {dtype}", deviation(read_by_length(), shape, CPU) / tolerance(dtype)


def _random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(len(shape) + shape[0]))


def _short_in_a_long_cache() -> float:
    """Return how far 20 positions in a cache of 1280, else zeros, are off those 20 alone."""
    query, keys, values = _random(1, 2, 32), _random(1, 2, 20, 32), _random(1, 2, 20, 32)
    alone = torch.nn.functional.scaled_dot_product_attention(query[:, :, None], keys, values)
    padded = [torch.nn.functional.pad(each, (0, 0, 0, 1260)) for each in (keys, values)]
    found = by_length(query, *padded, torch.tensor([20]))
    return float((found - alone[:, :, 0]).abs().max())


def _same_bits() -> bool:
    """Whether a slot finds the same in another place, company and capacity."""
    query, keys, values = _random(3, 4, 16), _random(3, 2, 300, 16), _random(3, 2, 300, 16)
    lengths = torch.tensor([140, 300, 0])
    found = by_length(query, keys, values, lengths)
    moved = [each.flip(0).contiguous() for each in (query, keys, values)]
    again = by_length(*moved, torch.tensor([7, 0, 140]))
    tight = by_length(
        query[:1], keys[:1, :, :140].contiguous(), values[:1, :, :140].contiguous(), lengths[:1]
    )
    return torch.equal(found[0], again[2]) and torch.equal(found[0], tight[0])


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


def _strided() -> bool:
    """Whether a query that lies among other numbers is read right."""
    wide, keys, values = _random(2, 12, 16), _random(2, 2, 40, 16), _random(2, 2, 40, 16)
    lengths = torch.tensor([40, 3])
    found = by_length(wide[:, :4], keys, values, lengths)
    return torch.equal(found, by_length(wide[:, :4].contiguous(), keys, values, lengths))


def _empty() -> list[float]:
    """Return what is found in an empty slot whose memory holds no numbers."""
    query, memory = _random(1, 2, 16), torch.full((1, 2, 20, 16), torch.nan)
    memory[:, :, :3] = 1
    both = [each.expand(2, *each.shape[1:]).contiguous() for each in (query, memory)]
    found = by_length(both[0], both[1], both[1], torch.tensor([0, 3]))
    return [float(found[0].abs().max()), float(found[1].max())]


if __name__ == "__main__":
    main()
