from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.lora import merged, read_sovits_on_base
from myna.engines.gpt_sovits.weights import Version, read_sovits
from tests.unit.engines.gpt_sovits import tiny_checkpoints

LAYER = "cfm.estimator.transformer_blocks.1.attn.to_out.0"
WRAPPED = "cfm.base_model.model.estimator.transformer_blocks.1.attn.to_out.0"


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_lora_file_is_merged_into_the_base_of_its_version(tmp_path: Path, version: str) -> None:
    base_path, path = tmp_path / "base.pth", tmp_path / "voice.pth"
    tiny_checkpoints.write_sovits(base_path, version)
    tiny_checkpoints.write_lora(path, version)
    adapter, base = read_sovits(path), read_sovits(base_path)
    assert adapter.is_lora
    assert adapter.version is Version(version)
    got = read_sovits_on_base(path, {Version(version): base_path})
    up = adapter.tensors[f"{WRAPPED}.lora_B.default.weight"]
    down = adapter.tensors[f"{WRAPPED}.lora_A.default.weight"]
    expected = base.tensors[f"{LAYER}.weight"] + up @ down
    torch.testing.assert_close(got.tensors[f"{LAYER}.weight"], expected)
    assert set(got.tensors["bridge.0.bias"].tolist()) == {0.5}
    unchanged = "cfm.estimator.proj_out.weight"
    assert torch.equal(got.tensors[unchanged], base.tensors[unchanged])
    assert len({got.digest, base.digest, adapter.digest}) == 3
    assert not got.is_lora


def test_a_whole_file_needs_no_base(tmp_path: Path) -> None:
    tiny_checkpoints.write_sovits(tmp_path / "s2.pth", "v2")
    assert read_sovits_on_base(tmp_path / "s2.pth", {}).version is Version.V2


def test_a_missing_base_is_named(tmp_path: Path) -> None:
    tiny_checkpoints.write_lora(tmp_path / "voice.pth", "v4")
    with pytest.raises(WeightsMissing, match=r"LoRA of v4 and needs the base"):
        read_sovits_on_base(tmp_path / "voice.pth", {})
    with pytest.raises(WeightsMissing, match=r"s2Gv4\.pth"):
        read_sovits_on_base(tmp_path / "voice.pth", {Version.V4: tmp_path / "s2Gv4.pth"})


def test_a_base_of_another_size_is_refused(tmp_path: Path) -> None:
    tiny_checkpoints.write_lora(tmp_path / "voice.pth", "v4")
    tiny_checkpoints.write_sovits(tmp_path / "v2.pth", "v2")
    adapter = read_sovits(tmp_path / "voice.pth")
    with pytest.raises(WeightsMissing, match="the base it was trained on"):
        merged(read_sovits(tmp_path / "v2.pth"), adapter)


@pytest.mark.parametrize("change", [lambda factor: factor[:2], lambda factor: factor.flatten()])
def test_factors_that_do_not_multiply_are_refused(
    tmp_path: Path, change: Callable[[Tensor], Tensor]
) -> None:
    tiny_checkpoints.write_sovits(tmp_path / "base.pth", "v4")
    tiny_checkpoints.write_lora(tmp_path / "voice.pth", "v4")
    adapter = read_sovits(tmp_path / "voice.pth")
    stored = {
        name: change(tensor) if ".lora_A." in name else tensor
        for name, tensor in adapter.tensors.stored.items()
    }
    broken = replace(adapter, tensors=Tensors(stored, "voice.pth"))
    with pytest.raises(WeightsMissing, match=r"voice\.pth.*the base it was trained on"):
        merged(read_sovits(tmp_path / "base.pth"), broken)
