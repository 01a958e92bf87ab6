"""What deviations parity data allow, where they say so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.parity.case import TOLERANCE

KEY = "tolerance"


@dataclass(frozen=True)
class Allowed:
    """The deviations of a case: of the expected array's absolute maximum."""

    of_all: float = TOLERANCE
    of_arrays: Mapping[str, float] = field(default_factory=dict)


def allowed(entry: Mapping[str, Any], folder_wide: object = None) -> Allowed:
    """Return what the entry of a case allows: `tolerance`, of it or of its `arrays`.

    A number beside the cases counts for all that say nothing themselves.
    """
    general = entry.get(KEY, folder_wide)
    listed = entry.get("arrays", {})
    single = listed.items() if isinstance(listed, Mapping) else ()
    return Allowed(
        float(general) if isinstance(general, int | float) else TOLERANCE,
        {
            name: float(told[KEY])
            for name, told in single
            if isinstance(told, Mapping) and KEY in told
        },
    )
