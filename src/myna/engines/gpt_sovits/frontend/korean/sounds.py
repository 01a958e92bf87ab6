"""Korean syllables changed to what is heard."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from myna.engines.gpt_sovits.frontend.korean.meeting import TENSE, alone, meeting
from myna.engines.gpt_sovits.frontend.korean.tagging import Ending

_FIRSTS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_SILENT = "ㅇ"
_AFTER_STEM = "ㄱㄷㅅㅈ"
_STEM_FINALS = {"ㄴ": "ㄴ", "ㅁ": "ㅁ", "ㄵ": "ㄴ", "ㄻ": "ㅁ", "ㄼ": "ㄼ", "ㄾ": "ㄾ"}
_LETTER_NAMES = {"ㄷ": "ㅅ", "ㅈ": "ㅅ", "ㅊ": "ㅅ", "ㅌ": "ㅅ", "ㅎ": "ㅅ", "ㅋ": "ㄱ", "ㅍ": "ㅂ"}
_PALATAL = {"ㄷ": ("", "ㅈ"), "ㅌ": ("", "ㅊ"), "ㄾ": ("ㄹ", "ㅊ")}
_TENSE_ENDINGS = ("걸", "밖에", "세라", "수록", "지라도", "지언정", "진대")
_CARRIED = {
    "ㄳ": ("ㄱ", "ㅆ"),
    "ㄵ": ("ㄴ", "ㅈ"),
    "ㄺ": ("ㄹ", "ㄱ"),
    "ㄻ": ("ㄹ", "ㅁ"),
    "ㄼ": ("ㄹ", "ㅂ"),
    "ㄽ": ("ㄹ", "ㅆ"),
    "ㄾ": ("ㄹ", "ㅌ"),
    "ㄿ": ("ㄹ", "ㅍ"),
    "ㅄ": ("ㅂ", "ㅆ"),
    "ㅎ": ("", _SILENT),
    "ㄶ": ("", "ㄴ"),
    "ㅀ": ("", "ㄹ"),
}


@dataclass(slots=True)
class Syllable:
    """One character: a syllable in its letters, or a mark."""

    mark: str
    first: str = ""
    vowel: str = ""
    final: str = ""
    ending: Ending | None = None


def heard(text: str, endings: dict[int, Ending]) -> str:
    """Return the letters that are heard of `text`; other characters stay.

    `endings` tells what the syllables at some offsets end. The rules are those of g2pK, which
    GPT-SoVITS models were trained with, where it is stricter than speakers are.
    """
    syllables = [_syllable(character, endings.get(at)) for at, character in enumerate(text)]
    for index in range(len(syllables)):
        _change_vowel(syllables[index])
    for rule in (_letter_name, _after_stem, _cluster_alone, _palatal):
        for index, syllable in enumerate(syllables):
            if syllable.final:
                rule(syllable, _behind(syllables, index))
    for index in range(len(syllables)):
        _after_modifier(syllables, index)
    for index in range(len(syllables)):
        _meet(syllables, index)
    for syllable, following in pairwise(syllables):
        if syllable.final and following.first == _SILENT:
            _carry(syllable, following)
    return "".join(s.mark or s.first + s.vowel + s.final for s in syllables)


def _syllable(character: str, ending: Ending | None) -> Syllable:
    if not "가" <= character <= "힣":
        return Syllable(character)
    first, rest = divmod(ord(character) - 0xAC00, len(_VOWELS) * len(_FINALS))
    vowel, final = divmod(rest, len(_FINALS))
    return Syllable("", _FIRSTS[first], _VOWELS[vowel], _FINALS[final], ending)


_END = Syllable("\n")


def _behind(syllables: Sequence[Syllable], index: int) -> Syllable:
    return syllables[index + 1] if index + 1 < len(syllables) else _END


def _change_vowel(syllable: Syllable) -> None:
    if syllable.first in ("ㅈ", "ㅉ", "ㅊ") and syllable.vowel == "ㅕ":
        syllable.vowel = "ㅓ"
    elif syllable.first != _SILENT and syllable.vowel == "ㅢ":
        syllable.vowel = "ㅣ"


def _letter_name(syllable: Syllable, following: Syllable) -> None:
    """Say 디귿이 as 디그시; g2pK does so with every syllable in ㅡ."""
    if (
        syllable.vowel == "ㅡ"
        and not _is_marked(syllable)
        and following.first == _SILENT
        and syllable.final in _LETTER_NAMES
    ):
        following.first = _LETTER_NAMES[syllable.final]
        syllable.final = ""


def _after_stem(syllable: Syllable, following: Syllable) -> None:
    """Tense an ending's first consonant behind a stem."""
    if syllable.ending is not Ending.STEM:
        return
    if syllable.final == "ㄺ" and following.first in ("ㄱ", "ㄲ"):
        syllable.final, following.first = "ㄹ", "ㄲ"
    elif syllable.final in _STEM_FINALS and following.first and following.first in _AFTER_STEM:
        syllable.final = _STEM_FINALS[syllable.final]
        following.first = TENSE[following.first]
        syllable.ending = None


def _cluster_alone(syllable: Syllable, following: Syllable) -> None:
    """Say 밟 as 밥, and 넓 as 넙 in 넓죽, 넓둥글."""
    if syllable.final != "ㄼ":
        return
    sound = syllable.first + syllable.vowel
    if (sound == "ㅂㅏ" and (_is_marked(syllable) or following.first not in (_SILENT, "ㅎ"))) or (
        sound == "ㄴㅓ"
        and not _is_marked(syllable)
        and following.first in ("ㅈ", "ㅉ", "ㄷ", "ㄸ")
        and following.vowel == "ㅜ"
    ):
        syllable.final = "ㅂ"


def _palatal(syllable: Syllable, following: Syllable) -> None:
    """Say 굳이 as 구지, 밭이 as 바치, 닫히다 as 다치다."""
    if _is_marked(syllable):
        return
    if (
        syllable.final in _PALATAL
        and following.first == _SILENT
        and following.vowel in ("ㅣ", "ㅕ")
    ):
        syllable.final, following.first = _PALATAL[syllable.final]
    elif syllable.final == "ㄷ" and following.first == "ㅎ" and following.vowel == "ㅣ":
        syllable.final, following.first = "", "ㅊ"


def _is_marked(syllable: Syllable) -> bool:
    """Whether a note on the syllable keeps g2pK's rules from seeing the next."""
    if syllable.ending is Ending.STEM:
        return syllable.final in ("ㄴ", "ㄵ", "ㅁ", "ㄻ", "ㄺ", "ㄼ", "ㄾ")
    if syllable.ending is Ending.MODIFIER:
        return syllable.final == "ㄹ"
    return syllable.ending is Ending.COUNTER


def _after_modifier(syllables: Sequence[Syllable], index: int) -> None:
    """Tense what follows ㄹ that modifies (할 것), and some endings in ㄹ (할수록)."""
    syllable, following = syllables[index], _behind(syllables, index)
    if syllable.final != "ㄹ":
        return
    if syllable.ending is Ending.MODIFIER:
        noun = _behind(syllables, index + 1)
        if following.mark == " " and noun.first in TENSE:
            noun.first = TENSE[noun.first]
    elif not _is_marked(syllable):
        for ending in _TENSE_ENDINGS:
            if _begins_with(syllables[index + 1 :], ending):
                following.first = TENSE[following.first]
                if ending == "밖에":
                    following.final, syllables[index + 2].first = "", "ㄲ"


def _begins_with(syllables: Sequence[Syllable], ending: str) -> bool:
    """Tell whether syllables begin with an ending; the last may have a final of its own."""
    wanted = [_syllable(character, None) for character in ending]
    found = syllables[: len(wanted)]
    if [(s.first, s.vowel) for s in found] != [(s.first, s.vowel) for s in wanted]:
        return False
    inner = zip(found[:-1], wanted[:-1], strict=True)
    return all(s.final == w.final and not _is_marked(s) for s, w in inner) and (
        not wanted[-1].final or found[-1].final == wanted[-1].final
    )


def _meet(syllables: Sequence[Syllable], index: int) -> None:
    """Change a final consonant and the first one behind it, a single blank between or not."""
    syllable, following = syllables[index], _behind(syllables, index)
    if not syllable.final:
        return
    beyond = _behind(syllables, index + 1) if following.mark == " " else following
    if beyond.first and beyond.first != _SILENT:
        syllable.final, beyond.first = meeting(syllable.final, beyond.first)
    elif following.mark and not re.match(r"\w", following.mark):
        syllable.final = alone(syllable.final)


def _carry(syllable: Syllable, following: Syllable) -> None:
    """Carry a final consonant over to the vowel behind it."""
    if syllable.final in _CARRIED:
        syllable.final, following.first = _CARRIED[syllable.final]
    elif syllable.final != _SILENT:
        syllable.final, following.first = "", syllable.final
