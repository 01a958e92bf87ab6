"""Which comparison belongs to which kind of case of CosyVoice's parity data."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tests.parity.case import Case, Check, Row
from tests.parity.cosyvoice import acoustic, features, language_model, synthesis, text_rules

MARK = "cases.json"

_COMPARISONS: Mapping[str, Callable[[Case], Iterator[Row]]] = {
    "features": features.compare,
    "flow": acoustic.compare_flow,
    "flow_v3": acoustic.compare_flow,
    "hift": acoustic.compare_vocoder,
    "hift_v3": acoustic.compare_causal_vocoder,
    "synthesis": synthesis.compare,
    "lm": language_model.compare,
    "lm_bistream": language_model.compare,
    "sampling": language_model.compare_sampling,
}
"""What compares a case, by its kind."""


def checks(folder: Path) -> list[Check]:
    """Return the checks of a folder whose cases are listed in `cases.json`."""
    folder = folder if (folder / MARK).exists() else folder / "cases"
    listed = json.loads((folder / MARK).read_text())
    found = [_check(_case(name, folder, listed)) for name in listed["cases"]]
    rules = folder / text_rules.FILE
    return (
        [*found, Check(rules.stem, partial(text_rules.compare, rules))] if rules.exists() else found
    )


def _case(name: str, folder: Path, listed: Mapping[str, Any]) -> Case:
    """Return a case whose `config` is its entry, with the entry of its model under `model`.

    What a model's configuration is described as in words is left out: it is the published one.
    """
    entry = listed["cases"][name]
    model = listed["models"].get(entry.get("model"), {})
    config = {**entry, "model": model if isinstance(model, Mapping) else {}}
    return Case(name, folder, config, "", entry.get("keys"))


def _check(case: Case) -> Check:
    compare = _COMPARISONS.get(case.config["kind"])
    return Check(case.name, None if compare is None else partial(compare, case))
