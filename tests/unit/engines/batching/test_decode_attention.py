import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from myna.engines.batching.decode_attention import (
    MASKED,
    Attend,
    CacheShape,
    DecodeAttention,
    Heads,
    Known,
    attention_on,
    deviation,
    read_by_length,
    tolerance,
    tried,
)
from myna.engines.batching.device import CPU

ROOT = Path(__file__).parents[4]
NEEDS_TRITON = pytest.mark.skipif(
    find_spec("triton") is None, reason="needs Triton, which is for Linux"
)
SHAPE = CacheShape(4, 2, 300, 16, torch.float32)
REAL = {
    "gpt_sovits": CacheShape(16, 16, 1280, 32, torch.bfloat16),
    "cosyvoice2": CacheShape(14, 2, 8192, 64, torch.bfloat16),
    "cosyvoice2 exact": CacheShape(14, 2, 8192, 64, torch.float32),
}


def _over_everything(places: Tensor, _: Tensor) -> Attend:
    """Attend to the zeros behind the newest position, too, which have a score: upstream does."""

    def attend(heads: Heads, known: Known) -> Tensor:
        capacity = known[0].shape[2]
        behind = torch.arange(capacity)[None, None, :, None] > places[:, None, None, None]
        seen = [each.masked_fill(behind, 0) for each in known]
        MASKED.over(places, _)(heads, known)  # puts key and value there
        return MASKED.over(torch.full_like(places, capacity - 1), _)(heads, (seen[0], seen[1]))

    return attend


def test_a_short_sequence_in_a_long_slot_sees_itself_alone() -> None:
    generator = torch.Generator().manual_seed(1)
    query, keys, values = (torch.randn(1, 4, 20, 32, generator=generator) for _ in range(3))
    alone = F.scaled_dot_product_attention(query[:, :, -1:], keys, values)[:, :, 0]
    heads = query[:, :, -1], keys[:, :, -1], values[:, :, -1]
    errors = []
    for over in (MASKED.over, _over_everything):
        wide = [F.pad(each[:, :, :19], (0, 0, 0, 1261)) for each in (keys, values)]
        found = over(torch.tensor([19]), torch.tensor([True]))(heads, (wide[0], wide[1]))
        errors.append((found - alone).abs().max())
    assert errors[0] < 1e-6
    assert errors[1] > 0.1


def test_what_is_found_in_a_slot_that_is_not_going_is_a_number() -> None:
    heads, known = (torch.ones(2, 4, 16), *torch.ones(2, 2, 2, 16)), torch.ones(2, 2, 2, 300, 16)
    attend = MASKED.over(torch.tensor([0, 5]), torch.tensor([False, True]))
    assert attend(heads, (known[0], known[1])).isfinite().all()


def test_on_a_cpu_the_mask_is_taken() -> None:
    assert attention_on(CPU, SHAPE) is MASKED
    assert MASKED.named("captured-bfloat16") == "captured-bfloat16"


def test_what_gives_other_numbers_is_not_used(caplog: pytest.LogCaptureFixture) -> None:
    wrong = DecodeAttention("wrong", _over_everything)
    assert tried(lambda: wrong, SHAPE, CPU) is MASKED
    (said,) = caplog.records
    assert said.levelno == logging.WARNING
    assert "off, where 1e-05 is rounding" in said.getMessage()


def test_what_gives_no_numbers_is_not_used() -> None:
    nothing = DecodeAttention("nothing", lambda *_: lambda heads, _: heads[0] * torch.nan)
    assert tried(lambda: nothing, SHAPE, CPU) is MASKED


def test_what_puts_keys_elsewhere_is_not_used() -> None:
    def late(places: Tensor, going: Tensor) -> Attend:
        def attend(heads: Heads, known: Known) -> Tensor:
            found = MASKED.over(places, going)(heads, known)
            known[0].copy_(known[0].roll(1, dims=2))
            return found

        return attend

    assert tried(lambda: DecodeAttention("late", late), SHAPE, CPU) is MASKED


def test_what_fails_is_not_used_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    def read() -> DecodeAttention:
        raise ImportError("No module named 'triton'")

    assert tried(read, SHAPE, CPU) is MASKED
    assert "No module named 'triton'" in caplog.text


def test_what_is_right_is_used() -> None:
    right = DecodeAttention("right", MASKED.over)
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        assert tried(lambda: right, CacheShape(4, 2, 300, 16, dtype), CPU) is right
    assert right.named("captured-bfloat16") == "captured-bfloat16-right"


@NEEDS_TRITON
def test_in_the_interpreter_the_kernel_finds_what_torch_does_and_reads_no_further() -> None:
    found = _told("interpreted_kernel", {"TRITON_INTERPRET": "1"})
    assert len(found["deviations"]) == 4
    assert all(share < 1 for share in found["deviations"].values()), found
    names = ("short in a long cache", "logits of gpt_sovits", "logits of cosyvoice")
    assert all(found[name] < 2e-6 for name in names), found
    assert found["same bits"]
    assert found["strided"]
    assert found["empty"] == [0, 1, 2 * 16]


@NEEDS_TRITON
def test_the_kernel_compiles_for_a_gpu_and_keeps_to_its_registers(tmp_path: Path) -> None:
    fits = _told("compiled_kernel", {"TRITON_CACHE_DIR": str(tmp_path)})
    assert len(fits) == 4
    assert all(fits.values()), fits


def _told(module: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """Return what a module beside this one prints."""
    ran = subprocess.run(
        [sys.executable, "-m", f"tests.unit.engines.batching.{module}"],
        cwd=ROOT,
        env=os.environ | variables,  # noqa: TID251 - of another process
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")
@pytest.mark.parametrize("name", REAL)
def test_on_a_gpu_the_kernel_finds_what_torch_does(name: str) -> None:
    shape, device = REAL[name], torch.device("cuda")
    assert deviation(read_by_length(), shape, device) < tolerance(shape.dtype)
