import json
import pickle
import random
from pathlib import Path

import pytest
import torch

from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.unpickling import read_pickled
from myna.engines.gpt_sovits.weights import Version, read_plain, read_semantic, read_sovits
from tests.unit.engines.gpt_sovits import shapes, tiny_checkpoints
from tests.unit.engines.gpt_sovits.shapes import Shapes

DATA = Path(__file__).parents[3] / "parity" / "data" / "gptsovits"
SYMBOLS = "enc_p.text_embedding.weight"
DECODERS = ["v1", "v2", "v2Pro", "v2ProPlus"]


@pytest.mark.parametrize(
    ("keys", "ours"),
    [
        ("vits_v2_full", shapes.sovits(shapes.FULL_V2)),
        ("vits_v2proplus_full", shapes.sovits(shapes.FULL_V2_PRO_PLUS, pro=True)),
        ("t2s_full", shapes.gpt(512, 24, 732, 1024)),
        ("sv_eres2netv2", shapes.speaker_network()),
        ("voc_v4_full", shapes.hifigan("", 512, 100, (20, 12, 4, 4, 4), None)),
        ("voc_v3_bigvgan_full", shapes.bigvgan(1536, (8, 8, 4, 4, 4, 4))),
        ("v4_encp_full", shapes.mel_features(shapes.FULL_V2)),
        ("cfm_full", shapes.flow_matching(shapes.FULL_MATCHING)),
    ],
)
def test_tiny_checkpoints_have_the_names_and_shapes_of_published_ones(
    keys: str, ours: Shapes
) -> None:
    published = json.loads((DATA / f"keys_{keys}.json").read_text())
    assert ours == {k: v for k, v in published.items() if not k.startswith("enc_q.")}


@pytest.mark.parametrize("version", DECODERS)
@pytest.mark.parametrize("marked", [False, True])
def test_the_version_is_read_off_the_file(tmp_path: Path, version: str, marked: bool) -> None:
    header = tiny_checkpoints.HEADERS[version] if marked else None
    tiny_checkpoints.write_sovits(tmp_path / "s2.pth", version, header=header)
    read = read_sovits(tmp_path / "s2.pth")
    assert read.version is Version(version)
    assert read.n_symbols == (322 if version == "v1" else 732)
    assert read.config.upsample_rates == (10, 8, 2, 2, 2)


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_v3_and_v4_are_told_apart_by_what_is_not_a_tensor(tmp_path: Path, version: str) -> None:
    path = tmp_path / "s2.pth"
    tiny_checkpoints.write_sovits(path, version)
    assert read_sovits(path).version is Version(version)
    torch.save(read_pickled(path) | {"config": {}}, tmp_path / "silent.pth")
    with pytest.raises(WeightsMissing, match="a v3 or a v4 checkpoint"):
        read_sovits(tmp_path / "silent.pth")
    for told in (Version.V3, Version.V4):
        assert read_sovits(tmp_path / "silent.pth", told).version is told


def test_a_plain_and_a_pickled_configuration_say_the_same(tmp_path: Path) -> None:
    for pickled in (True, False):
        tiny_checkpoints.write_sovits(tmp_path / f"{pickled}.pth", pickled_config=pickled)
    configs = [read_sovits(tmp_path / f"{pickled}.pth").config for pickled in (True, False)]
    assert configs[0] == configs[1]


def test_the_tensors_decide_over_what_the_configuration_says(tmp_path: Path) -> None:
    tiny_checkpoints.write_sovits(tmp_path / "v1.pth", "v1")
    content = read_pickled(tmp_path / "v1.pth")
    content["config"] = {"model": {"version": "v2ProPlus"}}
    torch.save(content, tmp_path / "claims.pth")
    assert read_sovits(tmp_path / "claims.pth").version is Version.V1


def test_half_precision_is_read_as_single(tmp_path: Path) -> None:
    tiny_checkpoints.write_sovits(tmp_path / "half.pth", half=True)
    tiny_checkpoints.write_gpt(tmp_path / "half.ckpt", half=True)
    assert read_sovits(tmp_path / "half.pth").tensors["ssl_proj.bias"].dtype == torch.float32
    tensors = read_semantic(tmp_path / "half.ckpt").tensors
    assert tensors["bert_proj.bias"].dtype == torch.float32


def test_other_weights_have_another_digest(tmp_path: Path) -> None:
    tiny_checkpoints.write_sovits(tmp_path / "one.pth")
    tiny_checkpoints.write_sovits(tmp_path / "same.pth", pickled_config=False)
    tiny_checkpoints.write_sovits(tmp_path / "other.pth", half=True)
    one, same, other = (
        read_sovits(tmp_path / f"{name}.pth").digest for name in ("one", "same", "other")
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"<!DOCTYPE html><html>", "not a file of weights"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"PK\x03\x04 and nothing of a zip", "cut short or damaged"),
        (b"05 and nothing of a zip", "cut short or damaged"),
        (b"06", "cut short or damaged"),
    ],
)
def test_a_file_that_is_not_weights_is_refused_by_name(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsMissing, match=reason) as caught:
        read_sovits(path)
    assert repr(str(path)) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"absent\.ckpt.*No such file"):
        read_semantic(tmp_path / "absent.ckpt")


@pytest.mark.parametrize("share", [0.2, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "s2.pth"
    tiny_checkpoints.write_sovits(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(WeightsMissing, match="cut short or damaged"):
        read_sovits(path)


def test_swapped_files_are_told_apart(tmp_path: Path) -> None:
    tiny_checkpoints.write_gpt(tmp_path / "gpt.ckpt")
    tiny_checkpoints.write_sovits(tmp_path / "sovits.pth")
    with pytest.raises(WeightsMissing, match=r"is a GPT checkpoint.*swapped"):
        read_sovits(tmp_path / "gpt.ckpt")
    with pytest.raises(WeightsMissing, match=r"is a SoVITS checkpoint.*swapped"):
        read_semantic(tmp_path / "sovits.pth")


def test_a_table_of_symbols_that_no_version_has_is_refused(tmp_path: Path) -> None:
    gpt, sovits = tmp_path / "s1.ckpt", tmp_path / "s2.pth"
    shapes_of_gpt = shapes.gpt(16, 1, 600, tiny_checkpoints.CONTEXT)
    shapes_of_sovits = tiny_checkpoints.sovits_shapes("v2") | {SYMBOLS: [600, 192]}
    torch.save({"weight": tiny_checkpoints.weights(shapes_of_gpt)}, gpt)
    torch.save({"weight": tiny_checkpoints.weights(shapes_of_sovits)}, sovits)
    with pytest.raises(WeightsMissing, match=r"s1\.ckpt' knows 600 symbols"):
        read_semantic(gpt)
    with pytest.raises(WeightsMissing, match=r"s2\.pth' knows 600 symbols"):
        read_sovits(sovits)


def test_a_training_checkpoint_and_other_tensors_are_refused(tmp_path: Path) -> None:
    torch.save({"model": {}, "optimizer": {}}, tmp_path / "G_2333.pth")
    torch.save({"weight": {"linear.weight": torch.ones(2)}}, tmp_path / "other.pth")
    with pytest.raises(WeightsMissing, match="continuing a training"):
        read_sovits(tmp_path / "G_2333.pth")
    with pytest.raises(WeightsMissing, match="another kind of file"):
        read_sovits(tmp_path / "other.pth")


def test_whatever_bytes_change_a_file_is_refused_or_read(tmp_path: Path) -> None:
    """A pickle with flipped bits does almost anything; none of it reaches the caller raw."""
    path, drawn = tmp_path / "old.pth", random.Random(3)
    torch.save({"weight": {"enc_p.x": torch.ones(2)}}, path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    refused = 0
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(4):
            content[drawn.randrange(len(content))] ^= 1 << drawn.randrange(8)
        path.write_bytes(content)
        try:
            read_pickled(path)
        except WeightsMissing as error:
            refused += "old.pth" in str(error)
    assert refused > 100


def test_names_that_are_no_text_are_read_as_text(tmp_path: Path) -> None:
    torch.save({1: 2, "weight": {3: torch.ones(1)}}, tmp_path / "s2.pth")
    with pytest.raises(WeightsMissing, match="'3'"):
        read_sovits(tmp_path / "s2.pth")


class _Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("never",)


def test_a_pickle_that_would_run_code_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_checkpoints.write_sovits(tmp_path / "s2.pth")
    content = read_pickled(tmp_path / "s2.pth") | {"config": _Bomb()}
    torch.save(content, tmp_path / "bomb.pth")
    (tmp_path / "old.pth").write_bytes(pickle.dumps(_Bomb(), protocol=2))
    for name in ("bomb.pth", "old.pth"):
        with pytest.raises(WeightsMissing, match=r"was not loaded|damaged"):
            read_sovits(tmp_path / name)
    assert capsys.readouterr().out == ""


def test_a_setting_that_contradicts_the_tensors_is_refused(tmp_path: Path) -> None:
    tiny_checkpoints.write_sovits(tmp_path / "s2.pth", "v2")
    with pytest.raises(WeightsMissing, match="is a v2 checkpoint, not 'v2Pro'"):
        read_sovits(tmp_path / "s2.pth", Version.V2_PRO)


def test_an_absent_tensor_is_named(tmp_path: Path) -> None:
    torch.save({"one": torch.ones(1)}, tmp_path / "plain.pth")
    tensors = read_plain(tmp_path / "plain.pth")
    assert float(tensors["one"]) == 1.0
    with pytest.raises(WeightsMissing, match=r"plain\.pth.*lacks the tensor 'two\.weight'"):
        tensors.scope("two")["weight"]
