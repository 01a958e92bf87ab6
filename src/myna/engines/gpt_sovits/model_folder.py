"""Folders as model hubs publish them: a config.json beside one file of weights."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.files import FOLDER_WEIGHTS
from myna.engines.gpt_sovits.weights import read_plain


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """What a folder holds."""

    path: Path
    config: Mapping[str, object]
    tensors: Tensors

    def whole(self, name: str) -> int:
        """Return a whole number of the config, or raise `WeightsMissing`."""
        value = self.config.get(name)
        if not isinstance(value, int):
            raise WeightsMissing(
                f"{str(self.path / 'config.json')!r} says {value!r} for {name!r}, not a whole "
                "number: get the folder again."
            )
        return value

    def number(self, name: str, default: float) -> float:
        """Return a number of the config."""
        value = self.config.get(name, default)
        return float(value) if isinstance(value, (int, float)) else default


def files_of(path: Path) -> tuple[Path, ...]:
    """Return what of a folder is read, if it is there."""
    return tuple(path / name for name in ("config.json", *FOLDER_WEIGHTS))


def read_folder(path: Path, read: Callable[[Path], Tensors] = read_plain) -> ModelFolder:
    """Read a folder; `read` is for its file of weights.

    Raises `WeightsMissing` naming the file that is absent or damaged.
    """
    config = read_json(path / "config.json")
    for name in FOLDER_WEIGHTS:
        if (path / name).exists():
            return ModelFolder(path, config, read(path / name))
    raise WeightsMissing(
        f"There is neither {' nor '.join(FOLDER_WEIGHTS)} in {str(path)!r}. Put the published "
        "folder there whole."
    )


def read_json(path: Path) -> Mapping[str, object]:
    """Read a JSON object from a file. Raises `WeightsMissing`."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise WeightsMissing(
            f"{str(path)!r} cannot be read ({error.strerror}). Put the published folder there "
            "whole."
        ) from error
    except ValueError as error:
        raise WeightsMissing(f"{str(path)!r} is not JSON ({error}): get it again.") from error
    if not isinstance(content, dict):
        raise WeightsMissing(f"{str(path)!r} does not hold a JSON object: get it again.")
    return content


def under_either(tensors: Tensors, wanted: str, prefix: str) -> Tensors:
    """Return the tensors in which `wanted` is, with or without a prefix before all names."""
    return tensors.scope(prefix) if f"{prefix}.{wanted}" in tensors else tensors
