"""`python -m tests.parity CASES_DIR`: compare our networks with expected outputs."""

import argparse
import sys
from pathlib import Path

import torch

from myna.core.errors import MynaError
from tests.parity.case import NOT_COVERED, Check, Row
from tests.parity.formats import checks_of


def main() -> int:
    """Print one row per array; return 1 when any is over its tolerance or not covered."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder with a manifest.json or cases.json")
    parser.add_argument("--only", default="", help="run the cases whose names contain this")
    parser.add_argument("--threads", type=int, default=1, help="of torch (default 1)")
    parser.add_argument(
        "--allow-uncovered", action="store_true", help="exit 0 though some cases were not run"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    checks = [check for check in checks_of(arguments.folder) if arguments.only in check.name]
    uncovered, failed, count = 0, 0, 0
    for check in checks:
        for row in _rows(check):
            _write(_line(row))
            count += 1
            if row.remark == NOT_COVERED:
                uncovered += 1
            elif not row.passed:
                failed += 1
    _write(f"{count} arrays, {failed} over their tolerance, {uncovered} not covered")
    return int(failed > 0 or (uncovered > 0 and not arguments.allow_uncovered) or count == 0)


def _rows(check: Check) -> list[Row]:
    if check.rows is None:
        return [Row(check.name, "*", float("nan"), 0.0, NOT_COVERED)]
    rows: list[Row] = []
    try:
        with torch.inference_mode():
            rows.extend(check.rows())
    except (LookupError, ValueError, RuntimeError, MynaError) as error:
        # The other cases are worth knowing all the same.
        rows.append(Row(check.name, "*", float("inf"), 0.0, f"stopped: {error!r}"))
    return rows


def _line(row: Row) -> str:
    verdict = "--" if row.remark == NOT_COVERED else "ok" if row.passed else "OVER"
    columns = f"{row.case:24} {row.array:22} {row.deviation:9.2e} {row.tolerance:8.0e} {verdict:4}"
    return f"{columns} {row.remark}".rstrip()


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
