"""One case of parity data: how a network is made, what it is fed, what must come out."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

TOLERANCE = 1e-4  # of the expected array's absolute maximum, unless the data say otherwise
_ABSENT = "nothing to compare with"


class Verdict(Enum):
    """What became of an array."""

    OK = "ok"
    OVER = "OVER"
    NOT_COVERED = "--"
    """Nobody compared it: as bad as a deviation, for nothing is known of it."""
    LEFT_OUT = "left"
    """Not compared, for a reason the row gives."""


@dataclass(frozen=True)
class Row:
    """How one array compares."""

    case: str
    array: str
    deviation: float
    """Largest difference over the expected array's absolute maximum; for integers, over 1."""
    tolerance: float
    remark: str = ""
    uncompared: Verdict | None = None
    """Where nothing was compared: whether that is by mistake."""

    @property
    def counts(self) -> bool:
        """Whether there was something to compare with."""
        return self.remark != _ABSENT

    @property
    def verdict(self) -> Verdict:
        """What became of the array; a deviation that is not a number is over its tolerance."""
        if self.uncompared is not None:
            return self.uncompared
        return Verdict.OK if self.deviation <= self.tolerance else Verdict.OVER


def not_covered(case: str, array: str, why: str = "not covered") -> Row:
    """Return the row of an array, or of all, that nothing here knows how to compare."""
    return Row(case, array, float("nan"), 0.0, why, Verdict.NOT_COVERED)


def left_out(case: str, array: str, why: str) -> Row:
    """Return the row of an array that is not compared on purpose."""
    return Row(case, array, float("nan"), 0.0, why, Verdict.LEFT_OUT)


class NotThere(Exception):
    """A case lacks something that the comparison needs."""


class Arrays(dict[str, Array]):
    """Arrays by name; asking for one that is not there is told in words."""

    def __missing__(self, name: str) -> Array:
        raise NotThere(f"there is no array {name!r}")


@dataclass(frozen=True)
class Case:
    """A named case of a manifest."""

    name: str
    folder: Path
    config: Mapping[str, Any]  # whatever the network takes
    notes: str
    keys_file: str | None
    tolerance: float = TOLERANCE
    tolerances: Mapping[str, float] = field(default_factory=dict)
    """Of single arrays, where the data say so."""

    @cached_property
    def arrays(self) -> Arrays:
        """Inputs and expected outputs by name."""
        path = self.folder / f"{self.name}.npz"
        if (self.folder / self.name).is_dir():
            single = sorted((self.folder / self.name).glob("*.npy"))
            return Arrays({file.stem: np.load(file) for file in single})
        if not path.exists():
            raise NotThere(f"{path.name} is missing")
        with np.load(path) as stored:
            return Arrays({name: stored[name] for name in stored.files})

    @cached_property
    def shapes(self) -> dict[str, list[int]]:
        """The checkpoint's keys and shapes."""
        if self.keys_file is None:
            return {}
        path = self.keys_path
        loaded: dict[str, list[int]] = json.loads(path.read_text())
        return loaded

    @property
    def keys_path(self) -> Path:
        """Where the checkpoint's keys are listed."""
        if not self.keys_file or not (self.folder / self.keys_file).exists():
            raise NotThere(f"the list of keys {str(self.keys_file)!r} is missing")
        return self.folder / self.keys_file

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
        allowed = self.tolerances.get(name, self.tolerance)
        if np.squeeze(got).shape != np.squeeze(expected).shape:
            return Row(self.name, name, np.inf, allowed, f"{got.shape}, not {expected.shape}")
        got = got.reshape(expected.shape)
        if np.issubdtype(expected.dtype, np.integer):
            wrong = int(np.count_nonzero(got != expected))
            return Row(self.name, name, wrong, 0.0, f"{expected.size} integers")
        if expected.size == 0:
            return Row(self.name, name, 0.0, allowed, "empty")
        if expected.dtype == np.float16:
            allowed = max(allowed, float(np.finfo(np.float16).eps))  # how exactly it is written
        expected = expected.astype(np.float64)
        with np.errstate(invalid="ignore"):
            difference = np.where(got == expected, 0, np.abs(got - expected))  # infinite ones too
        largest = relative_to or float(np.abs(expected[np.isfinite(expected)]).max(initial=0))
        return Row(self.name, name, float(difference.max()) / (largest or 1.0), allowed)


Rows = Callable[[], Iterator[Row]]


@dataclass(frozen=True)
class Check:
    """Something to compare, under a name."""

    name: str
    rows: Rows | None
    """None where nothing here knows how."""
    why: str = "not covered"


def unlisted(folder: Path, listed: Collection[str], mark: str) -> Iterator[Check]:
    """Yield a check for each file of arrays that no entry is about."""
    for path in sorted(folder.glob("*.npz")):
        if path.stem not in listed:
            yield Check(path.stem, None, f"not covered: {mark} has no entry for {path.name}")


def completed(case: Case, rows: Iterator[Row], inputs: re.Pattern[str]) -> Iterator[Row]:
    """Yield the rows that count, then name the arrays that nothing was compared with.

    Arrays whose whole name matches `inputs` are fed in; nothing is compared with them.
    """
    left = {name for name in case.arrays if not inputs.fullmatch(name)}
    for row in rows:
        left.discard(row.array)
        if row.counts:
            yield row
    for name in sorted(left):
        yield not_covered(case.name, name)
