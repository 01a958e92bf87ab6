"""Where words stand in a text, as offsets that never cut a character in two."""

import unicodedata
from collections.abc import Iterator
from itertools import accumulate

from myna.core.errors import AmbiguousSpan, InvalidOption, SpanNotFound
from myna.text.scripts import CJK, graphemes

Span = tuple[int, int]
"""First offset, and the one behind the last, in code points."""

_SHOWN = 12  # characters around a match


def find_span(text: str, words: str) -> Span:
    """Return where `words` stand in `text`.

    However the two are composed (NFC or NFD), the offsets are those of `text` as it is. Whole
    words win over parts of words. Raises `SpanNotFound`, or `AmbiguousSpan` naming the matches.
    """
    if not words.strip():
        raise SpanNotFound("There are no words to look for. To insert, give a character offset.")
    found = list(_matches(text, words.strip()))
    whole = [span for span in found if _is_whole(text, span)]
    matches = whole or found
    if not matches:
        raise SpanNotFound(
            f"{words!r} is not in the text {text!r}. Write it exactly as it is there."
        )
    if len(matches) > 1:
        places = "; ".join(
            f"{start} to {end} in {_around(text, start)!r}" for start, end in matches
        )
        raise AmbiguousSpan(
            f"{words!r} is in the text {len(matches)} times: {places}. Give more of the words "
            "around it, or the character offsets of the one you mean."
        )
    return matches[0]


def on_graphemes(text: str, start: int, end: int) -> Span:
    """Widen a span so that it begins and ends between whole characters as a reader sees them.

    An empty span stays empty. Raises `InvalidOption` for offsets outside the text.
    """
    for name, offset in (("start", start), ("end", end)):
        if not 0 <= offset <= len(text):
            raise InvalidOption(name, offset, f"the text has {len(text)} characters")
    if start > end:
        raise InvalidOption("end", end, f"the span starts at {start}")
    borders = _borders(text)
    first = max(border for border in borders if border <= start)
    return first, first if start == end else min(border for border in borders if border >= end)


def _borders(text: str) -> list[int]:
    return [0, *accumulate(len(cluster) for cluster in graphemes(text))]


def _matches(text: str, words: str) -> Iterator[Span]:
    """Yield every match, one character of a reader after the other."""
    clusters = [unicodedata.normalize("NFC", cluster) for cluster in graphemes(text)]
    wanted = [unicodedata.normalize("NFC", cluster) for cluster in graphemes(words)]
    borders = _borders(text)
    for index in range(len(clusters) - len(wanted) + 1):
        if clusters[index : index + len(wanted)] == wanted:
            yield borders[index], borders[index + len(wanted)]


def _is_whole(text: str, span: Span) -> bool:
    """Whether no letter of the same word stands before or behind the span."""
    start, end = span
    return not (joins(text[:start], text[start:end]) or joins(text[start:end], text[end:]))


def joins(before: str, after: str) -> bool:
    """Whether two stretches of text would run into one word if nothing were put between them.

    Only words of scripts that write blanks between words do: Chinese and Japanese never join.
    """
    if not before or not after:
        return False
    return _is_spaced(before[-1]) and _is_spaced(after[0])


def _is_spaced(character: str) -> bool:
    if not character.isalnum() and unicodedata.category(character) not in ("Mn", "Mc"):
        return False
    return not CJK.match(character) or "HANGUL" in unicodedata.name(character, "")


def _around(text: str, start: int) -> str:
    before, after = max(0, start - _SHOWN), start + _SHOWN
    return f"{'…' if before else ''}{text[before:after]}{'…' if after < len(text) else ''}"
