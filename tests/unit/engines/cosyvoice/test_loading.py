from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from myna.core.errors import WeightsMissing
from myna.core.voice import Voice
from myna.engines.cosyvoice.configuration import read_configuration
from myna.engines.cosyvoice.engine import CosyVoiceEngine
from myna.engines.cosyvoice.files import find_files
from myna.engines.cosyvoice.model import load
from myna.engines.cosyvoice.presets import read_presets, write_presets
from myna.engines.cosyvoice.prompt import Prompt
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.tiny_checkpoint import write_checkpoint
from tests.unit.engines.cosyvoice.tiny_engine import FAST


@pytest.mark.parametrize("version", Version)
def test_a_published_folder_is_read(tmp_path: Path, version: Version) -> None:
    files = find_files(write_checkpoint(tmp_path, version))
    assert files.missing == ()
    model = load(files, FAST)
    assert model.version is version
    assert model.configuration.sampling.top_k == 25
    assert model.configuration.highest_mel == (8000 if version is Version.COSYVOICE2 else None)
    assert model.presets == {}


def _changed_weight(folder: Path) -> None:
    """Change a single value in the middle of a large tensor."""
    state = torch.load(folder / "flow.pt", weights_only=True)
    state["input_embedding.weight"][3000, 7] += 1e-3
    torch.save(state, folder / "flow.pt")


def _other_configuration(folder: Path) -> None:
    path = folder / "cosyvoice2.yaml"
    path.write_text(path.read_text().replace("top_k: 25", "top_k: 24"))


def _other_network(folder: Path) -> None:
    """Change a weight of a network that listens; the file is as long as before."""
    path = folder / "campplus.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("change", [_changed_weight, _other_configuration, _other_network])
def test_whatever_changes_the_sound_changes_the_digest(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    files = find_files(write_checkpoint(tmp_path))
    before = load(files, FAST).digest
    assert load(files, FAST).digest == before
    change(tmp_path)
    assert load(files, FAST).digest != before


def test_another_speaker_changes_what_is_cached_not_what_is_known_of_voices(
    tmp_path: Path, sample: Voice
) -> None:
    files = find_files(write_checkpoint(tmp_path))
    kept: dict[str, bytes] = {}
    before = CosyVoiceEngine(files, FAST, prompts=kept)
    before.learned(sample)
    known = set(kept)
    write_presets(tmp_path / "spk2info.pt", {"Ada": Prompt.of_speaker(np.ones(192, np.float32))})
    after = CosyVoiceEngine(files, FAST, prompts=kept)
    after.learned(sample)
    assert after.fingerprint != before.fingerprint
    assert set(kept) == known


def test_everything_that_is_missing_is_named(tmp_path: Path) -> None:
    write_checkpoint(tmp_path)
    (tmp_path / "flow.pt").unlink()
    (tmp_path / "CosyVoice-BlankEN" / "merges.txt").unlink()
    with pytest.raises(WeightsMissing, match=r"flow\.pt.*merges\.txt.*myna pull"):
        load(find_files(tmp_path), FAST)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _page(path: Path) -> None:
    path.write_text("<!DOCTYPE html>")


@pytest.mark.parametrize("spoil", [_cut, _page])
@pytest.mark.parametrize(
    "name",
    [
        "llm.pt",
        "flow.pt",
        "hift.pt",
        "campplus.onnx",
        "speech_tokenizer_v2.onnx",
        "CosyVoice-BlankEN/vocab.json",
        "CosyVoice-BlankEN/config.json",
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, spoil: Callable[[Path], None]) -> None:
    write_checkpoint(tmp_path)
    spoil(tmp_path / name)
    with pytest.raises(WeightsMissing, match=Path(name).name):
        load(find_files(tmp_path), FAST)


def test_the_two_networks_that_listen_are_not_taken_for_each_other(tmp_path: Path) -> None:
    write_checkpoint(tmp_path)
    (tmp_path / "campplus.onnx").write_bytes((tmp_path / "speech_tokenizer_v2.onnx").read_bytes())
    with pytest.raises(WeightsMissing, match=r"campplus\.onnx.*another network"):
        load(find_files(tmp_path), FAST)


def test_tags_of_the_configuration_are_never_acted_upon(tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    path = tmp_path / "cosyvoice2.yaml"
    path.write_text(
        f"__run: !apply:pathlib.Path.touch ['{mark}']\n"
        f"__worse: !!python/object/apply:os.system ['touch {mark}']\n"
    )
    with pytest.raises(WeightsMissing, match="not YAML"):
        read_configuration(path)
    path.write_text(f"__run: !apply:os.system ['touch {mark}']\nllm: !new:os.abort\n")
    assert read_configuration(path).guidance == 0.7
    assert not mark.exists()


def test_a_model_of_another_rate_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cosyvoice2.yaml"
    path.write_text("rate: 22050\nsample_rate: !ref <rate>\n")
    with pytest.raises(WeightsMissing, match="22050"):
        read_configuration(path)


def test_references_that_lead_in_a_circle_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cosyvoice2.yaml"
    path.write_text(
        "a: !ref <b>\nb: !ref <a>\nsample_rate: !ref <a>\nfeat_extractor: {fmax: !ref <b>}\n"
    )
    assert read_configuration(path).highest_mel is None


@pytest.mark.parametrize("value", [".nan", ".inf", "-1"])
def test_a_number_that_cannot_be_is_refused_by_name(tmp_path: Path, value: str) -> None:
    path = tmp_path / "cosyvoice2.yaml"
    path.write_text(f"llm: {{sampling: {{top_k: {value}}}}}\n")
    with pytest.raises(WeightsMissing, match=r"cosyvoice2\.yaml.*top_k"):
        read_configuration(path)


def test_a_date_that_is_none_is_no_yaml(tmp_path: Path) -> None:
    path = tmp_path / "cosyvoice2.yaml"
    path.write_text("made: 2026-99-99\n")
    with pytest.raises(WeightsMissing, match="not YAML"):
        read_configuration(path)


def _said(text: str) -> np.ndarray:
    return np.array([len(text)])


def test_speakers_are_read_in_every_layout(tmp_path: Path) -> None:
    vector, tokens, mel = torch.ones(1, 192), torch.arange(10)[None], torch.ones(1, 25, 80)
    content = {
        "preset": {"embedding": vector},
        "kept": {
            "prompt_text": torch.tensor([[3, 4]]),
            "prompt_text_len": torch.tensor([2]),
            "llm_prompt_speech_token": tokens,
            "flow_prompt_speech_token": tokens,
            "prompt_speech_feat": mel,
            "llm_embedding": vector,
            "flow_embedding": vector,
        },
        "001": {
            "prompt_text": "three",
            "speech_token": tokens.int(),
            "speech_feat": mel,
            "embedding": vector,
        },
    }
    torch.save(content, tmp_path / "spk2info.pt")
    speakers = read_presets(tmp_path / "spk2info.pt", _said)
    assert [len(speakers[name].tokens) for name in content] == [0, 10, 10]
    assert [speakers[name].mel.shape for name in content] == [(80, 0), (80, 20), (80, 20)]
    assert [speakers[name].said.tolist() for name in content] == [[], [3, 4], [5]]
    assert {speaker.speaker_vector.shape for speaker in speakers.values()} == {(192,)}


def test_speakers_are_written_so_that_they_read_the_same(tmp_path: Path) -> None:
    drawn = np.random.default_rng(1)
    full = Prompt(
        drawn.normal(size=192).astype(np.float32),
        np.arange(7),
        drawn.normal(size=(80, 14)).astype(np.float32),
        np.array([1, 2, 3]),
    )
    bare = Prompt.of_speaker(full.speaker_vector)
    write_presets(tmp_path / "spk2info.pt", {"full": full, "bare": bare})
    again = read_presets(tmp_path / "spk2info.pt", _said)
    for name, prompt in (("full", full), ("bare", bare)):
        assert again[name].to_bytes() == prompt.to_bytes()
    raw = torch.load(tmp_path / "spk2info.pt", weights_only=True)
    assert raw["full"]["prompt_speech_feat_len"].tolist() == [14]


def test_a_speaker_without_a_vector_is_named(tmp_path: Path) -> None:
    torch.save({"mute": {"prompt_text": "x"}}, tmp_path / "spk2info.pt")
    with pytest.raises(WeightsMissing, match="'mute'"):
        read_presets(tmp_path / "spk2info.pt", _said)


_VECTOR, _TOKENS, _MEL = torch.ones(1, 192), torch.arange(10)[None], torch.ones(1, 20, 80)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"embedding": _VECTOR[:, :10]}, "192"),
        ({"embedding": _VECTOR * torch.nan}, "192"),
        ({"embedding": _VECTOR, "speech_token": _TOKENS, "speech_feat": _MEL.mT}, "80, 20"),
        ({"embedding": _VECTOR, "speech_token": _TOKENS, "speech_feat": torch.tensor(1.0)}, "mel"),
        ({"embedding": _VECTOR, "speech_token": _TOKENS - 1, "speech_feat": _MEL}, "6560"),
        ({"embedding": _VECTOR, "speech_token": _TOKENS + 6560, "speech_feat": _MEL}, "6560"),
    ],
)
def test_a_speaker_nothing_could_be_said_as_is_named(
    tmp_path: Path, entry: dict[str, torch.Tensor], reason: str
) -> None:
    torch.save({"Eve": entry}, tmp_path / "spk2info.pt")
    with pytest.raises(WeightsMissing, match=f"'Eve'.*{reason}"):
        read_presets(tmp_path / "spk2info.pt", _said)


def test_a_speaker_may_be_called_by_a_number_and_come_out_of_a_training(tmp_path: Path) -> None:
    torch.save({7: {"embedding": torch.nn.Parameter(_VECTOR)}}, tmp_path / "spk2info.pt")
    assert list(read_presets(tmp_path / "spk2info.pt", _said)) == ["7"]
