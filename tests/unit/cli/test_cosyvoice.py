"""CosyVoice from outside: settings by environment, one process, one file."""

import json
from pathlib import Path

import pytest

from myna.dsp.codec import load_audio
from tests.unit.cli.test_command_line import myna
from tests.unit.engines.cosyvoice.tiny_checkpoint import write_checkpoint


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MYNA_ENGINES", '["cosyvoice"]')
    monkeypatch.setenv("MYNA_COSYVOICE__FOLDER", str(tmp_path / "weights"))
    monkeypatch.setenv("MYNA_COSYVOICE__STEPS", "1")
    monkeypatch.setenv("MYNA_COSYVOICE__DEVICE", "cpu")
    return write_checkpoint(tmp_path / "weights")


def _status() -> dict[str, object]:
    found = json.loads(myna("engines", "--json").stdout)
    return next(status for status in found if status["name"] == "cosyvoice")


def test_say_and_convert_use_the_weights_the_settings_name(
    weights: Path, sample_file: bytes
) -> None:
    status = _status()
    assert (status["ready"], status["runs"]) == (True, "fast on cpu")
    done = myna("say", "Tea.", "--seed", "1", "--instruction", "softly", "-o", "tea.wav")
    assert done.returncode == 0, done.stderr.decode()
    assert load_audio(Path("tea.wav")).sample_rate == 24000
    piped = myna("say", "--file", "-", "--format", "wav", "-o", "-", stdin=b"Tea, please")
    assert piped.returncode == 0, piped.stderr.decode()
    assert piped.stdout.startswith(b"RIFF")
    done = myna("convert", "tea.wav", "--voice", "sample", "-o", "other.flac")
    assert done.returncode == 0, done.stderr.decode()
    there, here = load_audio(Path("other.flac")), load_audio(Path("tea.wav"))
    assert abs(there.duration - here.duration) < 0.1


def test_a_missing_file_is_named_by_whoever_looks(weights: Path) -> None:
    (weights / "flow.pt").unlink()
    status = _status()
    assert not status["ready"]
    assert "flow.pt" in str(status["remedy"])
    done = myna("say", "Tea.", "-o", "tea.wav")
    assert done.returncode == 4
    assert "flow.pt" in done.stderr.decode()


def test_an_engine_that_cannot_convert_says_so(
    monkeypatch: pytest.MonkeyPatch, sample_file: bytes
) -> None:
    Path("a.flac").write_bytes(sample_file)
    done = myna("convert", "a.flac", "--voice", "sample", "-o", "b.wav")
    assert done.returncode == 3
    assert b"cosyvoice" in done.stderr


def test_a_carried_folder_is_taken_in(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (weights / "CosyVoice-BlankEN" / "tokenizer_config.json").write_text("{}")
    done = myna("pull", "cosyvoice2", "--from", str(weights))
    assert done.returncode == 0, done.stderr.decode()
    monkeypatch.delenv("MYNA_COSYVOICE__FOLDER")
    assert _status()["ready"]
