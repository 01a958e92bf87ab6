"""Which language each part of a text is in, by the script it is written in."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from myna.text.normalization.units import LOOSE_UNITS, TIGHT_UNITS
from myna.text.scripts import CYRILLIC, HAN, HANGUL, KANA, LATIN

CANTONESE_ONLY = re.compile(
    "[嘅咗啲冇喺唔嚟佢哋嗰㗎喎咩嘢咁攞噉睇嘥啱搵瞓曱甴乜嗌嚿]|(?<![關体體聯])係(?![數列])"
)
"""Characters of written Cantonese; 係 only where it is the verb, not in 關係."""
CHINESE_ONLY = re.compile(
    "[你您她很吗嗎哪们們这這么麼为说說时发经样让给东车书马鱼门见语谁话还进过远钱银长张开买卖级红]"
)
"""Frequent characters of Chinese that modern Japanese does not write."""
JAPANESE_ONLY = re.compile(
    "[気駅円図働込売読単広応経験険検権観歓帰県実厳覚価伝転囲駆騒渋荘峠畑辻枠]"
)
"""Frequent characters that only Japanese writes this way."""

_LATIN_WEIGHT = 0.25  # a Latin letter, beside a Hangul, kana or Han, which are a syllable or more
_HINT_SHARE = 0.4  # of the text: enough for the hinted language to be the main one


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one language."""

    text: str
    language: str
    start: int
    """Offset of its first character in the whole text."""


def runs(text: str, hint: str = "en") -> list[Run]:
    """Cut `text` where its language changes. The runs, joined, are the text.

    Scripts decide first: Hangul is Korean, kana Japanese, Latin letters English. Han is Japanese
    in a clause with kana, or anywhere in a text with kana unless the hint is Chinese, or when
    the hint is Japanese and nothing is Chinese-only; otherwise Cantonese when the hint says so
    or characters only Cantonese uses appear, else Mandarin.

    Figures (digits with signs and unit symbols) take the language of the word they touch: the
    Latin letters before (GPT4), else the word behind (2026년), else the one before; Chinese and
    Japanese texts read digits that touch Latin letters their own way. A figure that stands alone
    is read in the language on both sides, else in the hint if the text has any of that, else as
    its neighbour. Blanks, punctuation and emoji belong to the run before them, or the first run.
    A text without letters is one run in the hint.
    """
    if not text:
        return []
    atoms = _atoms(text)
    languages = _resolve(atoms, _letters(text, atoms, hint), hint)
    found = []
    labelled = zip(languages, atoms, strict=True)
    for language, group in groupby(labelled, key=lambda pair: pair[0]):
        members = [atom for _, atom in group]
        start, end = members[0].start, members[-1].end
        found.append(Run(text[start:end], language, start))
    return found


def detect(text: str, hint: str = "en") -> str:
    """Return the main language of `text`: the hint where it has a fair share or nothing decides."""
    weights: defaultdict[str, float] = defaultdict(float)
    for run in runs(text, hint):
        for match in _ATOM.finditer(run.text):
            if match.lastgroup in _LETTERS:
                weight = _LATIN_WEIGHT if match.lastgroup == "latin" else 1.0
                weights[run.language] += weight * len(match.group())
    total = sum(weights.values())
    if not total or weights[hint] >= _HINT_SHARE * total:
        return hint
    return max(weights, key=lambda language: weights[language])


@dataclass(frozen=True, slots=True)
class _Atom:
    kind: str  # a group of _ATOM, or "unit": a unit symbol behind a number
    start: int
    end: int


_LETTERS = ("hangul", "kana", "han", "latin")
_ATOM = re.compile(
    f"(?P<hangul>[{HANGUL}]+)|(?P<kana>[{KANA}]+)|(?P<han>[{HAN}]+)"
    f"|(?P<latin>[{LATIN}{CYRILLIC}](?:[{LATIN}{CYRILLIC}\u0300-\u036f'’]*"
    f"[{LATIN}{CYRILLIC}\u0300-\u036f])?)"
    r"|(?P<number>\d+)|(?P<blank>[\s、，。；：！？…「」『』（）“”《》]+)|(?P<other>[^\w\s]+|.)",
    re.DOTALL,
)
_CLAUSE_END = re.compile(r"[。！？!?\n；;「」『』“”\"（）()]+")
_KANA = re.compile(f"[{KANA}]")
_BY_SCRIPT = {"hangul": "ko", "kana": "ja", "latin": "en"}
_CHINESE = ("zh", "yue")
_LONGEST_FIGURE = 20  # characters before a unit that are looked at
_FIGURE_END = re.compile(r"\d[ \u00a0]?[°º]?$|\d(?:km|m)/$")
_SUM_OF_MONEY = re.compile(r"[$€£¥₩][\d.,]+$")
_UNITS = LOOSE_UNITS | TIGHT_UNITS
_SCALES = ("K", "M", "B", "k")
_CLOCK = ("AM", "PM", "am", "pm")


def _atoms(text: str) -> list[_Atom]:
    atoms: list[_Atom] = []
    for match in _ATOM.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "latin" and _is_unit(text, match):
            kind = "unit"
        atoms.append(_Atom(kind, match.start(), match.end()))
    return atoms


def _is_unit(text: str, match: re.Match[str]) -> bool:
    """Whether these letters are the unit of the number before them, or the $ after them."""
    if text[match.end() : match.end() + 1] in ("$", "¥"):
        return True
    word = match.group()
    before = text[max(0, match.start() - _LONGEST_FIGURE) : match.start()]
    if word in _SCALES and _SUM_OF_MONEY.search(before):
        return True
    if not _FIGURE_END.search(before):
        return word in "pP" and before.endswith("%")
    return word in _UNITS or word in _CLOCK or (before[-1] in "°º" and word in "CF") or word in "hs"


def _letters(text: str, atoms: Sequence[_Atom], hint: str) -> list[str | None]:
    """Name the language of every atom of letters."""
    clauses = _han_clauses(text, hint)
    starts = [start for start, _ in clauses]
    languages: list[str | None] = []
    for atom in atoms:
        if atom.kind == "han":
            language = clauses[bisect_right(starts, atom.start) - 1][1]
            if language == "ja" and CHINESE_ONLY.search(text, atom.start, atom.end):
                language = hint if hint in _CHINESE else "zh"
            languages.append(language)
        else:
            languages.append(_BY_SCRIPT.get(atom.kind))
    return languages


def _han_clauses(text: str, hint: str) -> list[tuple[int, str]]:
    """Return where each clause starts, and the language of Han characters in it."""
    otherwise = _han_language(text, hint)
    starts = [0, *(match.end() for match in _CLAUSE_END.finditer(text))]
    return [
        (start, "ja" if _KANA.search(text, start, end) else otherwise)
        for start, end in pairwise([*starts, len(text)])
    ]


def _han_language(text: str, hint: str) -> str:
    """Return the language of Han characters in a clause without kana."""
    if hint not in _CHINESE and (hint == "ja" or _KANA.search(text) or JAPANESE_ONLY.search(text)):
        return "ja"
    return "yue" if hint == "yue" or CANTONESE_ONLY.search(text) else "zh"


def _resolve(atoms: Sequence[_Atom], letters: Sequence[str | None], hint: str) -> list[str]:
    """Give figures, punctuation and blanks a language too."""
    resolved: list[str] = []
    asked = _Asked(hint, hint in letters)
    before: str | None = None
    for known, stretch in groupby(range(len(atoms)), key=lambda index: letters[index] is not None):
        indexes = list(stretch)
        if known:
            resolved.extend(letters[index] or hint for index in indexes)
            before = resolved[-1]
            continue
        after = letters[indexes[-1] + 1] if indexes[-1] + 1 < len(atoms) else None
        resolved.extend(_between([atoms[index].kind for index in indexes], before, after, asked))
    return resolved


@dataclass(frozen=True, slots=True)
class _Asked:
    """The hint, and whether any letters of the text are in that language."""

    language: str
    present: bool


def _between(
    kinds: Sequence[str], before: str | None, after: str | None, asked: _Asked
) -> Iterator[str]:
    """Name the language of each atom of a stretch without letters."""
    hint = asked.language
    last = before or after or hint
    alone = hint if asked.present else last
    done = 0
    for blank, piece in groupby(kinds, key=lambda kind: kind == "blank"):
        members = list(piece)
        if not blank and "number" in members:
            touches_before = before if done == 0 else None
            done += len(members)
            touches_after = after if done == len(kinds) else None
            touched = _figure(touches_before, touches_after, hint)
            last = touched or (before if before and before == after else alone)
        else:
            done += len(members)
        yield from [last] * len(members)


def _figure(before: str | None, after: str | None, hint: str) -> str | None:
    """Return the language of a figure that touches a word."""
    if after == "en" and hint in _CHINESE:
        return hint
    if before == "en" and after != "en":
        return after or hint if hint in (*_CHINESE, "ja") else "en"
    return after or before
