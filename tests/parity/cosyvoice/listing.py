"""How a case is read from the list of CosyVoice's parity data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.parity.case import Case
from tests.parity.tolerances import KEY, allowed


def case_of(folder: Path, name: str, entry: Mapping[str, Any], listed: Mapping[str, Any]) -> Case:
    """Return a case whose `config` is its entry, with the entry of its model under `model`.

    What a model's configuration is described as in words is left out: it is the published one.
    """
    model = entry.get("model", {})
    if not isinstance(model, Mapping):
        model = listed.get("models", {}).get(model, {})
    config = {**entry, "model": model if isinstance(model, Mapping) else {}}
    may = allowed(entry, listed.get(KEY))
    return Case(name, folder, config, "", entry.get("keys"), may.of_all, may.of_arrays)
