"""Compare our networks with expected outputs, and print a row for each array.

A row tells the case, the array, the largest difference over the expected array's absolute maximum
(for integers: how many differ), what is allowed, and one of:

    ok     within the tolerance (1e-4; of integers and texts none may differ)
    OVER   over it, or the comparison broke off: the remark says why
    --     not covered: a kind of case or an array that nothing here knows, a file that is missing
    left   left out on purpose: the remark says why

A `tolerance` in the entry of a case, of one of its `arrays`, or beside the cases for all of them,
is taken in place of 1e-4.

exit status: 0 if every row is ok or left out; 1 if any is over its tolerance; 2 if the folder
cannot be read or no case fits --only; 3 if none is over but some are not covered, unless
--allow-uncovered is given.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import torch

from tests.parity.case import Check, NotThere, Row, Verdict, not_covered
from tests.parity.formats import NotParityData, checks_of

OVER, UNREADABLE, UNCOVERED = 1, 2, 3


def main() -> int:
    """Print one row per array, and what they come to."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    try:
        listed = checks_of(arguments.folder)
    except NotParityData as error:
        return _refused(str(error))
    checks = [check for check in listed if arguments.only in check.name]
    if not checks:
        names = ", ".join(check.name for check in listed) or "none"
        return _refused(f"No case's name contains {arguments.only!r}. There are: {names}.")
    verdicts: Counter[Verdict] = Counter()
    for check in checks:
        for row in rows_of(check):
            _write(_line(row))
            verdicts[row.verdict] += 1
    _write(
        f"{verdicts.total()} arrays, {verdicts[Verdict.OVER]} over their tolerance, "
        f"{verdicts[Verdict.NOT_COVERED]} not covered, {verdicts[Verdict.LEFT_OUT]} left out"
    )
    if verdicts[Verdict.OVER]:
        return OVER
    return UNCOVERED if verdicts[Verdict.NOT_COVERED] and not arguments.allow_uncovered else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.parity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="a folder with a manifest.json or cases.json")
    parser.add_argument("--only", default="", help="run the cases whose names contain this")
    parser.add_argument("--threads", type=int, default=1, help="of torch (default 1)")
    parser.add_argument(
        "--allow-uncovered", action="store_true", help="exit 0 though some are not covered"
    )
    return parser.parse_args()


def rows_of(check: Check) -> list[Row]:
    """Return the rows of one check, up to where it broke off if it did."""
    if check.rows is None:
        return [not_covered(check.name, "*", check.why)]
    rows: list[Row] = []
    try:
        with torch.inference_mode():
            rows.extend(check.rows())
    except NotThere as error:
        rows.append(not_covered(check.name, "*", f"not covered: {error}"))
    except Exception as error:  # noqa: BLE001 - the other cases are worth knowing all the same
        rows.append(Row(check.name, "*", float("inf"), 0.0, f"stopped: {error!r}"))
    return rows


def _line(row: Row) -> str:
    columns = f"{row.case:24} {row.array:22} {row.deviation:9.2e} {row.tolerance:8.0e}"
    return f"{columns} {row.verdict.value:4} {row.remark}".rstrip()


def _refused(message: str) -> int:
    sys.stderr.write(message + "\n")
    return UNREADABLE


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
