"""The engines there are, whether each is ready, and what it lacks."""

import importlib.util
from dataclasses import dataclass

from myna.core.errors import RequestError

ENGINES = ("embedded",)
"""Every engine by name, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """Whether an engine could speak now."""

    name: str
    summary: str
    ready: bool
    remedy: str = ""
    """What exactly to do to make it ready, or to make it better."""


class EngineNotFound(RequestError):
    """No engine has this name."""

    code = "engine_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"No engine is named {name!r}. There are: {', '.join(ENGINES)}; `myna engines` shows "
            "which are ready."
        )


def installed(module: str) -> bool:
    """Whether an optional package could be imported, without importing it."""
    return importlib.util.find_spec(module) is not None


def embedded_status() -> EngineStatus:
    """Look for espeak-ng and the language packages."""
    summary = "speaks without downloaded weights; the same kind of voice, not a perfect copy"
    if not installed("espeakng_loader"):
        return EngineStatus("embedded", summary, False, "pip install 'myna[embedded]'")
    extras = {"ja": "pyopenjtalk", "zh": "pypinyin", "yue": "ToJyutping"}
    missing = [extra for extra, module in extras.items() if not installed(module)]
    remedy = f"for better readings: pip install 'myna[{','.join(missing)}]'" if missing else ""
    return EngineStatus("embedded", summary, True, remedy)
