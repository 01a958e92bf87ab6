"""One case of parity data: how a network is made, what it is fed, what must come out."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

TOLERANCE = 1e-4  # of the expected array's absolute maximum
NOT_COVERED = "not covered"
_ABSENT = "nothing to compare with"


@dataclass(frozen=True)
class Row:
    """How one array compares."""

    case: str
    array: str
    deviation: float
    """Largest difference over the expected array's absolute maximum; for integers, over 1."""
    tolerance: float
    remark: str = ""

    @property
    def counts(self) -> bool:
        """Whether there was something to compare with."""
        return self.remark != _ABSENT

    @property
    def passed(self) -> bool:
        """Whether the deviation is within the tolerance; not-a-number is not."""
        return self.deviation <= self.tolerance


@dataclass(frozen=True)
class Case:
    """A named case of a manifest."""

    name: str
    folder: Path
    config: Mapping[str, Any]  # whatever the network takes
    notes: str
    keys_file: str | None

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """Inputs and expected outputs by name."""
        path = self.folder / f"{self.name}.npz"
        if not path.exists():
            return {}
        with np.load(path) as stored:
            return {name: stored[name] for name in stored.files}

    @cached_property
    def shapes(self) -> dict[str, list[int]]:
        """The checkpoint's keys and shapes."""
        if self.keys_file is None:
            return {}
        loaded: dict[str, list[int]] = json.loads((self.folder / self.keys_file).read_text())
        return loaded

    def number(self, name: str, default: float) -> float:
        """Return what the notes say after `name=`."""
        return self.number_after(f"{name}=", default)

    def number_after(self, words: str, default: float) -> float:
        """Return the number the notes put after some words."""
        found = re.search(rf"\b{re.escape(words)}\s*(-?[\d.]*\d)", self.notes)
        return float(found[1]) if found else default

    def number_before(self, word: str, default: float) -> float:
        """Return the number the notes put before a word."""
        found = re.search(rf"(-?[\d.]*\d) {word}\b", self.notes)
        return float(found[1]) if found else default

    def shape(self, tag: str, default: Sequence[int]) -> tuple[int, ...]:
        """Return the shape the notes give to the input of this tag."""
        found = re.search(rf"'{re.escape(tag)}',\s*[(\[]([\d,\s]+)[)\]]", self.notes)
        if not found:
            return tuple(default)
        return tuple(int(part) for part in found[1].split(",") if part.strip())

    def compare(self, name: str, got: Array, relative_to: float | None = None) -> Row:
        """Compare what we computed with the expected array of this name.

        Differences count in terms of the expected array's absolute maximum, or of what is given.
        """
        expected = self.arrays.get(name)
        if expected is None:
            return Row(self.name, name, 0.0, TOLERANCE, _ABSENT)
        if got.shape != expected.shape:
            return Row(self.name, name, np.inf, TOLERANCE, f"{got.shape}, not {expected.shape}")
        if np.issubdtype(expected.dtype, np.integer):
            wrong = int(np.count_nonzero(got != expected))
            return Row(self.name, name, wrong, 0.0, f"{expected.size} integers")
        difference = np.abs(got.astype(np.float64) - expected.astype(np.float64))
        largest = relative_to or float(np.abs(expected).max()) or 1.0
        return Row(self.name, name, float(difference.max()) / largest, TOLERANCE)


@dataclass(frozen=True)
class Check:
    """Something to compare, under a name."""

    name: str
    rows: Callable[[], Iterator[Row]] | None
    """None where nothing here knows how."""


def read_cases(folder: Path) -> list[Case]:
    """Read the manifest of a folder, or of the folder `cases` in it."""
    if not (folder / "manifest.json").exists():
        folder = folder / "cases"
    manifest = json.loads((folder / "manifest.json").read_text())
    return [
        Case(name, folder, entry.get("config", {}), entry.get("notes", ""), entry.get("keys_file"))
        for name, entry in manifest.items()
    ]
