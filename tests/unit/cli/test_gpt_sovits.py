"""The neural engine from outside: settings by environment, one process, one file."""

import json
from pathlib import Path

import numpy as np
import pytest

from myna.dsp.codec import decode_native, load_audio
from myna.studio.wiring import SAMPLE_TRANSCRIPT
from tests.unit.cli.test_command_line import myna
from tests.unit.engines.gpt_sovits import tiny_checkpoints


def test_say_speaks_with_the_weights_the_settings_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_checkpoints.write_installation(tmp_path / "weights", "v2Pro")
    monkeypatch.setenv("MYNA_ENGINES", '["gpt-sovits"]')
    monkeypatch.setenv("MYNA_GPT_SOVITS__FOLDER", str(tmp_path / "weights"))
    done = myna("say", "Tea is ready.", "--engine", "gpt-sovits", "--seed", "1", "-o", "tea.wav")
    assert done.returncode == 0, done.stderr.decode()
    audio = load_audio(Path("tea.wav"))
    assert audio.sample_rate == 32000
    assert audio.duration > 0.4
    wrong = myna("say", "Tea is ready.", "--top-k", "0", "-o", "tea.wav")
    assert b"top_k" in wrong.stderr
    found = json.loads(myna("engines", "--json").stdout)
    assert {"name": "gpt-sovits", "ready": True, "remedy": ""}.items() <= found[1].items()
    assert found[1]["runs"].startswith("fast on ")
    monkeypatch.setenv("MYNA_GPT_SOVITS__DEVICE", "cuda:99")
    status = json.loads(myna("engines", "--json").stdout)[1]
    assert (status["ready"], status["runs"]) == (False, "")
    assert "`gpt_sovits.device` is 'cuda:99'" in status["remedy"]


def test_say_speaks_with_a_lora_on_its_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_checkpoints.write_installation(tmp_path / "weights", "v4")
    tiny_checkpoints.write_lora(tmp_path / "mine.pth", "v4")
    monkeypatch.setenv("MYNA_ENGINES", '["gpt-sovits"]')
    monkeypatch.setenv("MYNA_GPT_SOVITS__FOLDER", str(tmp_path / "weights"))
    monkeypatch.setenv("MYNA_GPT_SOVITS__VITS_WEIGHTS", str(tmp_path / "mine.pth"))
    done = myna("say", "Tea is ready.", "--seed", "1", "-o", "tea.wav")
    assert done.returncode == 0, done.stderr.decode()
    assert load_audio(Path("tea.wav")).sample_rate == 48000
    (tmp_path / "weights" / tiny_checkpoints.SOVITS_FILES["v4"]).unlink()
    done = myna("say", "Tea is ready.", "--seed", "2", "-o", "tea.wav")
    assert done.returncode != 0
    assert "s2Gv4.pth" in done.stderr.decode()


@pytest.mark.parametrize("version", ["v2Pro", "v3", "v4"])
def test_edit_fills_a_gap_and_keeps_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample_file: bytes, version: str
) -> None:
    tiny_checkpoints.write_installation(tmp_path / "weights", version)
    monkeypatch.setenv("MYNA_ENGINES", '["gpt-sovits"]')
    monkeypatch.setenv("MYNA_GPT_SOVITS__FOLDER", str(tmp_path / "weights"))
    Path("me.flac").write_bytes(sample_file)
    done = myna(
        "edit", "me.flac", "--text", SAMPLE_TRANSCRIPT, "--replace", "clear", "calm",
        "--takes", "1", "--seed", "1", "--sample-steps", "4", "--report", "report.json",
        "-o", "calm.wav",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(Path("report.json").read_text("utf-8"))
    (span,) = report["edits"]
    assert (report["engine"], span["new_text"]) == ("gpt-sovits", "calm")
    before, after = (decode_native(Path(name)).samples for name in ("me.flac", "calm.wav"))
    assert np.array_equal(before[: span["start_sample"]], after[: span["new_start_sample"]])
    assert np.array_equal(before[span["end_sample"] :], after[span["new_end_sample"] :])


def test_engines_names_the_files_that_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_checkpoints.write_installation(tmp_path / "weights", "v2")
    (tmp_path / "weights" / tiny_checkpoints.SOVITS_FILES["v2"]).unlink()
    monkeypatch.setenv("MYNA_GPT_SOVITS__FOLDER", str(tmp_path / "weights"))
    monkeypatch.setenv("MYNA_GPT_SOVITS__VERSION", "v2")
    (status,) = (
        s for s in json.loads(myna("engines", "--json").stdout) if s["name"] == "gpt-sovits"
    )
    assert not status["ready"]
    assert "s2G2333k.pth" in status["remedy"]
    assert "ckpt" not in status["remedy"]
    done = myna("say", "hi", "-o", "x.wav")
    assert done.returncode == 0, "another engine is not disturbed"
    monkeypatch.setenv("MYNA_ENGINES", '["gpt-sovits"]')
    done = myna("say", "hi", "-o", "x.wav")
    assert done.returncode != 0
    assert "s2G2333k.pth" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
