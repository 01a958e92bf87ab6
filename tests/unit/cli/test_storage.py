"""`myna storage copy` as processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from myna.cli.app import exit_code
from myna.core.errors import SettingsError, StorageError
from myna.core.voice import Voice
from myna.settings import Settings
from myna.storage.voices import NewVoice
from myna.studio.wiring import open_library
from tests.conftest import tone

VOICES = 20


def myna(*arguments: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)  # noqa: TID251 - a child's
    if home:
        environment["MYNA_HOME"] = str(home)
    return subprocess.run(
        [sys.executable, "-m", "myna", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Return the settings file of another storage."""
    path = tmp_path / "target.toml"
    path.write_text(f'home = "{tmp_path / "there"}"\n')
    return path


def test_a_copy_that_is_killed_is_finished_by_the_next(
    settings: Settings, target: Path, tmp_path: Path
):
    library = open_library(settings)
    for number in range(VOICES):
        voice = Voice(tone(1.0, 100.0 + number), "가", "ko")
        library.add(f"voice {number}", NewVoice(voice, bytes([number]) * 50_000))
    command = [sys.executable, "-m", "myna", "storage", "copy", "--to", str(target), "--jobs", "1"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as killed:
        while killed.poll() is None and not list((tmp_path / "there").rglob("*.wav")):
            pass
        killed.kill()
    done = myna("storage", "copy", "--to", str(target))
    assert done.returncode == 0, done.stderr
    assert f"voices: {VOICES + 1} rows copied" in done.stderr
    assert "All were read back and are the same." in done.stderr
    listed = [
        json.loads(myna("voices", "list", "--json", home=home).stdout)
        for home in (settings.home, tmp_path / "there")
    ]
    assert listed[0] == listed[1] and len(listed[0]) == VOICES + 1
    again = myna("storage", "copy", "--to", str(target)).stderr
    assert f"voices: 0 rows copied, {VOICES + 1} were there" in again


@pytest.mark.parametrize("content", ["", "databse_url = 'x'", "not toml", "database_url = 'x'"])
def test_a_file_that_names_no_other_storage_is_refused(target: Path, content: str):
    target.write_text(content)
    done = myna("storage", "copy", "--to", str(target))
    assert done.returncode == exit_code(SettingsError())
    assert "Traceback" not in done.stderr


def test_the_environment_does_not_speak_for_the_other_storage(
    target: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("MYNA_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert Settings.of_file(target).database_url is None
    assert myna("storage", "copy", "--to", str(target)).returncode == exit_code(StorageError())
