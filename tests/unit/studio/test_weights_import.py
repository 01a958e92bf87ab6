"""Taking over an installation of GPT-SoVITS as it is on disk."""

import json
from pathlib import Path
from typing import Any

import pytest

from myna.engines.gpt_sovits.frontend.resources import Resources
from myna.storage.installations import FolderNotFound
from myna.studio.weights_import import TrainedPair, import_weights
from tests.unit.engines.gpt_sovits.tiny_checkpoints import (
    write_gpt,
    write_installation,
    write_sovits,
)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("GPT-SoVITS")
    write_installation(root / "GPT_SoVITS" / "pretrained_models", "v2Pro")
    (root / "GPT_weights_v2Pro").mkdir()
    (root / "SoVITS_weights_v2Pro").mkdir()
    (root / "SoVITS_weights").mkdir()
    write_gpt(root / "GPT_weights_v2Pro" / "me-e15.ckpt", "v2Pro", half=True)
    write_sovits(root / "SoVITS_weights_v2Pro" / "me_e8.pth", "v2Pro")
    write_sovits(root / "SoVITS_weights" / "old.pth", "v1")
    (root / "SoVITS_weights" / "broken.pth").write_bytes(b"PK\x03\x04 cut short")
    return root


@pytest.mark.parametrize("copy", [False, True])
def test_everything_whole_is_taken_with_its_version(installation: Path, tmp_path: Path, copy: bool):
    done = import_weights(installation, tmp_path, copy=copy)
    trained = {
        Path(f.found.target).name: f.description for f in done.files if "weights" in f.found.target
    }
    assert trained["me-e15.ckpt"] == "GPT for v2 and later"
    assert trained["me_e8.pth"] == "SoVITS v2Pro"
    assert trained["old.pth"] == "SoVITS v1"
    target = tmp_path / "gpt-sovits" / "SoVITS_weights_v2Pro" / "me_e8.pth"
    source = installation / "SoVITS_weights_v2Pro" / "me_e8.pth"
    assert target.read_bytes() == source.read_bytes()
    assert target.is_symlink() is not copy
    assert import_weights(installation, tmp_path).files[0].was_there


def test_a_damaged_file_is_not_taken_and_the_reason_given(installation: Path, tmp_path: Path):
    done = import_weights(installation, tmp_path)
    (problem,) = [file.problem for file in done.files if file.problem]
    assert "broken.pth" in problem and "cut short" in problem
    assert not (tmp_path / "gpt-sovits" / "SoVITS_weights" / "broken.pth").exists()


def test_what_each_model_lacks_is_named(installation: Path, tmp_path: Path):
    lacking = import_weights(installation, tmp_path).missing
    assert "v2Pro/s2Gv2Pro.pth" not in lacking["gpt-sovits-v2pro"]
    assert "v2Pro/s2Gv2ProPlus.pth" in lacking["gpt-sovits-v2proplus"]
    assert "s1v3.ckpt" not in lacking["gpt-sovits-v2proplus"]


def test_a_folder_without_weights_is_refused(tmp_path: Path):
    with pytest.raises(FolderNotFound, match="pretrained_models"):
        import_weights(tmp_path, tmp_path / "models")


def test_what_readings_are_bettered_by_comes_along(installation: Path, tmp_path: Path):
    text = installation / "GPT_SoVITS" / "text"
    names = (
        *("cmudict.rep", "engdict-hot.rep", "namedict_cache.pickle", "G2PWModel/g2pW.onnx"),
        *("g2pw/polyphonic.rep", "g2pw/polyphonic-fix.rep", "ja_userdic/userdict.csv"),
    )
    for name in (*names, "english.py"):
        (text / name).parent.mkdir(parents=True, exist_ok=True)
        (text / name).write_text(name)
    done = import_weights(installation, tmp_path)
    taken = {file.found.target for file in done.files if file.description == "for readings"}
    assert taken == {f"text/{name}" for name in names}
    there, here = Resources.find(installation), Resources.find(tmp_path / "gpt-sovits")
    assert [place.name for place in here.places] == [place.name for place in there.places]
    assert len(here.places) == len(names)


GPT, SOVITS = "GPT_weights_v2Pro/me-e15.ckpt", "SoVITS_weights_v2Pro/me_e8.pth"


@pytest.mark.parametrize(
    ("noted", "is_told"),
    [
        ({"GPT": {"v2": GPT}, "SoVITS": {"v2": SOVITS}}, True),
        ({"GPT": {"v2": [GPT.replace("/", "\\")]}, "SoVITS": {"v1": "old", "v2": [SOVITS]}}, True),
        ({"GPT": {"v1": GPT}, "SoVITS": {"v2": SOVITS}}, False),
        ({"GPT": {"v2": "GPT_weights_v2Pro/gone.ckpt"}, "SoVITS": {"v2": SOVITS}}, False),
        ({"GPT": {}, "SoVITS": {}}, False),
        ({"GPT": [GPT], "SoVITS": None}, False),
        ([], False),
    ],
)
def test_the_weights_that_were_used_last_are_told(
    installation: Path, tmp_path: Path, noted: Any, is_told: bool
):
    (installation / "weight.json").write_text(json.dumps(noted))
    pair = import_weights(installation, tmp_path).last_used
    assert pair == (TrainedPair(GPT, SOVITS) if is_told else None)
