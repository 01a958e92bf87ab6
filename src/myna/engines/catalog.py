"""The engines there are, whether each is ready, and what it lacks."""

import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from myna.core.errors import RequestError

ENGINES = ("embedded", "gpt-sovits", "cosyvoice")
"""Every engine by name, in the order in which they are shown."""

BEST_GPT_SOVITS, BEST_COSYVOICE = "v2ProPlus", "cosyvoice2"
"""What to begin with: a version, a model."""


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """Whether an engine could speak now."""

    name: str
    summary: str
    ready: bool
    remedy: str = ""
    """What exactly to do to make it ready, or to make it better."""
    runs: str = ""
    """Of networks on this machine that a setting names: the runtime, and their device."""


class EngineNotFound(RequestError):
    """No engine has this name, or the one that has it is not in use."""

    code = "engine_not_found"

    def __init__(self, name: str, remotes: Iterable[str] = ()) -> None:
        known = (*ENGINES, *remotes)
        super().__init__(
            f"The engine {name!r} is not in use. Add it to the setting `engines`; `myna engines` "
            "shows whether it is ready."
            if name in known
            else f"No engine is named {name!r}. There are: {', '.join(known)}; `myna engines` "
            "shows which are ready. `[remotes.NAME]` in the settings makes an engine of a server."
        )


def installed(module: str) -> bool:
    """Whether an optional package could be imported, without importing it."""
    return importlib.util.find_spec(module) is not None


def embedded_status() -> EngineStatus:
    """Look for espeak-ng, and for what reads Japanese."""
    summary = "speaks without downloaded weights; the same kind of voice, not a perfect copy"
    if not installed("espeakng_loader"):
        return EngineStatus("embedded", summary, False, "pip install 'myna[embedded]'")
    reads_kanji = installed("pyopenjtalk")
    remedy = "" if reads_kanji else "to read Japanese kanji: pip install 'myna[ja]'"
    return EngineStatus("embedded", summary, True, remedy)


def missing_neural_packages() -> list[str]:
    """Return what the neural engines import and is not installed."""
    return [name for name in ("torch", "safetensors") if not installed(name)]


def gpt_sovits_status(missing: Sequence[Path], version: str | None) -> EngineStatus:
    """Look for torch and, by name, for the model files of the version that is asked for."""
    summary = "GPT-SoVITS v1 to v4, with published or your own weights"
    model = f"gpt-sovits-{(version or BEST_GPT_SOVITS).lower()}"
    return _neural_status("gpt-sovits", summary, missing, model)


def cosyvoice_packages_missing() -> bool:
    """Whether anything is not installed that CosyVoice imports."""
    own = ("tokenizers", "onnxruntime", "yaml")
    return bool(missing_neural_packages()) or not all(map(installed, own))


def cosyvoice_status(missing: Sequence[Path]) -> EngineStatus:
    """Look for what it is run with and, by name, for the model files."""
    summary = "CosyVoice2 and Fun-CosyVoice3: text in as it is written, voices converted"
    if cosyvoice_packages_missing():
        return EngineStatus("cosyvoice", summary, False, "pip install 'myna[neural]'")
    return _neural_status("cosyvoice", summary, missing, BEST_COSYVOICE)


def _neural_status(name: str, summary: str, missing: Sequence[Path], model: str) -> EngineStatus:
    if missing_neural_packages():
        return EngineStatus(name, summary, False, "pip install 'myna[neural]'")
    if missing:
        files = ", ".join(str(path) for path in missing)
        remedy = f"missing: {files}; to get them: myna pull {model}"
        return EngineStatus(name, summary, False, remedy)
    return EngineStatus(name, summary, True)
