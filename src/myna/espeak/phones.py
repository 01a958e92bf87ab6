"""The sounds espeak-ng names, in one spelling for all languages."""

import unicodedata
from dataclasses import dataclass
from enum import Enum


class PhoneClass(Enum):
    """Sounds that are made alike, and change alike from speaker to speaker."""

    VOWEL = "vowel"
    NASAL = "nasal"
    APPROXIMANT = "approximant"
    FRICATIVE = "fricative"
    PLOSIVE = "plosive"
    """Plosives and affricates: what has a closure."""
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Phone:
    """One sound of a rendering."""

    symbol: str
    """IPA without stress, length and other diacritics; a pause has none."""
    kind: PhoneClass
    start: float
    """Seconds from the start of the rendering."""
    end: float
    token: int | None
    """Which of the rendered tokens it belongs to; none for a pause."""
    offset: int
    """The character of the token's `spoken` it belongs to: exact to a hanzi or a blank-separated
    word."""


_SPELLINGS = {
    "q": "k",
    "g": "ɡ",
    "ɫ": "l",
    "ər": "ɚ",
    "s.": "ʂ",
    "z.": "ʐ",
    "i.": "ɨ",
    "ʲ": "j",
    "ç": "ç",
}  # espeak-ng's names that are not IPA, and IPA that tells apart what sounds the same
_MANDARIN_RETROFLEX = ("ts.", "tʂ")
_JYUTPING = {"z": "ts", "c": "tsʰ", "p": "pʰ", "t": "tʰ", "k": "kʰ", "b": "p", "d": "t", "ɡ": "k"}
_JYUTPING_PARTS = (("nɡ", "ŋ"), ("aa", "a"), ("eo", "ɵ"), ("oe", "œ"), ("yu", "y"))
_NASALS = frozenset("mnŋɲɴɱɳ")
_APPROXIMANTS = frozenset("lɹrɾjwɥɻʎɭʋɰʀɽ")
_FRICATIVES = frozenset("fvθðszʃʒhɦxɣχʁçʝɕʑʂʐɸβħ")
_PLOSIVES = frozenset("pbtdkɡʔcɟʈɖ")


def normalized(name: str, language: str) -> str:
    """Return the symbol of an espeak-ng phoneme name, "" for a tone or a language switch."""
    if name.startswith("("):
        return ""
    if name in _SPELLINGS:
        return _SPELLINGS[name]
    plain = "".join(
        character for character in unicodedata.normalize("NFD", name) if _kept(character)
    )
    if language == "yue":
        for part, spelling in _JYUTPING_PARTS:
            plain = plain.replace(part, spelling)
        return _JYUTPING.get(plain, plain)
    if language == "zh":
        plain = plain.replace(*_MANDARIN_RETROFLEX)
        plain = plain.replace("h", "ʰ") if len(plain) > 1 else plain
    return _SPELLINGS.get(plain, plain)


def _kept(character: str) -> bool:
    return unicodedata.category(character) not in ("Mn", "Lm", "Sk") and character != "-"


def kind_of(symbol: str) -> PhoneClass:
    """Return the class of an IPA symbol by its first letter."""
    first = symbol[:1]
    if not first:
        return PhoneClass.PAUSE
    if first in _PLOSIVES:
        return PhoneClass.PLOSIVE
    if first in _FRICATIVES:
        return PhoneClass.FRICATIVE
    if first in _NASALS:
        return PhoneClass.NASAL
    return PhoneClass.APPROXIMANT if first in _APPROXIMANTS else PhoneClass.VOWEL
