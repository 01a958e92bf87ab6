"""Each engine from its settings. An engine's code is imported only when a setting names it."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from myna.core.engine import Engine
from myna.core.errors import PackageMissing
from myna.engines.catalog import cosyvoice_packages_missing, installed, missing_neural_packages
from myna.engines.cosyvoice import files as cosyvoice
from myna.engines.gpt_sovits.files import ModelFiles, find_files
from myna.engines.presence import is_there
from myna.settings import Settings
from myna.settings.engines import CosyVoiceSettings, GptSovitsSettings
from myna.storage.memory import MemoryFolder


class RemoteEngine(Engine, Protocol):
    """An engine that is a server, and can be asked how it is."""

    def check(self) -> None:
        """Ask the server whether it could speak. Raises `EngineError` with the reason."""


def _embedded(settings: Settings) -> Engine:
    from myna.engines.embedded.engine import EmbeddedEngine

    return EmbeddedEngine(open_memory(settings))


def _gpt_sovits(settings: Settings) -> Engine:
    if missing_neural_packages():
        raise PackageMissing("GPT-SoVITS", "neural")
    from myna.engines.batching.device import find_device
    from myna.engines.gpt_sovits.engine import GptSovitsEngine
    from myna.engines.gpt_sovits.execution import Execution

    own = settings.gpt_sovits
    return GptSovitsEngine(
        gpt_sovits_files(settings),
        prompts=open_memory(settings),
        slots=own.slots,
        queue_length=own.queue_length,
        windows=own.windows,
        execution=Execution(
            own.runtime,
            settings.home / "graphs",
            own.threads,
            device=find_device(own.device, "gpt_sovits.device"),
            keep_all=own.keep_all,
        ),
    )


def gpt_sovits_files(settings: Settings) -> ModelFiles:
    """Look for the model files where the settings say."""
    own = settings.gpt_sovits
    folder = own.folder or settings.home / "models" / "gpt-sovits"
    semantic, vits = (_own(path, folder) for path in (own.semantic_weights, own.vits_weights))
    return find_files(folder, semantic, vits, own.version)


def _own(path: Path | None, folder: Path) -> Path | None:
    """Return where somebody's own weights are: a path as it stands, or below the folder."""
    if path is None or is_there(path) or not is_there(folder / path):
        return path
    return folder / path


def _cosyvoice(settings: Settings) -> Engine:
    if cosyvoice_packages_missing():
        raise PackageMissing("CosyVoice", "neural")
    from myna.engines.batching.device import find_device
    from myna.engines.cosyvoice.engine import CosyVoiceEngine
    from myna.engines.cosyvoice.execution import Execution

    own = settings.cosyvoice
    execution = Execution(
        own.preset,
        own.runtime,
        settings.home / "graphs",
        own.steps,
        own.guidance,
        own.history_seconds,
        own.prompt_megabytes * 1_000_000,
        own.threads,
        own.chunks,
        own.compatible,
        device=find_device(own.device, "cosyvoice.device"),
        keep_all=own.keep_all,
    )
    return CosyVoiceEngine(
        cosyvoice_files(settings),
        execution,
        prompts=open_memory(settings),
        slots=own.slots,
        queue_length=own.queue_length,
    )


def cosyvoice_files(settings: Settings) -> cosyvoice.ModelFiles:
    """Look for the model files where the settings say."""
    if settings.cosyvoice.folder is not None:
        return cosyvoice.find_files(settings.cosyvoice.folder)
    second, third = (
        cosyvoice.find_files(settings.home / "models" / f"cosyvoice{generation}")
        for generation in (2, 3)
    )
    return third if second.missing and not third.missing else second


def how_it_runs(own: GptSovitsSettings | CosyVoiceSettings, section: str) -> str:
    """Return the runtime and the device of an engine's networks.

    Raises `SettingsError` where the device that is asked for is not there, and whatever torch does
    where it cannot be imported or used.
    """
    from myna.engines.batching.device import described, find_device

    return f"{own.runtime} on {described(find_device(own.device, f'{section}.device'))}"


def open_memory(settings: Settings) -> MemoryFolder:
    """Open what was learned of voices, and what servers said of themselves."""
    return MemoryFolder(settings.home / "prompts")


def remote_engine(settings: Settings, name: str) -> RemoteEngine:
    """Make the engine of `[remotes.NAME]`. Nothing is asked of its server yet."""
    if not installed("httpx2"):
        raise PackageMissing(f"The remote engine {name!r}", "remote")
    from myna.studio.remote_builders import build

    return build(name, settings.remotes[name], open_memory(settings))


BUILDERS: dict[str, Callable[[Settings], Engine]] = {
    "embedded": _embedded,
    "gpt-sovits": _gpt_sovits,
    "cosyvoice": _cosyvoice,
}
