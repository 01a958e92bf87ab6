"""Which comparison belongs to which case: told by what the case has, never by its name."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tests.parity.case import Case, Check, NotThere, Row, completed, unlisted
from tests.parity.gptsovits import flow, signals, text_to_semantic, texts, vits
from tests.parity.tolerances import KEY, allowed

MARK = "manifest.json"

_INPUTS = re.compile(
    r"(in_|input_)?(codes|text|phones|prompt|bert\d*|batch_(x|bert)\d+|logits|prev|q|f\d+|w24|w32"
    r"|wav16k|mel|mel_in|refer\d*|sv\d*|ssl|mu|prompt_?mel|x0|noise|z)"
)
"""Arrays that are fed in, where nothing is compared."""

Compare = Callable[[Case], Iterator[Row]]


def checks(folder: Path, listed: Mapping[str, Any]) -> list[Check]:
    """Return the checks of a folder of cases in the format that has a manifest."""
    found = [
        _check(folder, name, entry, listed.get(KEY))
        for name, entry in listed.items()
        if name != KEY
    ]
    for path in sorted(folder.glob("*.json")):
        if path.name != MARK and not path.name.startswith("keys_"):
            found.append(_of_json(path))
    return [*found, *unlisted(folder, listed, MARK)]


def _of_json(path: Path) -> Check:
    try:
        compare = texts.comparison(path)
    except ValueError as error:
        return Check(path.stem, None, f"not covered: {path.name} is no JSON: {error}")
    return Check(path.stem, None if compare is None else partial(compare, path))


def _check(folder: Path, name: str, entry: Any, folder_wide: object) -> Check:
    if not isinstance(entry, Mapping):
        return Check(name, None, f"not covered: its entry is {type(entry).__name__}, no object")
    may = allowed(entry, folder_wide)
    case = Case(
        name,
        folder,
        entry.get("config") or {},
        entry.get("notes") or "",
        entry.get("keys_file"),
        may.of_all,
        may.of_arrays,
    )
    return Check(name, partial(_rows, case))


def _rows(case: Case) -> Iterator[Row]:
    compare = _comparison(case)
    if compare is None:
        raise NotThere("nothing here knows this kind of case")
    return completed(case, compare(case), _INPUTS)


def _comparison(case: Case) -> Compare | None:
    signs: list[tuple[bool, Compare]] = [
        ("model.ar_predict_layer.weight" in case.shapes, text_to_semantic.compare),
        ("flow.flows.0.pre.weight" in case.shapes, vits.compare),
        ("wns1.pre.weight" in case.shapes, flow.compare_features),
        ("cfm.estimator.proj_out.weight" in case.shapes, flow.compare_matching),
        ("conv_pre.bias" in case.shapes, flow.compare_vocoder),
        ("fuse34.local_att.0.weight" in case.shapes, signals.compare_speaker),
        ({"logits", "prev", "q"} <= set(case.arrays), signals.compare_sampling),
        ({"f0", "f1", "out"} <= set(case.arrays), signals.compare_splice),
        (bool({"w24", "w32"} & set(case.arrays)), signals.compare_spectra),
    ]
    return next((compare for fits, compare in signs if fits), None)
