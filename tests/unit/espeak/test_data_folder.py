import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from myna.core.errors import SynthesisFailed
from myna.espeak.data_folder import PREFIX, DataFolder

PROGRAM = """
import os, sys
from pathlib import Path
from myna.espeak.data_folder import DataFolder
kept = DataFolder(Path(sys.argv[1]))
if os.fork() == 0:
    del kept
    sys.stdin.read()  # a worker that outlives its parent by a moment
    os._exit(0)
print(kept.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What espeak-ng brings, and a place for temporary files that nobody else uses."""
    folder = tmp_path / "espeak-ng-data"
    (folder / "voices" / "!v").mkdir(parents=True)
    (folder / "en_dict").write_bytes(b"words")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def there(data: Path) -> list[Path]:
    return sorted((data.parent / "tmp").iterdir())


def begun(data: Path) -> tuple[subprocess.Popen[str], Path]:
    command = [sys.executable, "-c", PROGRAM, str(data)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_the_folder_holds_all_of_the_data_and_goes_with_its_owner(data: Path) -> None:
    kept = DataFolder(data)
    assert (kept.path / "en_dict").read_bytes() == b"words"
    assert list(kept.variants.iterdir()) == []
    del kept
    assert there(data) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_what_a_killed_process_has_left_is_removed_by_the_next_and_no_other(data: Path) -> None:
    alive, kept = begun(data)
    killed, left = begun(data)
    (older := data.parent / "tmp" / "myna-espeak-a1b2c3d4").mkdir()  # a version without locks
    (pretender := data.parent / "tmp" / f"{PREFIX}link").symlink_to(data)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()  # ends the worker, too
    assert there(data) == sorted([older, kept, left, pretender])
    mine = DataFolder(data)
    assert there(data) == sorted([older, kept, mine.path, pretender])
    assert (data / "en_dict").exists()
    assert alive.communicate()[0] == ""
    assert alive.returncode == 0
    assert there(data) == sorted([older, mine.path, pretender])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_leaves_the_folder_to_its_parent(data: Path) -> None:
    kept = DataFolder(data)
    if os.fork() == 0:
        del kept
        os._exit(0)
    os.wait()
    assert there(data) == [kept.path]
    DataFolder(data)
    assert kept.path.exists()


def test_a_machine_without_a_place_for_temporary_files_is_told_what_to_do(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(data.parent / "gone"))
    with pytest.raises(SynthesisFailed, match="TMPDIR"):
        DataFolder(data)
