"""`myna pull` and `myna import-weights` as processes."""

import subprocess
import sys
from pathlib import Path

from myna.storage.models import find_model
from tests.unit.storage.hub_server import serving

MODEL = find_model("gpt-sovits-v2proplus")
CONTENT = {file.path: f"the bytes of {file.path}".encode() * 50 for file in MODEL.files}


def myna(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "myna", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_pull_shows_the_licences_and_places_every_file(home: Path):
    with serving(CONTENT) as hub:
        done = myna("pull", MODEL.name, "--endpoint", hub.endpoint)
    assert done.returncode == 0, done.stderr
    assert "Licence MIT" in done.stderr and "Licence Apache-2.0" in done.stderr
    for path, content in CONTENT.items():
        assert (home / "models" / "gpt-sovits" / path).read_bytes() == content


def test_a_model_nobody_knows_is_a_wrong_request():
    done = myna("pull", "gpt-sovits-v9")
    assert done.returncode == 3
    assert "gpt-sovits-v4" in done.stderr


def test_pull_takes_files_from_a_folder_and_names_the_one_it_lacks(tmp_path: Path):
    done = myna("pull", MODEL.name, "--from", str(tmp_path))
    assert done.returncode == 4
    assert "s1v3.ckpt" in done.stderr


def test_import_links_published_files_and_says_what_is_missing(home: Path, tmp_path: Path):
    published = tmp_path / "GPT-SoVITS" / "GPT_SoVITS" / "pretrained_models"
    (published / "sv").mkdir(parents=True)
    (published / "s1v3.ckpt").write_bytes(b"weights")
    done = myna("import-weights", str(tmp_path / "GPT-SoVITS"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "s1v3.ckpt\tpublished\ttaken\n"
    assert "gpt-sovits-v4 lacks gsv-v4-pretrained/s2Gv4.pth" in done.stderr
    assert (home / "models" / "gpt-sovits" / "s1v3.ckpt").is_symlink()
