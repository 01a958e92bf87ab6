"""What of a model is in memory, and when."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from myna.core.errors import WeightsMissing
from myna.core.voice import Voice
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.files import find_files
from myna.engines.gpt_sovits.model import Model, load
from tests.unit.engines.gpt_sovits import tiny_checkpoints

LETS_GO = Execution("exact")
KEEPS = replace(LETS_GO, keep_all=True)


def _is_there(model: Model) -> dict[str, bool]:
    """Say of each network that not every sentence needs whether it is in memory."""
    prompts = model.prompts
    networks = {"hubert": prompts.hubert, "speaker": prompts.speaker, "bert": model.reader.bert}
    return {name: network.is_there for name, network in networks.items() if network is not None}


def test_what_listens_to_references_is_read_for_the_first(tmp_path: Path, sample: Voice) -> None:
    tiny_checkpoints.write_installation(tmp_path, "v2Pro")
    model = load(find_files(tmp_path), 1, LETS_GO)
    assert _is_there(model) == {"hubert": False, "speaker": False, "bert": False}
    model.prompts.learn(sample)
    assert _is_there(model) == {"hubert": True, "speaker": True, "bert": False}


def test_bert_is_read_for_the_first_chinese_text(tmp_path: Path) -> None:
    tiny_checkpoints.write_installation(tmp_path, "v2")
    model = load(find_files(tmp_path), 1, LETS_GO)
    assert model.reader.read("Hello.", "en").context is None
    assert not _is_there(model)["bert"]
    assert model.reader.read("你好世界", "zh").context is not None
    assert _is_there(model) == {"hubert": False, "bert": True}


def test_a_setting_keeps_everything_and_changes_nothing(tmp_path: Path, sample: Voice) -> None:
    tiny_checkpoints.write_installation(tmp_path, "v2Pro")
    lets_go, keeps = (load(find_files(tmp_path), 1, how) for how in (LETS_GO, KEEPS))
    assert _is_there(keeps) == {"hubert": True, "speaker": True, "bert": True}
    assert keeps.digest == lets_go.digest
    assert keeps.prompts.learn(sample).to_bytes() == lets_go.prompts.learn(sample).to_bytes()
    contexts = [model.reader.read("你好世界", "zh").context for model in (keeps, lets_go)]
    assert np.array_equal(*contexts)


@pytest.mark.parametrize(
    "name",
    [
        "chinese-hubert-base/pytorch_model.bin",
        "chinese-roberta-wwm-ext-large/pytorch_model.bin",
        "sv/pretrained_eres2netv2w24s4ep4.ckpt",
    ],
)
@pytest.mark.parametrize("fault", ["cut short", "another network"])
def test_a_fault_in_what_is_read_later_is_told_at_the_start(
    tmp_path: Path, name: str, fault: str
) -> None:
    tiny_checkpoints.write_installation(tmp_path, "v2Pro")
    path = tmp_path / name
    if fault == "cut short":
        path.write_bytes(path.read_bytes()[:-200])
    else:
        torch.save({"weight": torch.ones(1)}, path)
    with pytest.raises(WeightsMissing, match=path.name):
        load(find_files(tmp_path), 1, LETS_GO)
