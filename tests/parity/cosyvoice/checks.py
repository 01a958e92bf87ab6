"""Which comparison belongs to which case: the module here that has the name of its kind."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tests.parity.case import Case, Check, Row

MARK = "cases.json"


def checks(folder: Path) -> list[Check]:
    """Return the checks of a folder in the format that lists cases and their kinds."""
    listed = json.loads((folder / MARK).read_text("utf-8"))
    found = [
        _check(entry["kind"], _case(folder, name, entry, listed["models"]))
        for name, entry in listed["cases"].items()
    ]
    for path in sorted(folder.glob("*_rules.json")):
        found.append(_check(path.stem, Case(path.stem, folder, {}, "", None)))
    return found


def _case(folder: Path, name: str, entry: dict[str, object], models: dict[str, object]) -> Case:
    """Return a case whose config is its entry, with its model's under `model`."""
    config = entry | {"model": models.get(str(entry.get("model")))}
    keys = entry.get("keys")
    return Case(name, folder, config, "", None if keys is None else str(keys))


def _check(kind: str, case: Case) -> Check:
    module = f"{__package__}.{kind}"
    if find_spec(module) is None:
        return Check(case.name, None)
    compare: Callable[[Case], Iterator[Row]] = import_module(module).compare
    return Check(case.name, partial(compare, case))
