"""`myna edit` as a user meets it."""

import json
from pathlib import Path

import numpy as np
import pytest

from myna.dsp.codec import decode_native
from tests.unit.cli.test_command_line import myna

TEXT = "Tea is ready. The tea is hot."


@pytest.fixture
def recording() -> str:
    assert myna("say", TEXT, "--seed", "1", "-o", "tea.wav").returncode == 0
    return "tea.wav"


def test_edits_change_words_and_tell_where(recording: str):
    done = myna(
        "edit", recording, "--text", TEXT, "--replace", "ready", "cold", "--replace", "hot.", "",
        "--report", "report.json", "--plot", "edit.png", "-o", "cold.flac",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert "Tea is cold. The tea is" in done.stderr.decode()
    report = json.loads(Path("report.json").read_text("utf-8"))
    assert report.keys() == {"edits", "sample_rate", "engine"}
    assert [(edit["old_text"], edit["new_text"]) for edit in report["edits"]] == [
        ("ready", "cold"),
        ("hot.", ""),
    ]
    before, after = (decode_native(Path(name)).samples for name in (recording, "cold.flac"))
    first, last = report["edits"]
    assert np.array_equal(before[: first["start_sample"]], after[: first["new_start_sample"]])
    assert np.array_equal(
        before[first["end_sample"] : last["start_sample"]],
        after[first["new_end_sample"] : last["new_start_sample"]],
    )
    assert first["margin_samples"] == round(0.02 * report["sample_rate"])
    assert Path("edit.png").read_bytes().startswith(b"\x89PNG")


def test_an_empty_span_inserts_words(recording: str):
    span = ("--start-char", "4", "--end-char", "4", "--new", "now")
    done = myna("edit", recording, "--text", TEXT, *span, "--seed", "3", "-o", "now.wav")
    assert done.returncode == 0, done.stderr.decode()
    assert "Tea now is ready." in done.stderr.decode()
    longer, before = (decode_native(Path(name)).samples for name in ("now.wav", recording))
    assert len(longer) > len(before)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--replace", "is", "was"), 3, "2 times"),
        (("--replace", "coffee", "milk"), 3, "'coffee'"),
        (("--start-char", "3"), 3, "--new"),
        (("--start-char", "99", "--new", "x"), 3, "29 characters"),
        ((), 3, "--replace"),
        (("--replace", "ready"), 2, "two values"),
        (("--replace", "ready", "cold", "--takes", "99"), 3, "takes"),
        (("--replace", "ready", "cold", "--voice", "nobody"), 3, "'nobody'"),
    ],
)
def test_a_mistake_is_named(recording: str, options: tuple[str, ...], code: int, said: str):
    done = myna("edit", recording, "--text", TEXT, "-o", "out.wav", *options)
    message = done.stderr.decode()
    assert done.returncode == code, message
    assert said in message
    assert "Traceback" not in message
    assert not Path("out.wav").exists()
