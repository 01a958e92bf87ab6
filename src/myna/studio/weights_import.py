"""Takes over the weights of an existing GPT-SoVITS."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from myna.core.errors import PackageMissing, WeightsMissing
from myna.storage.installations import FoundFile, Kind, find_weights, place
from myna.storage.models import GPT_SOVITS_FOLDER, GPT_SOVITS_MODELS, missing_files


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of one file."""

    found: FoundFile
    description: str
    """What it is: `SoVITS v2Pro`, `GPT for v1`, `published`."""
    problem: str = ""
    """Why it was not taken, where it was not."""
    was_there: bool = False
    """Whether the models folder had a file of this name already."""


@dataclass(frozen=True, slots=True)
class TrainedPair:
    """A GPT and a SoVITS that somebody speaks with: paths below the folder."""

    semantic: str
    vits: str


@dataclass(frozen=True, slots=True)
class WeightsImport:
    """What was taken, and what the models still lack."""

    files: tuple[ImportedFile, ...]
    missing: Mapping[str, tuple[str, ...]]
    """Of each model by name, the needed files that are not there."""
    folder: Path
    """Where the files are now."""
    last_used: TrainedPair | None = None
    """The trained weights that the installation spoke with last, where it says so."""

    @property
    def trained(self) -> tuple[str, ...]:
        """The trained weights that were taken: paths below the folder."""
        kinds = (Kind.GPT, Kind.SOVITS)
        taken = (file.found for file in self.files if not file.problem)
        return tuple(found.target for found in taken if found.kind in kinds)


def import_weights(root: Path, models_folder: Path, *, copy: bool = False) -> WeightsImport:
    """Link (or copy) every model file of an installation into the folder of models.

    Trained weights are read to tell their version; a file that cannot be read is not taken.
    Raises `FolderNotFound`, `StorageError`, or `PackageMissing` where torch would be needed.
    """
    folder = models_folder / GPT_SOVITS_FOLDER
    files = tuple(_imported(found, folder, copy) for found in find_weights(root))
    lacking = {
        name: missing_files(model.version, models_folder)
        for name, model in GPT_SOVITS_MODELS.items()
    }
    done = WeightsImport(files, lacking, folder)
    return replace(done, last_used=_last_used(root, done))


def _last_used(root: Path, done: WeightsImport) -> TrainedPair | None:
    """Read GPT-SoVITS's note of it: by kind and version, paths below its root."""
    try:
        noted = json.loads((root / "weight.json").read_text("utf-8"))
        kinds = [noted[kind] for kind in (Kind.GPT.value, Kind.SOVITS.value)]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    semantic, vits = (dict(_notes(kind)) for kind in kinds)
    for version in sorted(semantic.keys() & vits.keys(), reverse=True):
        if {semantic[version], vits[version]} <= set(done.trained):
            return TrainedPair(semantic[version], vits[version])
    return None


def _notes(kind: object) -> Iterator[tuple[str, str]]:
    for version, path in kind.items() if isinstance(kind, Mapping) else ():
        path = path[0] if isinstance(path, list) and path else path
        if isinstance(path, str):
            yield version, Path(path.replace("\\", "/")).as_posix()


def _imported(found: FoundFile, folder: Path, copy: bool) -> ImportedFile:
    try:
        description = _describe(found)
    except WeightsMissing as error:
        return ImportedFile(found, found.kind.value, problem=str(error))
    return ImportedFile(found, description, was_there=not place(found, folder, copy=copy))


def _describe(found: FoundFile) -> str:
    if found.kind in (Kind.PUBLISHED, Kind.READINGS):
        return str(found.kind.value)
    try:
        from myna.engines.gpt_sovits.weights import read_semantic, read_sovits
    except ImportError as error:
        raise PackageMissing("Telling the version of weights", "neural") from error
    if found.kind is Kind.GPT:
        read = read_semantic(found.source)
        return "GPT for v1" if read.is_first else "GPT for v2 and later"
    sovits = read_sovits(found.source)
    return f"SoVITS {sovits.version.value}{' LoRA' if sovits.is_lora else ''}"
