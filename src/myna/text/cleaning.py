"""Text as it arrives from the world, made fit to be read."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from myna.text.scripts import MARK_CATEGORIES


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Clean text that knows where it came from."""

    text: str
    starts: tuple[int, ...] | None
    """For each character the offset in the original where it begins. None: nothing changed."""
    ends: tuple[int, ...] | None
    """For each character the offset in the original behind its last source character."""

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original that became `text[start:end]`, which is not empty."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def clean(text: str) -> Cleaned:
    """Take out what cannot be read aloud, and put the rest into Unicode's composed form (NFC).

    Control, private, unassigned and invisible characters and lone surrogates go; emoji become a
    blank, blanks of all kinds a space, line ends of all kinds a newline. Full-width, half-width
    and mathematical letters, digits and signs become ordinary ones; Chinese and Japanese
    punctuation and curly quotes stay. Cleaning twice changes nothing more.
    """
    if _PLAIN.fullmatch(text) and unicodedata.is_normalized("NFC", text):
        return Cleaned(text, None, None)
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for cluster, start, end in _clusters(text):
        composed = unicodedata.normalize("NFC", cluster)
        characters.append(composed)
        starts.extend([start] * len(composed))
        ends.extend([end] * len(composed))
    return Cleaned("".join(characters), tuple(starts), tuple(ends))


_PLAIN = re.compile(
    "[\n -~\u00a1-\u00ac\u00ae-\u034e\u0350-\u036f\u0370-\u05ff\u2010-\u2027\u2030-\u205e"
    "\u20a0-\u20c0\u2100-\u22ff\u2460-\u24ff\u2500-\u25ff\u3001-\u302f\u3041-\u3096\u309b-\u30ff"
    "\u3105-\u312f\u3131-\u3163\u3200-\u321e\u3220-\u3296\u3298\u329a-\u9fff\uac00-\ud7a3"
    "\uff01\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b\uff5d-\uff60]*"
)
"""Text with nothing to clean but, perhaps, uncomposed letters."""
_LINE_END = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_EMOJI = re.compile(
    "[\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u20e3\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_WIDTH_VARIANT = re.compile(
    "[\u2f00-\u2fd5\ufb00-\ufb06\uff02-\uff07\uff0a\uff0b\uff0d\uff0f-\uff19\uff1c-\uff1e\uff20-\uff3a\uff3c\uff3e-\uff5a\uff5c\uff61-\uff9f\uffe0-\uffee\U0001d400-\U0001d7ff]"
)
_BLANK_CATEGORY = "Zs"
_UNREADABLE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn"}


def _clusters(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield what may compose into one character, cleaned, with its span in `text`."""
    cluster, start, end = "", 0, 0
    for offset, character in enumerate(text):
        kept = _kept(character)
        if not kept:
            continue
        if cluster and not _joins(cluster[-1], kept):
            yield cluster, start, end
            cluster = ""
        if not cluster:
            start = offset
        cluster += kept
        end = offset + 1
    if cluster:
        yield cluster, start, end


def _kept(character: str) -> str:
    """Return what stays of a character: itself, its plain form, a blank or nothing."""
    if _LINE_END.match(character):
        return "\n"
    category = unicodedata.category(character)
    if category == _BLANK_CATEGORY or character in "\t\x1f" or _EMOJI.match(character):
        return " "
    if category in _UNREADABLE_CATEGORIES or _INVISIBLE.match(character):
        return ""
    if _WIDTH_VARIANT.match(character):
        return unicodedata.normalize("NFKC", character)
    return character


def _joins(before: str, character: str) -> bool:
    """Whether a character can compose with the one before it: a mark, or a later jamo."""
    if "\u1160" <= character <= "\u11ff":
        return "\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"
    return unicodedata.category(character[0]) in MARK_CATEGORIES
