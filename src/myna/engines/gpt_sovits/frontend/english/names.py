"""Pronunciations of given names, from the file of a GPT-SoVITS installation."""

import pickle
from collections.abc import Mapping
from pathlib import Path

from myna.core.errors import WeightsMissing

_DAMAGED = (pickle.UnpicklingError, AttributeError, EOFError, LookupError, TypeError, ValueError)


def names(file: Path) -> Mapping[str, tuple[str, ...]]:
    """Return names in small letters with their phones, of `namedict_cache.pickle`.

    Raises:
        WeightsMissing: the file holds anything but words and lists of them.
    """
    try:
        with file.open("rb") as opened:
            read = _WordsOnly(opened).load()
        return {name: tuple(pronunciations[0]) for name, pronunciations in read.items()}
    except _DAMAGED as error:
        raise WeightsMissing(
            f"{str(file)!r} is no list of names with their phones ({error}). Copy it again from a "
            "GPT-SoVITS installation, or remove it to do without."
        ) from error


class _WordsOnly(pickle.Unpickler):
    """Reads what needs no class: a pickle that names one could run any code."""

    def find_class(self, module_name: str, global_name: str) -> object:
        raise pickle.UnpicklingError(f"it names {module_name}.{global_name}")
