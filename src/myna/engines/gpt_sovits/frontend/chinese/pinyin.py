"""The pinyin of Mandarin words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from myna.core.errors import PackageMissing

_ENTRY = re.compile(r"^\s*([^:\s]+)\s*:\s*\[(.*)\]", re.MULTILINE)
_SYLLABLE = re.compile(r"""['"]([^'"]*)['"]""")


def syllables(word: str) -> list[str]:
    """Return the pinyin of each character with its tone, 1 to 5, behind: "ni3", "hao3".

    A mark is its own pinyin.

    Raises:
        PackageMissing: pypinyin is not installed.
    """
    pypinyin = _pypinyin()

    def read(text: str) -> list[str]:
        found: list[str] = pypinyin.lazy_pinyin(
            text, style=pypinyin.Style.TONE3, neutral_tone_with_five=True
        )
        return found

    found = read(word)
    return found if len(found) == len(word) else ["".join(read(character)) for character in word]


def tones(word: str) -> str:
    """Return the tones of a word's characters, "33" for 你好; a mark is its own tone."""
    return "".join(syllable[-1:] or "0" for syllable in syllables(word))


def is_hanzi(character: str) -> bool:
    """Tell whether pypinyin's dictionary has a character."""
    _pypinyin()
    from pypinyin.constants import PINYIN_DICT

    return ord(character) in PINYIN_DICT


def readings(character: str) -> frozenset[str]:
    """Return the pinyin a character can have: "hang2" and "xing2" among those of 行."""
    pypinyin = _pypinyin()
    found = pypinyin.pinyin(
        character, style=pypinyin.Style.TONE3, heteronym=True, neutral_tone_with_five=True
    )
    return frozenset(found[0])


def initial_and_final(syllable: str) -> tuple[str, str]:
    """Split a syllable into its strict initial and final: ("w" is no initial) "" and "uei4"."""
    if not syllable[:1].isalpha():
        return "", syllable
    _pypinyin()
    from pypinyin.contrib.tone_convert import to_finals_tone3, to_initials

    return to_initials(syllable), to_finals_tone3(syllable, neutral_tone_with_five=True)


@dataclass(frozen=True)
class Corrections:
    """Words, and single characters, with the pinyin they have whatever a model says."""

    words: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def load(cls, files: Iterable[Path]) -> "Corrections":
        """Read lines like `扎实: ['zha1','shi2']`; later files win."""
        return cls(
            {
                entry[1]: tuple(_SYLLABLE.findall(entry[2]))
                for file in files
                for entry in _ENTRY.finditer(file.read_text("utf-8"))
            }
        )

    def corrected(self, word: str, read: Sequence[str]) -> list[str]:
        """Return the pinyin a word should have in place of what was `read`."""
        if word in self.words:
            return list(self.words[word])
        return [
            self.words[character][0] if character in self.words else syllable
            for character, syllable in zip(word, read, strict=True)
        ]


def _pypinyin() -> ModuleType:
    try:
        import pypinyin
    except ImportError as error:
        raise PackageMissing("Reading Chinese with GPT-SoVITS", "zh") from error
    module: ModuleType = pypinyin
    return module
