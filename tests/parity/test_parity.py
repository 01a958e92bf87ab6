import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.parity import recipe
from tests.parity.__main__ import main, rows_of
from tests.parity.case import Check, Verdict
from tests.parity.formats import checks_of

DATA = Path(__file__).parent / "data"
BY_COMMAND = frozenset({"cfm_full", "voc_v3_bigvgan_full", "lm_full_nostream", "flow_full"})
"""Full-size cases that take long: `python -m tests.parity tests/parity/data/FOLDER`."""

CHECKS = [
    check
    for folder in ("gptsovits", "gptsovits_more", "cosyvoice2", "cosyvoice2_more", "cosyvoice3")
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
    rows = rows_of(check)
    assert any(row.verdict is Verdict.OK for row in rows)
    assert [row for row in rows if row.verdict not in (Verdict.OK, Verdict.LEFT_OUT)] == []


Manifest = dict[str, Any]


def _folder(path: Path, *, alter: float = 0.0, **more: Any) -> Path:
    """Write a folder with the sampling case, maybe altered; `more` goes into its manifest."""
    path.mkdir()
    with np.load(DATA / "gptsovits" / "sampling.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["probs1"] = arrays["probs1"] + np.float32(alter)
    np.savez(path / "drawing.npz", **arrays)
    manifest = json.loads((DATA / "gptsovits" / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps({"drawing": manifest["sampling"], **more}))
    return path


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command: its exit status, and what it said."""

    def command(*arguments: str | Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["parity", *map(str, arguments)])
        status = main()
        written = capsys.readouterr()
        return status, written.out + written.err

    return command


def test_the_command_fails_when_an_array_is_over_its_tolerance(tmp_path: Path, run: Run) -> None:
    good, bad = _folder(tmp_path / "good"), _folder(tmp_path / "bad", alter=0.01)
    status, said = run(good)
    assert status == 0
    assert "12 arrays, 0 over their tolerance, 0 not covered, 0 left out" in said
    status, said = run(bad)
    assert status == 1
    assert said.count("OVER") == 1


def test_what_nobody_knows_is_not_called_covered(tmp_path: Path, run: Run) -> None:
    folder = _folder(tmp_path / "new", novelty={"config": {}}, remark="made on a Monday")
    np.savez(folder / "novelty.npz", answer=np.zeros(3))
    (folder / "torn.json").write_text("{")
    (folder / "notes.json").write_text("{}")
    status, said = run(folder)
    assert status == 3
    assert (
        "novelty                  *                            nan    0e+00 --   not covered"
        in said
    )
    assert "its entry is str, no object" in said
    assert "torn.json is no JSON" in said
    assert "0 over their tolerance, 4 not covered" in said
    status, _ = run(folder, "--allow-uncovered")
    assert status == 0


def test_a_case_without_its_arrays_is_named(tmp_path: Path, run: Run) -> None:
    manifest = json.loads((DATA / "gptsovits" / "manifest.json").read_text())
    more = {"lost": manifest["sampling"], "keyless": manifest["vits_v2_small"]}
    folder = _folder(tmp_path / "poor", **more)
    np.savez(folder / "keyless.npz", codes=np.zeros((1, 1, 2), np.int32))
    status, said = run(folder)
    assert status == 3
    assert "lost.npz is missing" in said
    assert "the list of keys 'keys_vits_v2_small.json' is missing" in said
    assert "Traceback" not in said


def test_a_torn_file_stops_its_own_case_only(tmp_path: Path, run: Run) -> None:
    folder = _folder(tmp_path / "torn", torn={"config": {}})
    (folder / "torn.npz").write_bytes(b"PK no archive")
    status, said = run(folder)
    assert status == 1
    assert "stopped: " in said
    assert "13 arrays, 1 over their tolerance" in said


def test_arrays_that_nothing_was_compared_with_are_named(tmp_path: Path, run: Run) -> None:
    folder = _folder(tmp_path / "more")
    with np.load(folder / "drawing.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    np.savez(folder / "drawing.npz", **arrays, entropy=np.ones(2))
    status, said = run(folder)
    assert status == 3
    assert "entropy" in said


@pytest.mark.parametrize("place", ["case", "array", "folder"])
def test_data_may_bring_their_own_tolerance(tmp_path: Path, run: Run, place: str) -> None:
    entry = json.loads((DATA / "gptsovits" / "manifest.json").read_text())["sampling"]
    more: Manifest = {"tolerance": 0.1} if place == "folder" else {"drawing": entry}
    if place == "case":
        entry["tolerance"] = 0.1
    elif place == "array":
        entry["arrays"]["probs1"]["tolerance"] = 0.1
    status, said = run(_folder(tmp_path / "lax", alter=0.01, **more))
    assert status == 0
    assert "1e-01 ok" in said


def test_a_folder_may_be_named_in_any_way(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outer").mkdir()
    folder = _folder(tmp_path / "outer" / "cases")
    monkeypatch.chdir(tmp_path)
    for name in ("outer", "outer/", "./outer/cases", f"{folder}/", folder / "manifest.json"):
        assert run(name)[0] == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "There is no manifest.json or cases.json"), ("{", "is no JSON"), ("[]", "no cases")],
)
def test_what_is_no_parity_data_is_refused(
    tmp_path: Path, run: Run, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    status, said = run(tmp_path)
    assert (status, message in said) == (2, True)


def test_a_folder_that_is_not_there_and_a_case_that_is_not_are_refused(
    tmp_path: Path, run: Run
) -> None:
    assert run(tmp_path / "nowhere")[0] == 2
    status, said = run(_folder(tmp_path / "one"), "--only", "vits")
    assert status == 2
    assert "There are: drawing." in said


def test_cosyvoice_data_are_read_as_forgivingly(tmp_path: Path, run: Run) -> None:
    listed = json.loads((DATA / "cosyvoice2" / "cases.json").read_text())["cases"]
    cases = {
        "sampling_ras": listed["sampling_ras"],
        "lost": listed["sampling_ras"],
        "lm_bi_sft": listed["lm_bi_sft"],
        "song": {"kind": "song"},
        "bare": 7,
    }
    (tmp_path / "cases.json").write_text(json.dumps({"cases": cases, "made": "by hand"}))
    shutil.copy(DATA / "cosyvoice2" / "sampling_ras.npz", tmp_path)
    shutil.copy(DATA / "cosyvoice2" / "lm_bi_sft.npz", tmp_path)
    status, said = run(tmp_path)
    assert status == 3
    assert "kind 'song' is none of features, flow" in said
    assert "lost.npz is missing" in said
    assert "the list of keys 'keys_lm_small.json' is missing" in said
    assert "10 arrays, 0 over their tolerance, 4 not covered" in said


def test_arrays_that_no_entry_lists_are_named(tmp_path: Path, run: Run) -> None:
    folder = _folder(tmp_path / "more")
    np.savez(folder / "stray.npz", wav=np.zeros(3))
    status, said = run(folder)
    assert status == 3
    assert "manifest.json has no entry for stray.npz" in said


def test_a_folder_of_such_folders_is_read_whole(tmp_path: Path, run: Run) -> None:
    _folder(tmp_path / "one")
    _folder(tmp_path / "two")
    (tmp_path / "pictures").mkdir()
    status, said = run(tmp_path)
    assert status == 0
    assert "24 arrays, 0 over" in said


def test_arrays_may_lie_in_files_of_their_own(tmp_path: Path, run: Run) -> None:
    folder = _folder(tmp_path / "single")
    with np.load(folder / "drawing.npz") as stored:
        (folder / "drawing").mkdir()
        for name in stored.files:
            np.save(folder / "drawing" / f"{name}.npy", stored[name])
    (folder / "drawing.npz").unlink()
    assert run(folder)[0] == 0


def test_a_coarser_or_flatter_array_is_compared_all_the_same(tmp_path: Path, run: Run) -> None:
    folder = _folder(tmp_path / "coarse")
    with np.load(folder / "drawing.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["probs1"] = arrays["probs1"].astype(np.float16)
    arrays["token1"] = arrays["token1"].reshape(-1).astype(np.int64)
    np.savez(folder / "drawing.npz", **arrays)
    status, said = run(folder)
    assert (status, "1e-03 ok" in said) == (0, True)


def _with_inputs(folder: Path, notes: str, **arrays: np.ndarray) -> Path:
    """Write a case of flow matching with other notes, or with inputs of its own."""
    folder.mkdir()
    entry = json.loads((DATA / "gptsovits" / "manifest.json").read_text())["cfm_small"]
    with np.load(DATA / "gptsovits" / "cfm_small.npz") as stored:
        np.savez(folder / "path.npz", **{name: stored[name] for name in stored.files}, **arrays)
    shutil.copy(DATA / "gptsovits" / entry["keys_file"], folder)
    (folder / "manifest.json").write_text(json.dumps({"path": {**entry, "notes": notes}}))
    return folder


FEATURES = (recipe.normal("input.mu", (1, 37, 64)) * np.float32(0.5)).astype(np.float64)
NOTES = "prompt=u('input.promptmel',(1,100,12))"


@pytest.mark.parametrize(
    ("notes", "arrays", "status"),
    [
        (NOTES, {}, 0),
        (f"mu=normal('input.mu', [1, 37, text_dim]) * 0.5; {NOTES}", {}, 0),
        (f"mu=normal('other',(1,37,text_dim))*0.5; {NOTES}", {}, 1),
        (f"mu=normal('other',(1,37,text_dim))*0.5; {NOTES}", {"mu": FEATURES}, 0),
        (f"mu=drawn('other',(1,37,text_dim))*0.5; {NOTES}", {}, 3),
    ],
)
def test_inputs_are_those_of_the_case_else_of_its_notes_else_the_usual(
    tmp_path: Path, run: Run, notes: str, arrays: dict[str, np.ndarray], status: int
) -> None:
    got, said = run(_with_inputs(tmp_path / "case", notes, **arrays))
    assert got == status, said
    assert ("nothing here can compute \"drawn('other'" in said) == (status == 3)
