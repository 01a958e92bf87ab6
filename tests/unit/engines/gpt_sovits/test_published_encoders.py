"""Our HuBERT and BERT against the implementation their weights were published for."""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from myna.core.errors import BadReference, TextTooLong, WeightsMissing
from myna.engines.gpt_sovits.frontend.bert import Bert, CharacterTokenizer, read_vocabulary
from myna.engines.gpt_sovits.model_folder import read_folder
from myna.engines.gpt_sovits.voice.hubert import Hubert
from tests.unit.engines.gpt_sovits import tiny_checkpoints

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from transformers import BertConfig, BertModel, HubertConfig, HubertModel


def _reference(made: Any, folder: Path, prefix: str = "") -> Any:  # their classes are untyped
    """Load the file we read into the other implementation, every tensor of it."""
    stored = torch.load(folder / "pytorch_model.bin", weights_only=True)
    stored = {name.removeprefix(prefix): tensor for name, tensor in stored.items()}
    missing, unexpected = made.load_state_dict(stored, strict=False)
    assert unexpected == []
    assert [name for name in missing if not name.startswith("pooler.")] == []
    return made.eval()


@pytest.mark.parametrize("length", [400, 4321, 16000])
def test_hubert_hears_what_the_published_implementation_hears(tmp_path: Path, length: int) -> None:
    tiny_checkpoints.write_hubert(tmp_path, legacy_norm=False)
    config = json.loads((tmp_path / "config.json").read_text())
    theirs = _reference(HubertModel(HubertConfig(**config)), tmp_path)
    samples = torch.randn(1, length, generator=torch.Generator().manual_seed(1)) * 0.1
    with torch.inference_mode():
        expected = theirs(samples).last_hidden_state.transpose(1, 2)
    ours = Hubert(read_folder(tmp_path))(samples)
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)


def test_either_naming_of_the_weight_norm_is_read(tmp_path: Path) -> None:
    samples = torch.randn(1, 3000, generator=torch.Generator().manual_seed(1))
    heard = []
    for legacy in (True, False):
        folder = tmp_path / str(legacy)
        tiny_checkpoints.write_hubert(folder, legacy_norm=legacy)
        heard.append(Hubert(read_folder(folder))(samples))
    assert torch.equal(heard[0], heard[1])


def test_safetensors_are_read_as_the_older_format_is(tmp_path: Path) -> None:
    tiny_checkpoints.write_bert(tmp_path)
    pickled = Bert(read_folder(tmp_path)).context("你好")
    old = tmp_path / "pytorch_model.bin"
    save_file(torch.load(old, weights_only=True), tmp_path / "model.safetensors")
    old.unlink()
    assert torch.equal(Bert(read_folder(tmp_path)).context("你好"), pickled)
    whole = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsMissing, match="cut short or damaged"):
        read_folder(tmp_path)


def test_bert_gives_the_states_before_the_last_two_layers(tmp_path: Path) -> None:
    tiny_checkpoints.write_bert(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    theirs = _reference(BertModel(BertConfig(**config)), tmp_path, "bert.")
    text = "你好,世界!今天龘气."
    numbers = CharacterTokenizer(read_vocabulary(tmp_path)).numbers(text)
    with torch.inference_mode():
        states = theirs(torch.tensor([numbers]), output_hidden_states=True).hidden_states
    ours = Bert(read_folder(tmp_path)).context(text)
    assert ours.shape == (len(text), tiny_checkpoints.CONTEXT)
    torch.testing.assert_close(ours, states[-3][0, 1:-1], rtol=1e-4, atol=1e-5)


def test_a_vocabulary_file_of_lines_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n你\n", "utf-8")
    tokenizer = CharacterTokenizer(read_vocabulary(tmp_path))
    assert tokenizer.numbers("你龘") == [2, 4, 1, 3]


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    tiny_checkpoints.write_bert(tmp_path / "bert")
    tiny_checkpoints.write_hubert(tmp_path / "hubert")
    with pytest.raises(TextTooLong):
        Bert(read_folder(tmp_path / "bert")).context("你" * 511)
    with pytest.raises(BadReference, match="too short"):
        Hubert(read_folder(tmp_path / "hubert"))(torch.zeros(1, 399))


def test_a_folder_lacking_a_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"config\.json"):
        read_folder(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(WeightsMissing, match=r"neither model\.safetensors nor pytorch_model\.bin"):
        read_folder(tmp_path)
    (tmp_path / "config.json").write_text("not json")
    with pytest.raises(WeightsMissing, match="is not JSON"):
        read_folder(tmp_path)


def test_a_hubert_of_another_make_is_refused(tmp_path: Path) -> None:
    tiny_checkpoints.write_hubert(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["do_stable_layer_norm"] = True
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsMissing, match="chinese-hubert-base"):
        Hubert(read_folder(tmp_path))


def test_a_vocabulary_without_the_special_tokens_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"\[CLS\]"):
        read_vocabulary(tmp_path)
