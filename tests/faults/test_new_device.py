"""A device that never saw its server: what was prepared elsewhere plays all the same."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from myna.settings import Settings
from myna.studio.figures import Figures
from myna.studio.wiring import open_counts

PREPARED = ("It is time for your tablets.", "약 드실 시간이에요.")
NEW = "Nobody has said this before."


class Machine:
    """A machine of its own: a home, and commands that are processes."""

    def __init__(self, home: Path, engines: list[str], url: str) -> None:
        home.mkdir()
        self.home = home
        (home / "myna.toml").write_text(
            f"engines = {json.dumps(engines)}\n"
            f'[remotes.kitchen]\nkind = "myna"\nurl = "{url}"\nidentity = "ours"\n'
            "first_sound_seconds = 60\nstall_seconds = 60\n"
        )
        self.environment = {**os.environ, "MYNA_HOME": str(home)}  # noqa: TID251 - a child's

    def myna(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "myna", *arguments]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done

    def figures(self) -> tuple[int, int, int]:
        """Return how many sentences were said, replayed, and said by a fallback."""
        found = Figures.of(open_counts(Settings(home=self.home)).of_last(1))
        return found.sentences, found.hits, found.fallbacks


@pytest.fixture
def dead() -> str:
    """Return an address at which nobody ever was."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_device_that_never_saw_its_server_says_what_was_prepared(
    server: tuple[subprocess.Popen[str], str], dead: str, tmp_path: Path
):
    process, url = server
    phrases, archive = tmp_path / "phrases.txt", str(tmp_path / "phrases.tar")
    phrases.write_text("\n".join(PREPARED), "utf-8")
    maker = Machine(tmp_path / "maker", ["kitchen"], url)
    made = maker.myna("prepare", "--file", str(phrases)).stderr
    assert "2 sentences made, 0 were there, 0 failed" in made
    maker.myna("cache", "export", archive)
    process.kill()
    process.wait()

    device = Machine(tmp_path / "device", ["kitchen", "embedded"], dead)
    assert "2 of them new" in device.myna("cache", "import", archive).stderr
    said = device.myna("say", " ".join(PREPARED), "-o", str(tmp_path / "prepared.wav"))
    assert "by kitchen," in said.stderr
    assert device.figures() == (2, 2, 0)
    said = device.myna("say", NEW, "-o", str(tmp_path / "new.wav"))
    assert "by embedded," in said.stderr
    assert device.figures() == (3, 2, 1)
