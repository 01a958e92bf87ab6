"""Changes the weights of a running GPT-SoVITS engine."""

import threading
from dataclasses import replace
from pathlib import Path

from myna.core.errors import WeightsMismatch, WeightsMissing
from myna.engines.gpt_sovits.files import ModelFiles
from myna.studio.engine_builders import gpt_sovits_files
from myna.studio.studio import Studio

ENGINE = "gpt-sovits"


class WeightsSwitch:
    """Puts other weights behind the same engine's name, while others speak.

    A new engine is built beside the old one, so for some seconds both are in memory; whoever is
    being spoken to hears the old one to the end. Settings files are not changed.

    Clients change the two networks one after the other. Where the first does not belong to the
    second in use, it is refused but remembered, and counts as soon as its counterpart comes.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._version = studio.settings.gpt_sovits.version
        self._lock = threading.Lock()
        self._refused: ModelFiles | None = None

    @property
    def is_possible(self) -> bool:
        """Whether the studio speaks with such an engine."""
        return ENGINE in self._studio.settings.engines

    @property
    def folder(self) -> Path:
        """Where weights may lie."""
        return gpt_sovits_files(self._studio.settings).folder

    def change(self, *, semantic: Path | None = None, vits: Path | None = None) -> None:
        """Speak with these weights from now on. Blocks while they are read.

        Raises `WeightsMissing` (absent, damaged, another kind) or `WeightsMismatch`; then nothing
        has changed.
        """

        def changed(files: ModelFiles) -> ModelFiles:
            return replace(files, semantic=semantic or files.semantic, vits=vits or files.vits)

        with self._lock:
            files = gpt_sovits_files(self._studio.settings)
            before, self._refused = self._refused, None
            try:
                self._rebuild(changed(files))
            except WeightsMismatch:
                if before is None or (semantic and vits):
                    self._refused = changed(files)
                    raise
                self._rebuild(changed(before))

    def _rebuild(self, files: ModelFiles) -> None:
        try:
            self._rebuild_as(None, files)
        except WeightsMissing:
            if self._version not in ("v3", "v4"):
                raise
            self._rebuild_as(self._version, files)

    def _rebuild_as(self, version: str | None, files: ModelFiles) -> None:
        """Rebuild the engine. None: the files say which version; of v3 and v4 not all do."""
        settings = self._studio.settings
        own = settings.gpt_sovits.model_copy(
            update={
                "semantic_weights": files.semantic,
                "vits_weights": files.vits,
                "version": version,
            }
        )
        self._studio.rebuild(ENGINE, settings.model_copy(update={"gpt_sovits": own}))
