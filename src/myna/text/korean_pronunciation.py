"""Korean as it sounds: Hangul as spelt in, Hangul as pronounced out.

The rules are those of the Standard Pronunciation of Korean (표준 발음법, articles 5 to 29), where
it allows two pronunciations the usual one.
"""

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from myna.text.korean_exceptions import exceptions

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
    word = _without_exceptions(word)
    for pattern, replacement in _respellings():
        word = pattern.sub(replacement, word)
    word = _ADDED_N.sub(_with_added_n, word)
    syllables = [_syllable(character) for character in word]
    for index, syllable in enumerate(syllables):
        _simplify_vowel(syllable, first=index == 0)
    for before, after in pairwise(syllables):
        _meet(before, after)
    _end(syllables[-1])
    return "".join(map(str, syllables))


def _without_exceptions(word: str) -> str:
    return _exceptional().sub(lambda match: exceptions()[match.group()], word)


@cache
def _exceptional() -> re.Pattern[str]:
    return re.compile("^(?:" + "|".join(sorted(exceptions(), key=len, reverse=True)) + ")")


@cache
def _respellings() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern), replacement) for pattern, replacement in _RESPELT]


_ISMS = "자본|사회|공산|제국|개인|이기|합리|자유|낙관|비관|현실|이상|민족|채식|완벽|인종"
_RESPELT = (
    # Nouns in 의, then the particle: 회의 is 회이, 나의 나에 (article 5).
    ("^([회주강정동합논문예심협결편유고호창제질상함악선성임본])의(?=$|[를는가도로와에])", r"\1이"),
    (f"(주|{_ISMS})주의", r"\1주이"),
    ("(?<=[가-힣])의$", "에"),
    # A verb's ending after -ㄹ: 할게요 is 할께요, 할수록 할쑤록 (article 27).
    ("(?<=[할갈볼줄올쓸될을])게(?=$|요)", "께"),
    ("(?<=[할갈볼줄올쓸될을클])수록", "쑤록"),
    ("(?<=[할갈볼줄올쓸될을])지(?=$|[도는를라언모])", "찌"),
    ("(?<=[할갈볼줄올쓸될을])걸(?=$|요)", "껄"),
    # An added ㄴ in numbers: 십육 is 심뉵 (article 29).
    ("(?<=[십백천만])육", "뉵"),
)
_ADDED_N = re.compile(
    "(?<=[가-힣])([가-힣])(역(?=$|[에까은을이과의으도쪽])|용(?=$|[으은을이도품]))"
    "|([가-힣])(?<![필중강동민긴일월금목])(요)$"
)


def _with_added_n(match: re.Match[str]) -> str:
    """Say 서울역 as 서울녁, 학생용 as 학생뇽, 정말요 as 정말뇨 (article 29)."""
    before, last = match.group()[0], match.group()[1]
    if not _syllable(before).final:
        return match.group()
    return before + {"역": "녁", "용": "뇽", "요": "뇨"}[last]


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
_TENSING = {final + initial for final in "ㄵㄻㄼㄾㄺ" for initial in _TENSE}
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
    if before.final + initial in _TENSING:
        passive = before.final + initial + after.vowel == "ㄻㄱㅣ"
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
