"""Japanese text as words in katakana."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from myna.core.errors import PackageMissing
from myna.text.normalization.japanese.expansion import expand
from myna.text.normalization.rules import Reading
from myna.text.scripts import HAN
from myna.text.written_words import Word


def japanese_words(text: str) -> Iterator[Word]:
    """Yield the words of clean Japanese text, each said in katakana.

    OpenJTalk (the package pyopenjtalk-plus) knows the words and how kanji are read. Without it,
    kana is cut at blanks, punctuation and changes of script, and the particles は, へ and を are
    told by their place; kanji raise `PackageMissing`.
    """
    readings = expand(text)
    masked = _masked(text, readings)
    waiting = iter(readings)
    openjtalk = _openjtalk()
    if openjtalk is None:
        if _KANJI.search(masked):
            raise PackageMissing("Reading Japanese kanji", "ja")
        words = _kana_words(masked)
    else:
        words = _analysed(openjtalk, masked)
    for word in words:
        if masked[word.start] == _READ:
            reading = next(waiting)
            yield Word(reading.start, reading.end, _lengthened(katakana(reading.spoken)))
        else:
            yield word


def katakana(kana: str) -> str:
    """Return hiragana as katakana; anything else stays."""
    return kana.translate(_TO_KATAKANA)


_KANJI = re.compile(f"[{HAN}]")
_READ = "Ｘ"  # the first character of what a reading covers: to its neighbours a noun
_COVERED = "\ue000"  # the others
_TO_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}


def _openjtalk() -> ModuleType | None:
    try:
        import pyopenjtalk
    except ImportError:
        return None
    return pyopenjtalk


def _masked(text: str, readings: Sequence[Reading]) -> str:
    """Return `text` with stand-ins, as long as what they stand for, where it is read otherwise."""
    masked = text.replace(_READ, " ")
    for reading in readings:
        stand_in = _READ.ljust(reading.end - reading.start, _COVERED)
        masked = masked[: reading.start] + stand_in + masked[reading.end :]
    return masked


_LONGEST = 200  # characters that are analysed together
_CLAUSE = re.compile(rf"[^。！？!?\n]{{1,{_LONGEST}}}[。！？!?\n]*|[。！？!?\n]+")


@dataclass(frozen=True, slots=True)
class _Morpheme:
    """A word of the dictionary, as found in the text."""

    start: int
    end: int
    spoken: str
    joins: bool
    """Whether it belongs to the word before it: an ending, a suffix, another numeral."""


def _analysed(openjtalk: ModuleType, masked: str) -> Iterator[Word]:
    for clause in _CLAUSE.finditer(masked):
        yield from _words(_morphemes(openjtalk, clause.group(), clause.start()))


def _words(morphemes: Iterator[_Morpheme]) -> Iterator[Word]:
    """Join endings to what they end."""
    word: Word | None = None
    for morpheme in morphemes:
        if word and morpheme.joins and word.end == morpheme.start:
            word = Word(word.start, morpheme.end, word.spoken + morpheme.spoken)
        else:
            if word:
                yield word
            word = Word(morpheme.start, morpheme.end, morpheme.spoken)
    if word:
        yield word


def _morphemes(openjtalk: ModuleType, clause: str, offset: int) -> Iterator[_Morpheme]:
    visible = [place for place, letter in enumerate(clause) if letter not in _LEFT_OUT]
    analysed = "".join(clause[place] for place in visible)
    if not analysed:
        return
    reached = 0
    before: Mapping[str, str] = {"pos": "", "pos_group1": "", "pron": ""}
    for node in openjtalk.run_frontend(analysed):
        length = len(node["string"])
        places = visible[reached : reached + length]
        reached += length
        spoken = _PRONUNCIATION_MARKS.sub("", node["pron"]).replace("ヲ", "オ")
        if not places:
            break
        read = [offset + place for place in places if clause[place] == _READ]
        yield from (_Morpheme(place, place + 1, "", joins=False) for place in read)
        if not read and _SAYABLE.fullmatch(spoken):
            start, end = offset + places[0], offset + places[-1] + 1
            yield _Morpheme(start, end, spoken, joins=_joins(node, before))
        before = node


_LEFT_OUT = f" \n\u3000{_COVERED}"
_PRONUNCIATION_MARKS = re.compile("[’'*]")
_SAYABLE = re.compile("[ァ-ヺ][ァ-ヺー]*")
_ENDINGS = {("動詞", "接尾"), ("動詞", "非自立"), ("形容詞", "非自立"), ("名詞", "接尾")}
_AFTER_VERBS = {("助詞", "接続助詞"), ("助詞", "終助詞")}
_INFLECTED = {"動詞", "形容詞", "助動詞"}


def _joins(node: Mapping[str, str], before: Mapping[str, str]) -> bool:
    kind = (node["pos"], node["pos_group1"])
    if kind[0] == "助動詞" or kind in _ENDINGS or before["pron"].endswith("ッ"):
        return True
    if kind in _AFTER_VERBS:
        return before["pos"] in _INFLECTED
    return before["pos"] == "接頭詞" or (kind == ("名詞", "数") and before["pos_group1"] == "数")


_KANA_WORD = re.compile(f"{_READ}|[ァ-ヺ][ァ-ヺー]*|[ぁ-ゖ][ぁ-ゖー]*")
_TOPIC = re.compile(
    "^((?:これ|それ|あれ|わたし|ぼく|きみ|きょう|あなた|かれ|こんにち|こんばん|に|で|と|から|の))は"
)


def _kana_words(masked: str) -> Iterator[Word]:
    for match in _KANA_WORD.finditer(masked):
        before = masked[match.start() - 1] if match.start() else " "
        spoken = _with_particles(match.group(), touches=bool(_WORD_BEFORE.match(before)))
        yield Word(*match.span(), _lengthened(katakana(spoken)))


_WORD_BEFORE = re.compile(f"[ァ-ヺー{_READ}{_COVERED}]")


def _with_particles(kana: str, *, touches: bool) -> str:
    """Spell は, へ and を as they sound where they seem to be particles."""
    kana = _TOPIC.sub(r"\1わ", kana).replace("を", "お")
    if touches and kana[0] in "はへ":
        kana = {"は": "わ", "へ": "え"}[kana[0]] + kana[1:]
    if len(kana) > 2 and kana[-1] in "はへ":
        kana = kana[:-1] + {"は": "わ", "へ": "え"}[kana[-1]]
    return kana


_LONG_VOWEL = re.compile(
    "(?<=[オコソトノホモヨロゴゾドボポョォウクスツヌフムユルグズブプュゥ])ウ|(?<=[エケセテネヘメレゲゼデベペェ])イ"
)


def _lengthened(spoken: str) -> str:
    """Spell long vowels as they sound: トウキョウ is トーキョー, センセイ センセー."""
    return _LONG_VOWEL.sub("ー", spoken)
