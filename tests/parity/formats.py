"""The formats parity data comes in: told by the file that lists the cases."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.parity.case import Check
from tests.parity.cosyvoice import checks as cosyvoice
from tests.parity.gptsovits import checks as gptsovits

_FORMATS: Mapping[str, Callable[[Path, Mapping[str, Any]], list[Check]]] = {
    gptsovits.MARK: gptsovits.checks,
    cosyvoice.MARK: cosyvoice.checks,
}


class NotParityData(Exception):
    """A folder that cannot be read as parity data."""


def checks_of(folder: Path) -> list[Check]:
    """Return everything there is to compare in a folder, or in the folder `cases` in it.

    It may hold folders of such data, too, and the file that lists the cases may be named itself.
    Raises `NotParityData`.
    """
    marks = " or ".join(_FORMATS)
    if folder.is_file() and folder.name in _FORMATS:
        folder = folder.parent
    if not folder.is_dir():
        raise NotParityData(f"{str(folder)!r} is no folder: name one that holds a {marks}.")
    for mark, checks in _FORMATS.items():
        for place in (folder, folder / "cases"):
            if (place / mark).exists():
                return checks(place, _listed(place / mark))
    inside = [checks_of(part) for part in sorted(folder.iterdir()) if _is_parity_data(part)]
    if not inside:
        raise NotParityData(f"There is no {marks} in {str(folder)!r}: name a folder of such data.")
    return [check for checks in inside for check in checks]


def _is_parity_data(folder: Path) -> bool:
    return any((place / mark).exists() for place in (folder, folder / "cases") for mark in _FORMATS)


def _listed(path: Path) -> Mapping[str, Any]:
    try:
        listed = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise NotParityData(f"{str(path)!r} is no JSON: {error}.") from error
    if not isinstance(listed, dict):
        raise NotParityData(f"{str(path)!r} lists no cases: it must hold an object, by name.")
    return listed
