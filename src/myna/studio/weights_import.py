"""Takes over the weights of an existing GPT-SoVITS."""

from collections.abc import Mapping
from dataclasses import dataclass
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
class WeightsImport:
    """What was taken, and what the models still lack."""

    files: tuple[ImportedFile, ...]
    missing: Mapping[str, tuple[str, ...]]
    """Of each model by name, the needed files that are not there."""


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
    return WeightsImport(files, lacking)


def _imported(found: FoundFile, folder: Path, copy: bool) -> ImportedFile:
    try:
        description = _describe(found)
    except WeightsMissing as error:
        return ImportedFile(found, found.kind.value, problem=str(error))
    return ImportedFile(found, description, was_there=not place(found, folder, copy=copy))


def _describe(found: FoundFile) -> str:
    if found.kind is Kind.PUBLISHED:
        return "published"
    try:
        from myna.engines.gpt_sovits.weights import read_semantic, read_sovits
    except ImportError as error:
        raise PackageMissing("Telling the version of weights", "neural") from error
    if found.kind is Kind.GPT:
        read = read_semantic(found.source)
        return "GPT for v1" if read.is_first else "GPT for v2 and later"
    sovits = read_sovits(found.source)
    return f"SoVITS {sovits.version.value}{' LoRA' if sovits.is_lora else ''}"
