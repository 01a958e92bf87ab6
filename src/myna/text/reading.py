"""What a text's words are, and how each is said."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby

from myna.core.errors import Unsupported
from myna.core.languages import LANGUAGES
from myna.text.cleaning import Cleaned, clean
from myna.text.espeak_spelling import respelt
from myna.text.languages import Run, runs
from myna.text.normalization.korean.words import HANJA
from myna.text.words import Word, words


@dataclass(frozen=True, slots=True)
class Token:
    """A written word, where it stands, and how it is said."""

    written: str
    """The word exactly as in the text, without the punctuation around it."""
    start: int
    """Offset of its first character in the text."""
    end: int
    """Offset behind its last character."""
    spoken: str
    """How it is read: letters and blanks only, no digits or signs (`read` says which letters).
    Nothing where the script is not one of Myna's languages."""
    language: str
    """The language it is read in, one of `LANGUAGES`."""
    mark: str
    """The pause behind it: one of , . ? ! ; : … or nothing."""


def read(text: str, language: str) -> tuple[Token, ...]:
    """Return the words of `text` in order, spelt so that espeak-ng says them right.

    `language` is the one to assume where the script does not decide. `spoken` is, by the token's
    language:

    - en: English words; single capitals are letters.
    - ko: Hangul as it sounds (독립: 동닙), a final ㄷ spelt ㅅ.
    - ja: katakana as it sounds (は, the particle: ワ; 東京: トーキョー). No kanji.
    - zh: one token for each hanzi, to be joined without blanks up to the next mark, so that the
      voice sees whole words. Where it would still misread one, pinyin with a tone digit, which
      the voice `cmn` reads in place (地: di4).
    - yue: hanzi, likewise.

    Raises `Unsupported` for a language not in `LANGUAGES`, and `PackageMissing` for Japanese
    kanji without the extra `ja`.
    """
    said: list[Token] = []
    for own, group in groupby(normalized(text, language), key=lambda token: token.language):
        tokens = list(group)
        spellings = respelt([(token.spoken, token.mark) for token in tokens], own)
        said += [
            replace(token, spoken=spelling)
            for token, spelling in zip(tokens, spellings, strict=True)
        ]
    return tuple(said)


def normalized(text: str, language: str) -> tuple[Token, ...]:
    """Return the words of `text` in ordinary spelling, figures and signs put into words.

    Like `read`, but Korean is spelt as it is written, and Chinese all in hanzi.
    """
    if language not in LANGUAGES:
        raise Unsupported(
            f"Cannot read the language {language!r}: give one of {', '.join(LANGUAGES)}."
        )
    cleaned = clean(text)
    found = [
        (replace(word, start=word.start + run.start, end=word.end + run.start), run.language)
        for run in _readable_runs(cleaned.text, language)
        for word in words(run.text, run.language)
    ]
    return tuple(_tokens(text, cleaned, found))


def _tokens(text: str, cleaned: Cleaned, found: Sequence[tuple[Word, str]]) -> Iterator[Token]:
    following = [*(word.start for word, _ in found), len(cleaned.text)][1:]
    for (word, language), next_start in zip(found, following, strict=True):
        start, end = cleaned.original(word.start, word.end)
        mark = _mark(cleaned.text[word.end : next_start])
        yield Token(text[start:end], start, end, word.spoken, language, mark)


_STRONGEST_FIRST = (
    ("?", re.compile("[?？⁇]")),
    ("!", re.compile("[!！‼]")),
    ("…", re.compile(r"…|‥|\.{2,}|。{2,}")),
    (".", re.compile(r"[.。．｡\n]")),
    (";", re.compile("[;；]")),
    (":", re.compile("[:：]")),
    (",", re.compile(r"[,，、،—()（）\[\]【】《》〈〉]|--|\s[-–]\s")),
)


def _mark(between: str) -> str:
    """Return the strongest pause in what stands between two words."""
    if between in ("", " "):
        return ""
    return next((mark for mark, pattern in _STRONGEST_FIRST if pattern.search(between)), "")


def _readable_runs(text: str, language: str) -> Iterator[Run]:
    """Yield the runs of `text`, with what is spelt out in Korean or Japanese as part of those."""
    found = runs(text, language)
    if language in ("ko", "ja") and any(run.language == language for run in found):
        pattern = _spelt_out(language)
        found = [
            replace(run, language=language) if pattern.fullmatch(run.text) else run for run in found
        ]
    for own, group in groupby(found, key=lambda run: run.language):
        members = list(group)
        joined = "".join(run.text for run in members)
        for piece in _PIECE.finditer(joined):
            yield Run(piece.group(), own, members[0].start + piece.start())


_LONGEST_PIECE = 400  # characters read together: more than any sentence
_PIECE = re.compile(
    rf".{{1,{_LONGEST_PIECE}}}(?:\Z|\s|(?<=[，。、！？,.!?]))|.{{1,{_LONGEST_PIECE}}}", re.DOTALL
)


_ACRONYM = (
    r"(?!(?:NO|YES|NEW|TOP|HOT|ON|OFF|GO|THE|MY|IN|TO|VS)\b)"
    r"(?:[A-Z]{1,3}|[B-DF-HJ-NP-TV-Z]{4,5}|OECD|UEFA|UCLA|ASMR|EBITDA)"
)
_CODE = rf"(?:{_ACRONYM}(?:-?\d+)?|\d+-?[A-Z]{{1,2}})"
_ACRONYMS = rf"(?:{_CODE}(?:[-&/·.,\s]+|$|(?=$)))+"


@cache
def _spelt_out(language: str) -> re.Pattern[str]:
    """Match acronyms, which Korean and Japanese spell with their own names of the letters.

    In Korean, the Chinese characters of headlines too.
    """
    hanja = f"|[{''.join(HANJA)}]{{1,2}}" if language == "ko" else ""
    return re.compile(rf"[\s\W]*(?:{_ACRONYMS}{hanja})[\s\W]*")
