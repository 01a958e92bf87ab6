import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.parity.case import NOT_COVERED, Check
from tests.parity.formats import checks_of

DATA = Path(__file__).parent / "data"
BY_COMMAND = frozenset({"cfm_full", "voc_v3_bigvgan_full"})
"""Full-size cases that take long: `python -m tests.parity tests/parity/data/gptsovits`."""

CHECKS = [
    check
    for check in checks_of(DATA / "gptsovits")
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


def test_a_kind_of_case_nobody_knows_is_not_called_covered(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"novelty": {"config": {}}}))
    assert [check.rows for check in checks_of(tmp_path)] == [None]
