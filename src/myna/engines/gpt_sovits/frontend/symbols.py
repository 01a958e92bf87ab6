"""The symbols GPT-SoVITS models read, and their numbers.

A number is a row of the checkpoint's text embedding, so the order is part of the format.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

PUNCTUATION = ("!", "?", "…", ",", ".", "-")
"""The marks that are phones."""
UNKNOWN = "UNK"

_RUN_OF_MARKS = re.compile(r"([!?…,.\-])[!?…,.\-]+")


def collapse_punctuation(text: str) -> str:
    """Return `text` with only the first of marks that follow each other."""
    return _RUN_OF_MARKS.sub(r"\1", text)


def _list(spaced: str) -> tuple[str, ...]:
    return tuple(spaced.split())


_PAD = ("_",)
_SILENCES = ("SP", "SP2", "SP3", UNKNOWN)
_MANDARIN_INITIALS = _list(
    "AA EE OO b c ch d f g h j k l m n p q r s sh t w x y z zh"
)  # the first three open a syllable that has no initial
_MANDARIN_FINALS = _list(
    "E En a ai an ang ao e ei en eng er i i0 ia ian iang iao ie in ing iong ir iu "
    "o ong ou u ua uai uan uang ui un uo v van ve vn"
)
_JAPANESE = _list(
    "I N U a b by ch cl d dy e f g gy h hy i j k ky m my n ny o p py r ry s sh t ts u v w y z"
)
_ARPABET_VOWELS = _list("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW")
_ARPABET_OTHERS = _list(
    "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH ER IH"
)  # the last two are vowels without a stress mark
_PITCH_STEPS = ("[", "]")
_KOREAN = ("停", "空", *"ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅓㅔㅗㅜㅡㅣ")
CANTONESE_PREFIX = "Y"
_CANTONESE_OPENINGS = _list(
    "a aa ai ak au b c d e f g gw h j k kw l m n ng o oi ok on ou p s t uk w z"
)
_CANTONESE_ENDINGS = _list(
    "a aa aai aak aam aan aang aap aat aau ai ak am an ang ap at au e ei ek eng eoi eon eot g i ik "
    "im in ing ip it iu k m n o oe oek oeng oi ok on ong ot ou p t u ui uk un ung ut yu yun "
    "yut"
)


@dataclass(frozen=True)
class SymbolTable:
    """Symbols in the order of the rows of a checkpoint's text embedding."""

    symbols: tuple[str, ...]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The row of each symbol."""
        return {symbol: number for number, symbol in enumerate(self.symbols)}

    def known(self, phones: Iterable[str]) -> tuple[str, ...]:
        """Return the phones, with UNK for those this table lacks."""
        return tuple(phone if phone in self.numbers else UNKNOWN for phone in phones)

    def ids(self, phones: Iterable[str]) -> tuple[int, ...]:
        """Return the row of each phone. All must be in the table: see `known`."""
        return tuple(self.numbers[phone] for phone in phones)


def _toned(parts: Iterable[str], tones: int) -> list[str]:
    return [f"{part}{tone}" for part in parts for tone in range(1, tones + 1)]


def _stressed(vowels: Iterable[str]) -> list[str]:
    return [f"{vowel}{stress}" for vowel in vowels for stress in range(3)]


def _first_table() -> tuple[str, ...]:
    return tuple(
        sorted(
            {
                *_PAD,
                *_MANDARIN_INITIALS,
                *_toned(_MANDARIN_FINALS, 5),
                *_JAPANESE,
                *PUNCTUATION,
                *_SILENCES,
                *_stressed(_ARPABET_VOWELS),
                *_ARPABET_OTHERS,
            }
        )
    )


def _cantonese() -> list[str]:
    parts = {*_CANTONESE_OPENINGS, *_toned(_CANTONESE_ENDINGS, 6)}
    return sorted(CANTONESE_PREFIX + part for part in parts)


SYMBOLS_V1 = SymbolTable(_first_table())
"""322 symbols: Chinese, Japanese, English."""
SYMBOLS_V2 = SymbolTable((*SYMBOLS_V1.symbols, *_PITCH_STEPS, *sorted(_KOREAN), *_cantonese()))
"""732 symbols: those of v1 in the same rows, then Korean and Cantonese."""
