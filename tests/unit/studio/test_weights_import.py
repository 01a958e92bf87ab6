"""Taking over an installation of GPT-SoVITS as it is on disk."""

from pathlib import Path

import pytest

from myna.storage.installations import FolderNotFound
from myna.studio.weights_import import import_weights
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
