"""Replay recorded requests: `python -m tests.dialects RECORDS.json [--url URL]`.

Without `--url` a server is started for it, with the embedded engine and with generated recordings
where the records expect them. Ends with 1 where an answer is neither as recorded nor a listed
deviation.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from myna.settings import Settings
from myna.studio.studio import Studio
from tests.dialects.deviations import rule_for
from tests.dialects.records import Record, load
from tests.dialects.replay import replay
from tests.dialects.serving import make_references, serving


def main() -> int:
    """Replay the file; return how to exit."""
    arguments = argparse.ArgumentParser(prog="python -m tests.dialects", description=__doc__)
    arguments.add_argument("records", type=Path, help="a file of recorded requests and answers")
    arguments.add_argument("--url", help="a server that already runs")
    chosen = arguments.parse_args()
    records = load(chosen.records)
    if chosen.url:
        return report(records, chosen.url)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home", engines=("embedded",))
        references = Path(folder) / "references"
        references.mkdir()
        make_references(references, {path for kept in records for path in kept.reference_paths})
        with serving(Studio.open(settings), settings, references) as server:
            return report(records, server.url)


def report(records: Iterable[Record], url: str) -> int:
    """Print how the answers of the server at `url` compare; return how to exit."""
    counts: Counter[str] = Counter()
    for comparison in replay(records, url):
        record_id = comparison.record.id
        rule = rule_for(comparison)
        if not comparison.differences:
            counts["matches"] += 1
        elif rule is not None:
            counts["deviations"] += 1
            say(f"deviation {record_id} ({rule.id})")
        else:
            counts["mismatches"] += 1
            say(f"MISMATCH  {record_id}: {comparison.record.data.get('note', '')}")
            for difference in comparison.differences:
                say(f"          {difference}")
    names = ("matches", "deviations", "mismatches")
    say(", ".join(f"{counts[name]} {name}" for name in names))
    return 1 if counts["mismatches"] else 0


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
