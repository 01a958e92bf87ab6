"""`myna storage copy`, and what becomes of it when it is killed."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from myna.cli.app import app
from myna.core.errors import SettingsError, StorageError
from myna.core.voice import Voice
from myna.settings import Settings
from myna.storage.voices import NewVoice
from myna.studio.wiring import open_library
from tests.conftest import tone

VOICES = 20

run = CliRunner().invoke


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
    done = run(app, ["storage", "copy", "--to", str(target)])
    assert done.exit_code == 0, done.output
    assert f"voices: {VOICES + 1} rows copied, 0 were there" in done.stderr
    assert "All were read back and are the same." in done.stderr
    assert "the same day are not added up: the larger is kept" in " ".join(done.stderr.split())
    there = open_library(Settings(home=tmp_path / "there"))
    assert there.list() == library.list()
    assert [there.get(v.name).id for v in there.list()] == [v.voice_id for v in library.list()]
    again = run(app, ["storage", "copy", "--to", str(target)]).stderr
    assert f"voices: 0 rows copied, {VOICES + 1} were there" in again


@pytest.mark.parametrize("content", ["", "databse_url = 'x'", "not toml", "database_url = 'x'"])
def test_a_file_that_names_no_other_storage_is_refused(target: Path, content: str):
    target.write_text(content)
    done = run(app, ["storage", "copy", "--to", str(target)])
    assert isinstance(done.exception, SettingsError)
    assert str(target) in str(done.exception) or "postgresql://" in str(done.exception)


@pytest.mark.parametrize(
    "content",
    [
        "",
        'database_url = "postgresql://myna@127.0.0.1:1/myna"\n',
        '[s3]\nbucket = "voices"\n',
        'database_url = "postgresql://myna@127.0.0.1:1/myna"\n[s3]\nregion = "eu-west-1"\n',
    ],
)
def test_a_file_that_leaves_something_in_the_home_in_use_is_refused(target: Path, content: str):
    target.write_text(content)
    done = run(app, ["storage", "copy", "--to", str(target)])
    assert isinstance(done.exception, SettingsError)
    assert f"{str(target)!r} does not say where everything is" in str(done.exception)
    target.write_text(f'home = "{target.parent}"\n{content}')
    assert Settings.of_file(target).home == target.parent


def test_a_file_that_names_a_database_and_a_bucket_needs_no_home(target: Path):
    target.write_text('database_url = "postgresql://myna@db/myna"\n[s3]\nbucket = "voices"\n')
    assert Settings.of_file(target).s3.bucket == "voices"


def test_the_environment_does_not_speak_for_the_other_storage(
    target: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("MYNA_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert Settings.of_file(target).database_url is None
    done = run(app, ["storage", "copy", "--to", str(target)])
    assert isinstance(done.exception, StorageError)  # the environment speaks for this one
