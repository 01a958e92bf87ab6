"""Which comparison belongs to which kind of case of CosyVoice's parity data."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tests.parity.case import Case, Check, Row, completed, unlisted
from tests.parity.cosyvoice import acoustic, features, language_model, synthesis, text_rules
from tests.parity.cosyvoice.listing import case_of

MARK = "cases.json"

_COMPARISONS: Mapping[str, Callable[[Case], Iterator[Row]]] = {
    "features": features.compare,
    "flow": acoustic.compare_flow,
    "flow_v3": acoustic.compare_flow,
    "hift": acoustic.compare_vocoder,
    "hift_v3": acoustic.compare_causal_vocoder,
    "synthesis": synthesis.compare,
    "synthesis_v3": synthesis.compare,
    "lm": language_model.compare,
    "lm_v3": language_model.compare,
    "lm_bistream": language_model.compare,
    "lm_bistream_v3": language_model.compare,
    "sampling": language_model.compare_sampling,
}
"""What compares a case, by its kind."""

_INPUTS = re.compile(
    r"token|prompt_token|prompt_feat|embedding|vc_token|mel|cache_source|scores\d+|decoded\d+"
    r"|text|prompt_text|prompt_speech|chunks|est_(x|mask|mu|t|spks|cond)"
    r"|wav\d+k|signal\d+k|rand_ini_seed\d+|randn_seed\d+_head"
)
"""Arrays that are fed in, where nothing is compared."""


def checks(folder: Path, listed: Mapping[str, Any]) -> list[Check]:
    """Return the checks of a folder whose cases are listed in `cases.json`."""
    cases = listed.get("cases")
    if not isinstance(cases, Mapping):
        return [Check(MARK, None, "not covered: it has no object 'cases'")]
    found = [_check(folder, name, entry, listed) for name, entry in cases.items()]
    rules = folder / text_rules.FILE
    if rules.exists():
        found.append(Check(rules.stem, partial(text_rules.compare, rules)))
    return [*found, *unlisted(folder, cases, MARK)]


def _check(folder: Path, name: str, entry: Any, listed: Mapping[str, Any]) -> Check:
    if not isinstance(entry, Mapping):
        return Check(name, None, f"not covered: its entry is {type(entry).__name__}, no object")
    kind = entry.get("kind")
    compare = _COMPARISONS.get(str(kind))
    if compare is None:
        known = ", ".join(_COMPARISONS)
        return Check(name, None, f"not covered: kind {kind!r} is none of {known}")
    case = case_of(folder, name, entry, listed)
    return Check(name, partial(_rows, case, compare))


def _rows(case: Case, compare: Callable[[Case], Iterator[Row]]) -> Iterator[Row]:
    return completed(case, compare(case), _INPUTS)
