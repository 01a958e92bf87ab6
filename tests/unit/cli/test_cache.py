import inspect
import json
import os
import shlex
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from myna.cli.app import app
from myna.cli.prepare import prepare
from myna.cli.say import say
from myna.core.errors import InvalidOption, SettingsError, StorageError
from myna.core.speech import SpeechRequest
from myna.settings import Settings
from myna.storage.archives import BadArchive
from myna.studio.studio import Studio
from myna.studio.wiring import open_results

run = CliRunner().invoke


@pytest.fixture
def phrases() -> Path:
    path = Path("phrases.txt")
    path.write_text("Tea is ready.\n\n차가 준비됐어요. 드세요.\n", "utf-8")
    return path


def figures() -> dict[str, object]:
    return json.loads(run(app, ["cache", "stats", "--json"]).stdout)


def test_phrases_said_ahead_are_replayed_on_another_machine(
    phrases: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    first = run(app, ["prepare", "--file", str(phrases), "--jobs", "2"])
    assert first.exit_code == 0, first.output
    assert "3 sentences made, 0 were there, 0 failed" in first.stderr
    again = run(app, ["prepare", "--file", "-"], input=phrases.read_bytes())
    assert "0 sentences made, 3 were there" in again.stderr
    assert run(app, ["cache", "export", "phrases.tar"]).exit_code == 0

    monkeypatch.setenv("MYNA_HOME", str(tmp_path / "device"))
    assert figures()["sentences"] == 0
    assert "3 of them new" in run(app, ["cache", "import", "phrases.tar"]).stderr
    request = SpeechRequest("차가 준비됐어요.", "sample")
    assert all(chunk.cached for chunk in Studio.open().stream(request))


def test_preparing_takes_every_option_of_say_that_changes_the_sound():
    elsewhere = {
        "text",
        "file",
        "sentence_pause",
        "format_",
        "timestamps",
        "plot",
        "output",
        "play",
    }
    taken = set(inspect.signature(prepare).parameters)
    assert set(inspect.signature(say).parameters) - elsewhere <= taken


def test_what_was_prepared_with_options_is_replayed_to_who_asks_with_them(phrases: Path):
    manner = shlex.split(
        "--language ko --speed 1.2 --seed 3 --temperature 0.5 --top-k 5 --top-p 0.9 "
        "--repetition-penalty 1.2 --retries 0 --sample-steps 8 --instruction 'Speak softly'"
    )
    done = run(app, ["prepare", "--file", str(phrases), *manner])
    assert "3 sentences made" in done.stderr, done.output
    asked = ["say", "차가 준비됐어요.", "-o", "tea.wav"]
    assert run(app, [*asked, *manner]).exit_code == 0
    assert figures()["sentences"] == 3  # nothing had to be made
    assert run(app, [*asked, *manner, "--top-k", "6"]).exit_code == 0
    assert figures()["sentences"] == 4


def test_a_speaker_nobody_has_is_refused_ahead_of_time(phrases: Path):
    done = run(app, ["prepare", "--file", str(phrases), "--speaker", "nobody"])
    assert isinstance(done.exception, InvalidOption)


def test_stats_and_prune_tell_what_is_kept(phrases: Path, settings: Settings):
    run(app, ["prepare", "--file", str(phrases)])
    assert figures()["sentences"] == 3
    assert "sentences: 3" in run(app, ["cache", "stats"]).stdout
    kept = open_results(settings).kept()
    long_ago = time.time() - 10 * 86400
    os.utime(kept[0].path, (long_ago, long_ago))
    assert "Removed 1 " in run(app, ["cache", "prune", "--unused-days", "5"]).stderr
    assert figures()["sentences"] == 2
    run(app, ["cache", "prune", "--max-bytes", "0"])
    assert (figures()["sentences"], figures()["longest_unused"]) == (0, None)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["cache", "prune"], InvalidOption),
        (["cache", "import", "missing.tar"], BadArchive),
        (["cache", "export", "no/such/folder.tar"], StorageError),
    ],
)
def test_a_mistake_is_told_by_name(arguments: list[str], error: type[Exception]):
    assert isinstance(run(app, arguments).exception, error)


def test_preparing_without_a_cache_is_refused(phrases: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MYNA_CACHE__ENABLED", "false")
    assert isinstance(run(app, ["prepare", "--file", str(phrases)]).exception, SettingsError)
