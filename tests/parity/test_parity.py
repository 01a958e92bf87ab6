import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.parity.__main__ import main
from tests.parity.case import NOT_COVERED, Check
from tests.parity.formats import checks_of

DATA = Path(__file__).parent / "data"
BY_COMMAND = frozenset({"cfm_full", "voc_v3_bigvgan_full", "lm_full_nostream"})
"""Full-size cases that take long: `python -m tests.parity tests/parity/data/FOLDER`."""

CHECKS = [
    check
    for folder in ("gptsovits", "cosyvoice2")
    for check in checks_of(DATA / folder)
    if check.rows is not None and check.name not in BY_COMMAND
]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("check", CHECKS, ids=[check.name for check in CHECKS])
def test_what_comes_out_is_what_the_published_networks_give(check: Check) -> None:
    assert check.rows is not None
    with torch.inference_mode():
        rows = list(check.rows())
    assert any(row.passed for row in rows)
    unread = check.name == "frontend"  # English needs dictionaries that not everyone has
    covered = [row for row in rows if not (unread and row.remark == NOT_COVERED)]
    assert [row for row in covered if not row.passed] == []


def _folder(path: Path, alter: float = 0.0, extra: str | None = None) -> Path:
    """Write a folder with the sampling case, maybe altered, and maybe a case nobody knows."""
    path.mkdir()
    with np.load(DATA / "gptsovits" / "sampling.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["probs1"] = arrays["probs1"] + np.float32(alter)
    np.savez(path / "drawing.npz", **arrays)
    manifest = json.loads((DATA / "gptsovits" / "manifest.json").read_text())
    cases = {"drawing": manifest["sampling"]} | ({extra: {"config": {}}} if extra else {})
    (path / "manifest.json").write_text(json.dumps(cases))
    return path


def _exit_status(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["parity", *arguments])
    return main()


def test_the_command_fails_when_an_array_is_over_its_tolerance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = _folder(tmp_path / "good"), _folder(tmp_path / "bad", alter=0.01)
    assert _exit_status(monkeypatch, str(good)) == 0
    assert "12 arrays, 0 over their tolerance, 0 not covered" in capsys.readouterr().out
    assert _exit_status(monkeypatch, str(bad)) == 1
    assert "OVER" in capsys.readouterr().out


def test_a_kind_of_case_nobody_knows_is_not_called_covered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _folder(tmp_path / "new", extra="novelty")
    assert _exit_status(monkeypatch, str(folder)) == 1
    assert "1 not covered" in capsys.readouterr().out
    assert _exit_status(monkeypatch, str(folder), "--allow-uncovered") == 0
