"""Which language each part of a mixed text is in, as GPT-SoVITS tells them apart.

GPT-SoVITS asks a word cutter and a statistical identifier; we decide by script and by characters
only one language uses. The labels can differ where Han characters without kana stand beside
Japanese (最近、僕は: Japanese here, sometimes Chinese there), and for words of other languages in
Latin letters (English here, dropped there).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from myna.text.languages import CHINESE_ONLY, JAPANESE_ONLY
from myna.text.scripts import HAN, HANGUL, KANA, LATIN

_DIGITS = "digit"
_UNKNOWN = "x"
_DEGREES = r"°\s?[CF]"  # not English
_CJK = f"{HAN}{KANA}\u30a0\u30fb"  # the last is the dot between words of katakana
_SECTION = re.compile(
    rf"(?P<cjk>[{_CJK}][{_CJK}\s]*)|(?P<ko>[{HANGUL}][{HANGUL}\s]*)|(?P<digit>\d[\d\s]*)"
    rf"|(?P<en>[{LATIN}](?:[{LATIN}\s\u0300-\u036f]|(?<=\S)')*)"
    rf"|(?P<mark>(?!{_DEGREES})[\W_]\s*)|(?P<x>(?:{_DEGREES}|\w)\s*)"
)
_ENGLISH = re.compile(
    r"(?=.*[A-Za-z])[A-Za-z0-9\s\u0020-\u007E\u2000-\u206F\u3000-\u303F\uFF00-\uFFEF]+$"
)
_KANA_STRETCH = re.compile(
    "[\u3041-\u3096\u3099\u309a\u30a1-\u30fa\u30fc]+"
    "(?:[0-9、-〜。！？.!?… ]+[\u3041-\u3096\u3099\u309a\u30a1-\u30fa\u30fc]*)*"
)
_KANA_LETTER = re.compile(f"[{KANA}]")
_LETTER = re.compile(f"[{HAN}{KANA}]")
_CHINESE_WORD = re.compile("[的了吗呢吧啊是在不也都没把被让他我]")
_PAUSES = ",.!?，。！？"
_FULL_STOPS = "。."
_BREAKS = _PAUSES + '、…；;「」『』“”"（）()'
_CLAUSE = re.compile(f"[{_BREAKS}]*[^{_BREAKS}]+[{_BREAKS}]*")
_SHORT_CLAUSE = 4  # characters; one without kana between Japanese ones is Japanese too


@dataclass(frozen=True, slots=True)
class LanguageRun:
    """A stretch of text in one language."""

    language: str
    text: str


def segment(text: str, default: str = "") -> list[LanguageRun]:
    """Cut `text` where its language changes: "zh", "ja", "ko" or "en".

    With a default, all that is not English is in it.
    """
    text = text.strip()
    labelled = list(_sections(text))
    if default:
        return _merged(
            LanguageRun("en" if _is_english(run) else default, run.text) for run in labelled
        )
    clauses = _Clauses.of(text)
    found = [piece for run in labelled for piece in _by_script(run, clauses)]
    return _resolved(_with_figures(_merged(found)))


def _sections(text: str) -> Iterator[LanguageRun]:
    """Yield stretches of one script, each with the marks behind it."""
    opening = ""
    waiting: LanguageRun | None = None
    for match in _SECTION.finditer(text):
        kind = match.lastgroup or _UNKNOWN
        if kind == "mark" and waiting is None:
            opening += match[0]
        elif waiting is not None and kind in ("mark", waiting.language):
            waiting = LanguageRun(waiting.language, waiting.text + match[0])
        else:
            if waiting is not None:
                yield waiting
            waiting = LanguageRun(kind, opening + match[0])
            opening = ""
    if waiting is not None:
        yield waiting
    elif opening:
        yield LanguageRun(_UNKNOWN, opening)


def _is_english(run: LanguageRun) -> bool:
    return run.language != _DIGITS and _ENGLISH.match(run.text) is not None


def _by_script(run: LanguageRun, clauses: "_Clauses") -> list[LanguageRun]:
    """Tell the languages of a run; runs are asked about in their order."""
    parts = clauses.of_next(run.text)
    if _is_english(run):
        return [LanguageRun("en", run.text)]
    if run.language != "cjk":
        return [run]
    return [
        piece for part in parts for found in _without_hanzi(part) for piece in _without_kana(found)
    ]


@dataclass(slots=True)
class _Clauses:
    """Chinese or Japanese, clause by clause: figures and words in Latin letters do not end one."""

    left: list[LanguageRun]
    """The clauses that were not asked about, in their order."""

    @classmethod
    def of(cls, text: str) -> "_Clauses":
        clauses = _CLAUSE.findall(text) or [text]
        letters = [_LETTER.findall(clause) for clause in clauses]
        languages = [_language(clause) for clause in clauses]
        known = [index for index, found in enumerate(letters) if found]
        for place, index in enumerate(known):
            around = (*known[max(0, place - 1) : place], *known[place + 1 : place + 2])
            near = {languages[neighbour] for neighbour in around}
            if languages[index] == "" and near == {"ja"} and len(letters[index]) <= _SHORT_CLAUSE:
                languages[index] = "ja"
        return cls(
            [
                LanguageRun(language or "zh", clause)
                for language, clause in zip(languages, clauses, strict=True)
            ]
        )

    def of_next(self, text: str) -> list[LanguageRun]:
        """Return the text that comes next, each part in the language of its clause."""
        parts = []
        while text:
            clause = self.left.pop(0)
            part, text = text[: len(clause.text)], text[len(clause.text) :]
            parts.append(replace(clause, text=part))
            if len(part) < len(clause.text):
                self.left.insert(0, replace(clause, text=clause.text[len(part) :]))
        return parts


def _language(clause: str) -> str:
    """Return "zh" or "ja" where something tells, else ""."""
    is_chinese = any(map(_is_chinese, clause))
    if _KANA_LETTER.search(clause):
        mixed = not is_chinese and _CHINESE_WORD.search(clause) and _is_mostly_han(clause)
        return "zh" if mixed else "ja"
    if is_chinese:
        return "zh"
    return "ja" if JAPANESE_ONLY.search(clause) else ""


@cache
def _is_chinese(character: str) -> bool:
    """Tell whether only Chinese writes a character: Japan's standard character set lacks it."""
    if not re.match(f"[{HAN}]", character):
        return False
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return True
    return CHINESE_ONLY.match(character) is not None


def _without_hanzi(run: LanguageRun) -> Iterator[LanguageRun]:
    """Cut Chinese before and behind kana (我爱ありがとう) out of what is Japanese."""
    if run.language != "ja" or not any(map(_is_chinese, run.text)):
        yield run
        return
    stretches = re.split(f"([{KANA}]+)", run.text)
    for index, stretch in enumerate(stretches):
        cut = 0
        if any(map(_is_chinese, stretch)):
            ends = (
                at for at, c in enumerate(stretch, 1) if _is_chinese(c) or _CHINESE_WORD.match(c)
            )
            cut = len(stretch) if index == len(stretches) - 1 else max(ends)
        if cut:
            yield LanguageRun("zh", stretch[:cut])
        if stretch[cut:]:
            yield LanguageRun("ja", stretch[cut:])


def _is_mostly_han(clause: str) -> bool:
    return 2 * len(_KANA_LETTER.findall(clause)) < len(_LETTER.findall(clause))


def _without_kana(run: LanguageRun) -> Iterator[LanguageRun]:
    """Cut kana out of what is not Japanese."""
    if run.language == "ja":
        yield run
        return
    bounds = [0]
    for match in _KANA_STRETCH.finditer(run.text):
        bounds += match.span()
    for index, (start, end) in enumerate(pairwise([*bounds, len(run.text)])):
        if end > start:
            yield LanguageRun("ja" if index % 2 else run.language, run.text[start:end])


def _with_figures(found: Sequence[LanguageRun]) -> list[LanguageRun]:
    """Give runs of digits the language of a neighbour."""
    known: list[LanguageRun] = []
    for index, run in enumerate(found):
        following = found[index + 1] if index + 1 < len(found) else None
        language = run.language
        if language == _DIGITS:
            language = _figure_language(run.text, known[-1] if known else None, following)
        known = _merged([*known, LanguageRun(language, run.text)])
    return known


def _figure_language(figure: str, before: LanguageRun | None, after: LanguageRun | None) -> str:
    if before is None or after is None:
        near = before or after
        return near.language if near else "zh"
    if before.language == after.language:
        return before.language
    if before.text[-1] in _PAUSES:
        return after.language
    if after.text[0] in _PAUSES or figure[-1] in _FULL_STOPS:
        return before.language
    return before.language if len(before.text) >= len(after.text) else after.language


def _resolved(found: Sequence[LanguageRun]) -> list[LanguageRun]:
    """Give what is in no language we know that of the run before, else behind, else Chinese."""
    known: list[LanguageRun] = []
    for run in found:
        language = run.language
        if language == _UNKNOWN:
            following = found[1].language if len(found) > 1 else "zh"
            language = known[-1].language if known else following
        known = _merged([*known, LanguageRun(language, run.text)])
    return known


def _merged(found: Iterable[LanguageRun]) -> list[LanguageRun]:
    merged: list[LanguageRun] = []
    for run in found:
        if merged and merged[-1].language == run.language:
            merged[-1] = LanguageRun(run.language, merged[-1].text + run.text)
        else:
            merged.append(run)
    return merged
