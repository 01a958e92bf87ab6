"""Which comparison belongs to which case: told by what the case has, never by its name."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.parity.case import NOT_COVERED, Case, Check, Row, read_cases
from tests.parity.gptsovits import flow, signals, text_to_semantic, texts, vits

MARK = "manifest.json"

_INPUTS = re.compile(
    r"codes|text|phones|prompt|bert|batch_x\d+|logits|prev|q|f\d+|w24|w32|wav16k|mel_in"
)
"""Arrays that are fed in, where nothing is compared."""


def checks(folder: Path) -> list[Check]:
    """Return the checks of a folder of cases in the format that has a manifest."""
    found = [_check(case) for case in read_cases(folder)]
    folder = folder if (folder / MARK).exists() else folder / "cases"
    for path in sorted(folder.glob("*.json")):
        if path.name != MARK and not path.name.startswith("keys_"):
            compare = texts.comparison(path)
            found.append(Check(path.stem, None if compare is None else partial(compare, path)))
    return found


def _check(case: Case) -> Check:
    compare = _comparison(case)
    return Check(case.name, None if compare is None else partial(_complete, case, compare))


def _complete(case: Case, compare: Callable[[Case], Iterator[Row]]) -> Iterator[Row]:
    """Compare, then name the arrays that nothing was compared with."""
    left = {name for name in case.arrays if not _INPUTS.fullmatch(name)}
    for row in compare(case):
        left.discard(row.array)
        if row.counts:
            yield row
    for name in sorted(left):
        yield Row(case.name, name, float("nan"), 0.0, NOT_COVERED)


def _comparison(case: Case) -> Callable[[Case], Iterator[Row]] | None:
    signs: list[tuple[bool, Callable[[Case], Iterator[Row]]]] = [
        ("model.ar_predict_layer.weight" in case.shapes, text_to_semantic.compare),
        ("flow.flows.0.pre.weight" in case.shapes, vits.compare),
        ("wns1.pre.weight" in case.shapes, flow.compare_features),
        ("cfm.estimator.proj_out.weight" in case.shapes, flow.compare_matching),
        ("conv_pre.bias" in case.shapes, flow.compare_vocoder),
        ("fuse34.local_att.0.weight" in case.shapes, signals.compare_speaker),
        ({"logits", "prev", "q"} <= set(case.arrays), signals.compare_sampling),
        ({"f0", "f1", "out"} <= set(case.arrays), signals.compare_splice),
        ({"w24", "w32"} <= set(case.arrays), signals.compare_spectra),
    ]
    return next((compare for fits, compare in signs if fits), None)
