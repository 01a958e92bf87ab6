"""What kind of word each Korean syllable ends, where the sound depends on it."""

import re
import threading
from enum import Enum
from functools import cache
from typing import Any

_COUNTERS = (
    "개|개월|군데|권|그루|기|년|달러|대|도|동|리|마리|명|미터|번|벌|병|분|살|세|시|시간|원|월|위|일|잔|장|점|주|"
    "집|쪽|초|층|켤레|킬로|톤|판|퍼센트|편|호|회"
)
_COUNTED = re.compile(rf"\d(?:{_COUNTERS})(?![가-힣]{{3}})")
_DEPENDENT_NOUN = re.compile(r" (?:거|것|걸|건|게|겁|수|줄|데|바|적|지|듯|사람|정도|때)")
_STEM_ENDING = re.compile(r"고|기|게|거|겠|다|더|던|든|도|지|자|소|습|세")
_RIEUL, _MAYBE_STEM = 8, (5, 9, 10, 11, 13)  # finals ㄹ; ㄵ ㄺ ㄻ ㄼ ㄾ, by their place in Unicode
_tagger = threading.Lock()


class Ending(Enum):
    """What a syllable ends."""

    STEM = "stem"
    """A verb's or adjective's stem."""
    MODIFIER = "modifier"
    """A verb form in ㄹ that modifies a noun."""
    COUNTER = "counter"


def endings(text: str) -> dict[int, Ending]:
    """Return what the syllables of `text` end, by their offsets; most end nothing of the kind.

    The answers are mecab-ko's where it is installed (extra `ko`), else guesses by shape.
    """
    with _tagger:
        mecab = _mecab()
        tokens = mecab.pos(text) if mecab else []
    if not mecab or text.replace(" ", "") != "".join(token for token, _ in tokens):
        return {} if mecab else guessed_endings(text)
    offsets = [offset for offset, character in enumerate(text) if character != " "]
    found: dict[int, Ending] = {}
    end = 0
    for token, tag in tokens:
        end += len(token)
        kind = _kind(tag.split("+")[-1])
        if kind and end:
            found[offsets[end - 1]] = kind
    return found


def guessed_endings(text: str) -> dict[int, Ending]:
    """Guess what syllables end by their shape and neighbours, without a dictionary."""
    found = {match.end() - 1: Ending.COUNTER for match in _COUNTED.finditer(text)}
    for offset, syllable in enumerate(text):
        final = final_number(syllable)
        if final == _RIEUL and _DEPENDENT_NOUN.match(text, offset + 1):
            found[offset] = Ending.MODIFIER
        elif final in _MAYBE_STEM and _STEM_ENDING.match(text, offset + 1):
            found[offset] = Ending.STEM
    return found


def final_number(syllable: str) -> int:
    """Return the place of a syllable's final consonant in Unicode's order; 0 for none."""
    return (ord(syllable) - 0xAC00) % 28 if "가" <= syllable <= "힣" else 0


def _kind(tag: str) -> Ending | None:
    if tag == "NNBC":
        return Ending.COUNTER
    return {"V": Ending.STEM, "E": Ending.MODIFIER}.get(tag[0])


@cache
def _mecab() -> Any:  # python-mecab-ko's classes have no types here
    try:
        from mecab import MeCab
    except ImportError:
        return None
    return MeCab()
