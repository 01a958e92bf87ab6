"""Korean as it sounds: Hangul as spelt in, Hangul as pronounced out.

The rules are those of the Standard Pronunciation of Korean (표준 발음법, articles 5 to 29), where
it allows two pronunciations the usual one.
"""

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from myna.text.korean_exceptions import EXCEPTIONS

_FIRST_SYLLABLE = 0xAC00
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_SILENT = "ㅇ"  # an initial without sound


def pronounce(text: str) -> str:
    """Return `text` with its Hangul spelt as it sounds: 독립 is 동닙, 같이 가치.

    Words are pronounced one by one, but for the nouns that follow a verb in -ㄹ (할 수: 할 쑤).
    What is not a Hangul syllable stays as it is.
    """
    text = _NOUN_AFTER_VERB.sub(_tensed_noun, text)
    return _WORD.sub(lambda word: _pronounced(word.group()), text)


_WORD = re.compile("[가-힣]+")
_NOUN_AFTER_VERB = re.compile(
    "([가-힣]) (?=(?:것|거|걸|건|겁|게|수|줄|데|바|듯|적|지)"
    "(?:[^가-힣]|[이가은는을를도에의까야예니입같처밖]|$))(.)"
)
_TENSE = dict(zip("ㄱㄷㅂㅅㅈ", "ㄲㄸㅃㅆㅉ", strict=True))


def _tensed_noun(match: re.Match[str]) -> str:
    if _syllable(match[1]).final != "ㄹ":
        return match.group()
    noun = _syllable(match[2])
    noun.initial = _TENSE.get(noun.initial, noun.initial)
    return f"{match[1]} {noun}"


@dataclass(slots=True)
class _Syllable:
    initial: str
    vowel: str
    final: str

    def __str__(self) -> str:
        index = _INITIALS.index(self.initial) * len(_VOWELS) + _VOWELS.index(self.vowel)
        return chr(_FIRST_SYLLABLE + index * len(_FINALS) + _FINALS.index(self.final))


def _syllable(character: str) -> _Syllable:
    index, final = divmod(ord(character) - _FIRST_SYLLABLE, len(_FINALS))
    initial, vowel = divmod(index, len(_VOWELS))
    return _Syllable(_INITIALS[initial], _VOWELS[vowel], _FINALS[final])


def _pronounced(word: str) -> str:
    word = _exceptions().sub(lambda match: EXCEPTIONS[match.group()], word)
    for pattern, replacement in _RESPELT:
        word = pattern.sub(replacement, word)
    syllables = [_syllable(character) for character in word]
    for index, syllable in enumerate(syllables):
        _simplify_vowel(syllable, first=index == 0)
    for before, after in pairwise(syllables):
        _meet(before, after)
    _end(syllables[-1])
    return "".join(map(str, syllables))


@cache
def _exceptions() -> re.Pattern[str]:
    return re.compile("^(?:" + "|".join(sorted(EXCEPTIONS, key=len, reverse=True)) + ")")


_CLOSED = (
    "["
    + "".join(
        chr(code)
        for code in range(_FIRST_SYLLABLE, _FIRST_SYLLABLE + 11172)
        if (code - _FIRST_SYLLABLE) % 28
    )
    + "]"
)  # a syllable with a final
_RESPELT = (
    # The particle 의 and nouns that end so: 나의 is 나에, 회의 회이 (article 5).
    (
        re.compile(
            "(?<=[회주강정동합논문예심협결편유고호창제질상함악선성임본])의(?=$|를|는|가|도|로|와|에)"
        ),
        "이",
    ),
    (re.compile("(?<=[가-힣])의$"), "에"),
    # A verb's ending after -ㄹ: 할게요 is 할께요, 할수록 할쑤록 (article 27).
    (re.compile("(?<=[할갈볼줄올쓸될])게(?=$|요)"), "께"),
    (re.compile("(?<=[가-힣])을게(?=$|요)"), "을께"),
    (re.compile("(?<=[할갈볼줄올쓸될을클])수록"), "쑤록"),
    (re.compile("(?<=[할갈볼줄올쓸될을])지(?=$|도|는|를|라|언|모)"), "찌"),
    (re.compile("(?<=[할갈볼줄올쓸될을])걸(?=$|요)"), "껄"),
    # An added ㄴ: 십육 is 심뉵, 서울역 서울력, 학생용 학생뇽 (article 29).
    (re.compile("(?<=[십백천만])육"), "뉵"),
    (re.compile("(?<=[가-힣]" + _CLOSED + ")역(?=$|에|까|은|을|이|과|의|으|도|쪽)"), "녁"),
    (re.compile("(?<=[가-힣]" + _CLOSED + ")용(?=$|으|은|을|이|도|품)"), "뇽"),
)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a final and the initial behind it become."""

    final: str
    initial: str


_WITHOUT_H = {"ㅎ": "", "ㄶ": "ㄴ", "ㅀ": "ㄹ"}
_SPLIT = {
    "ㄳ": "ㄱㅆ", "ㄵ": "ㄴㅈ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅆ",
    "ㄾ": "ㄹㅌ", "ㄿ": "ㄹㅍ", "ㅄ": "ㅂㅆ",
}  # fmt: skip
_ASPIRATED = dict(zip("ㄱㄷㅂㅈ", "ㅋㅌㅍㅊ", strict=True))
_BEFORE_H = {
    "ㄱ": "ㅋ", "ㄺ": "ㄹㅋ", "ㄷ": "ㅌ", "ㅅ": "ㅌ", "ㅆ": "ㅌ", "ㅌ": "ㅌ", "ㅊ": "ㅌ",
    "ㅂ": "ㅍ", "ㄼ": "ㄹㅍ", "ㅄ": "ㅍ", "ㅈ": "ㅊ", "ㄵ": "ㄴㅊ",
}  # fmt: skip
_PLAIN_FINAL = {
    final: plain
    for plain, finals in {
        "ㄱ": "ㄱㄲㅋㄳㄺ", "ㄷ": "ㄷㅅㅆㅈㅊㅌㅎ", "ㅂ": "ㅂㅍㅄㄿ", "ㄴ": "ㄴㄵㄶ",
        "ㄹ": "ㄹㄼㄽㄾㅀ", "ㅁ": "ㅁㄻ", "ㅇ": "ㅇ",
    }.items()
    for final in finals
}  # fmt: skip
_NASAL = dict(zip("ㄱㄷㅂ", "ㅇㄴㅁ", strict=True))
_PALATAL = {"ㄷ": "ㅈ", "ㅌ": "ㅊ"}
_TENSING_CLUSTERS = "ㄵㄻㄼㄾ"
_VERBS_IN_LG = "읽맑밝늙붉굵긁묽갉얽"


def _simplify_vowel(syllable: _Syllable, *, first: bool) -> None:
    initial, vowel = syllable.initial, syllable.vowel
    if vowel == "ㅢ" and (initial != _SILENT or not first):
        syllable.vowel = "ㅣ"
    elif vowel == "ㅕ" and initial in "ㅈㅉㅊ":
        syllable.vowel = "ㅓ"
    elif vowel == "ㅖ" and initial not in "ㅇㄹ":
        syllable.vowel = "ㅔ"


def _meet(before: _Syllable, after: _Syllable) -> None:
    """Let the end of a syllable and the beginning of the next change each other."""
    final, initial = before.final, after.initial
    if not final or (final == "ㅇ" and initial != "ㄹ"):
        return
    if initial == _SILENT:
        outcome = _linked(final, after.vowel)
    elif initial == "ㅎ" and final in _BEFORE_H:
        outcome = _aspirated(final, after.vowel)
    elif final in _WITHOUT_H and initial in "ㄱㄷㅈㅅㄴ":
        outcome = _after_h(final, initial)
    else:
        outcome = _assimilated(before, after)
    before.final, after.initial = outcome.final, outcome.initial
    if after.vowel == "ㅕ" and after.initial in "ㅈㅊ":
        after.vowel = "ㅓ"


def _linked(final: str, vowel: str) -> _Outcome:
    """Move a final over to the vowel behind it (articles 13, 14, 17)."""
    final = _WITHOUT_H.get(final, final)
    if not final:
        return _Outcome("", _SILENT)
    both = _SPLIT.get(final, final)
    moves = both[-1]
    if vowel in "ㅣㅕ":
        moves = _PALATAL.get(moves, moves)
    return _Outcome(both[:-1], moves)


def _aspirated(final: str, vowel: str) -> _Outcome:
    """Join a final and ㅎ (articles 12, 17)."""
    both = _BEFORE_H[final]
    return _Outcome(both[:-1], "ㅊ" if final == "ㄷ" and vowel in "ㅣㅕ" else both[-1])


def _after_h(final: str, initial: str) -> _Outcome:
    """Join a final ㅎ and what follows (article 12)."""
    rest = _WITHOUT_H[final]
    if initial == "ㅅ":
        return _Outcome(rest, "ㅆ")
    if initial == "ㄴ":
        return _Outcome(rest or "ㄴ", "ㄹ" if rest == "ㄹ" else "ㄴ")
    return _Outcome(rest, _ASPIRATED[initial])


def _assimilated(before: _Syllable, after: _Syllable) -> _Outcome:
    """Let two consonants assimilate (articles 9 to 11, 18 to 20, 23 to 25)."""
    initial = after.initial
    final = _plain_final(before, after)
    tensed = _TENSE.get(initial, initial)
    if before.final in _TENSING_CLUSTERS or (final, before.final, initial) == ("ㄹ", "ㄺ", "ㄱ"):
        passive = before.final == "ㄻ" and initial == "ㄱ" and after.vowel == "ㅣ"
        return _Outcome(final, initial if passive else tensed)
    if final in _NASAL and initial in "ㄴㅁㄹ":
        return _Outcome(_NASAL[final], "ㄴ" if initial == "ㄹ" else initial)
    if final in _NASAL:
        return _Outcome(final, tensed)
    if initial == "ㄹ" and final in "ㅁㅇ":
        return _Outcome(final, "ㄴ")
    if final + initial in ("ㄴㄹ", "ㄹㄴ"):
        return _Outcome("ㄹ", "ㄹ")
    return _Outcome(final, initial)


def _plain_final(before: _Syllable, after: _Syllable) -> str:
    """Return the one consonant that a final sounds as before a consonant."""
    if before.final == "ㄺ" and after.initial == "ㄱ" and str(before) in _VERBS_IN_LG:
        return "ㄹ"
    if before.final == "ㄼ" and (
        str(before) == "밟" or str(before) + str(after) in ("넓죽", "넓둥")
    ):
        return "ㅂ"
    return _PLAIN_FINAL[before.final]


def _end(last: _Syllable) -> None:
    last.final = _PLAIN_FINAL.get(last.final, "")
