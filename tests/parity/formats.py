"""The formats parity data comes in: told by the file that lists the cases."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.parity.case import Check
from tests.parity.cosyvoice import checks as cosyvoice
from tests.parity.gptsovits import checks as gptsovits

_FORMATS: Mapping[str, Callable[[Path], list[Check]]] = {
    gptsovits.MARK: gptsovits.checks,
    cosyvoice.MARK: cosyvoice.checks,
}


def checks_of(folder: Path) -> list[Check]:
    """Return everything there is to compare in a folder, or in the folder `cases` in it."""
    for mark, checks in _FORMATS.items():
        if (folder / mark).exists() or (folder / "cases" / mark).exists():
            return checks(folder)
    marks = " or ".join(_FORMATS)
    raise SystemExit(f"There is no {marks} in {str(folder)!r}: name a folder of parity data.")
