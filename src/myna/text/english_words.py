"""English text as words."""

import re
import unicodedata
from collections.abc import Iterator

from myna.text.normalization.english.expansion import expand
from myna.text.scripts import CYRILLIC, LATIN
from myna.text.written_words import Word, blank_separated


def english_words(text: str) -> Iterator[Word]:
    """Yield the words of clean English text. Cyrillic is said as if in Latin letters."""
    return blank_separated(text, expand(text), _plain, joint=" ")


_LETTERS = re.compile(f"[{LATIN}{CYRILLIC}]+(?:['’][{LATIN}]+)*")
_CYRILLIC = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ",
        [
            "a", "b", "v", "g", "d", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r",
            "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya", "yo",
            "i", "yi", "ye", "g",
        ],
        strict=True,
    )
)  # fmt: skip
_IN_LATIN = str.maketrans(
    _CYRILLIC | {letter.upper(): latin.capitalize() for letter, latin in _CYRILLIC.items()}
)


def _plain(text: str) -> str:
    """Say letters as they are, without signs; a hyphen parts words."""
    if text.isascii() and text.isalpha():
        return text
    letters = " ".join(_LETTERS.findall(unicodedata.normalize("NFC", text)))
    return letters.replace("’", "'").translate(_IN_LATIN)
