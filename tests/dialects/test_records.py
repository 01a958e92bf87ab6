import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dialects.conftest import records_of
from tests.dialects.deviations import RULES, rule_for
from tests.dialects.replay import Comparison, replay
from tests.http.conftest import Running

Sovits = Callable[..., Running]
ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "reference" / "gpt-sovits-compatibility.md"


@pytest.mark.parametrize("server", ["v2", "v1"])
def test_every_record_is_answered_as_recorded_or_as_a_documented_deviation(
    sovits: Sovits, server: str
):
    document = DOCUMENT.read_text("utf-8")
    unexplained = []
    for comparison in replay(records_of(server), sovits().url):
        rule = rule_for(comparison)
        if comparison.differences and rule is None:
            unexplained.append((comparison.record.id, *map(str, comparison.differences)))
        elif comparison.differences and rule is not None:
            assert f"`{comparison.record.id}`" in row_of(rule.id, document)
    assert unexplained == []


def row_of(rule: str, document: str) -> str:
    found = re.search(rf"^\| `{rule}` \|.*$", document, re.MULTILINE)
    assert found is not None, f"the document lacks {rule}"
    return found.group()


def test_the_document_lists_every_rule_and_its_reason():
    document = DOCUMENT.read_text("utf-8")
    for rule in RULES:
        assert rule.reason in row_of(rule.id, document)


def test_what_is_spoken_otherwise_than_recorded_is_no_deviation(sovits: Sovits):
    records = [record for record in records_of("v2-post-full") if record.inputs]
    for record in records:
        inputs = record.data["pipeline"]["run_inputs"]
        changed = type(record)(record.data | {"pipeline": {"run_inputs": inputs | {"top_k": 99}}})
        (comparison,) = replay([changed], sovits().url)
        assert [difference.what for difference in comparison.differences] == ["input top_k"]
        assert rule_for(comparison) is None
    assert records


def test_a_status_or_text_that_differs_is_no_deviation(sovits: Sovits):
    (record,) = records_of("v2-get-required-03")
    for response in ({"status": 404}, {"body": {"kind": "json", "json": {"message": "other"}}}):
        changed = type(record)(record.data | {"response": record.response | response})
        (comparison,) = replay([changed], sovits().url)
        assert isinstance(comparison, Comparison)
        assert comparison.differences
        assert rule_for(comparison) is None


def run(records: Path, ids: tuple[str, ...], **changes: object) -> subprocess.CompletedProcess[str]:
    chosen = [record.data | changes for record in records_of("v1") if record.id in ids]
    records.write_text(json.dumps(chosen), "utf-8")
    command = [sys.executable, "-m", "tests.dialects", str(records)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_runner_replays_a_file_against_a_server_of_its_own(tmp_path: Path):
    done = run(tmp_path / "r.json", ("v1-tts-get-02", "v1-tts-get-04", "v1-tts-get-13"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "deviation v1-tts-get-02 (probe)\n2 matches, 1 deviations, 0 mismatches\n"
    )


def test_the_runner_fails_on_a_mismatch_and_says_what_differed(tmp_path: Path):
    response = {"status": 422, "end": "complete", "headers": {}, "body": {"kind": "empty"}}
    done = run(tmp_path / "r.json", ("v1-tts-get-04",), response=response)
    assert done.returncode == 1
    assert "MISMATCH  v1-tts-get-04" in done.stdout
    assert "status: recorded 422, ours (400" in done.stdout
