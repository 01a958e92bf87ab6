"""Text cut, while it still arrives, where both sides can be read without the other.

A figure is read by what stands around it (`3 kg`, `July 4`, `2024年`), and text may arrive in
single characters. So text is held back until the words around a cut are there and are plain
words. Where a text is cut depends on the text alone, not on the pieces it came in.
"""

import re

from myna.core.speech import Pause, TextPiece
from myna.text.scripts import HAN, KANA

LONGEST = 300  # characters held back at most
_LEFT_WORDS = 2
_LEFT_CHARACTERS = 4  # in scripts without blanks
_RIGHT_CHARACTERS = 2
_SHORTEST = 4  # characters of a stretch cut between two of a script without blanks
_REMEMBERED = 64  # characters before the last cut that the next may depend on

_PLAIN_WORD = re.compile(r"[\"'“‘(]*[^\W\d_]+(?:['’-][^\W\d_]+)*[,;:!?…，。！？；：、\"'”’)]*")
_UNSPACED = re.compile(f"[{KANA}{HAN}]")
_UNSPACED_OR_MARK = re.compile(f"[{KANA}{HAN}，。！？；：、“”「」『』]+")
_FIGURE = re.compile(r"[\d$€£¥₩#@&+*/=<>%~^|\\]")  # no plain word begins with one
_CLAUSE_END = re.compile("[，。！？；：、]")
_CLOSING = "”’」』"


class ArrivingText:
    """Cuts one text that is pushed in piece by piece. Joined, the cuts are the text."""

    def __init__(self) -> None:
        self._text = ""
        self._start = 0  # of what has not been handed over
        self._looked = 0  # where it was last tried to cut

    def feed(self, piece: TextPiece) -> list[str]:
        """Take the next piece and return the stretches that may be read by now."""
        if isinstance(piece, Pause):
            return self.finish()
        self._text += piece
        cuts = []
        while (end := self._next_cut()) is not None:
            cuts.append(self._taken(end))
        return cuts

    def finish(self) -> list[str]:
        """Return what is left."""
        return [self._taken(len(self._text))] if self._start < len(self._text) else []

    def _taken(self, end: int) -> str:
        taken = self._text[self._start : end]
        forgotten = max(0, end - _REMEMBERED)
        self._text, self._start = self._text[forgotten:], end - forgotten
        self._looked = self._start
        return taken

    def _next_cut(self) -> int | None:
        """Return the first place to cut; None where that depends on what is still to come."""
        text, bound = self._text, self._start + LONGEST
        for place in range(max(self._looked, self._start + 1), len(text)):
            if place >= bound:
                blank = text.rfind(" ", self._start + 1, bound)
                return blank if blank > 0 else bound
            may_cut = self._may_cut(place)
            if may_cut:
                return place
            if may_cut is None:
                self._looked = place
                return None
        self._looked = max(self._looked, len(text))
        return None

    def _may_cut(self, place: int) -> bool | None:
        """Whether to cut before a character; None where it is too early to say."""
        text = self._text
        if text[place].isspace():
            if text[place - 1].isspace():
                return False
            return _is_plain_behind(text, place) and _are_plain_before(text, place)
        if not _UNSPACED.match(text[place]):
            return False
        return self._may_cut_unspaced(place)

    def _may_cut_unspaced(self, place: int) -> bool | None:
        text = self._text
        before = text[max(0, place - _LEFT_CHARACTERS) : place]
        if not _UNSPACED_OR_MARK.fullmatch(before):
            return False
        after = text[place : place + _RIGHT_CHARACTERS]
        if len(after) < _RIGHT_CHARACTERS:
            return None
        if not _UNSPACED_OR_MARK.fullmatch(after):
            return False
        ends_clause = _CLAUSE_END.match(text[place - 1]) or text[place - 1] in _CLOSING
        return bool(ends_clause) or place - self._start >= _SHORTEST


def _are_plain_before(text: str, place: int) -> bool:
    words = text[:place].split()[-_LEFT_WORDS:]
    return bool(words) and all(_PLAIN_WORD.fullmatch(word) for word in words)


def _is_plain_behind(text: str, place: int) -> bool | None:
    """Whether the word behind a blank is plain; None where it has not begun, or not ended."""
    behind = text[place : place + LONGEST]
    word = re.match(r"\s+(\S+)(\s?)", behind)
    if word is None:
        return None
    if _FIGURE.match(word[1]):
        return False
    if not word[2] and len(behind) < LONGEST:
        return None
    return _PLAIN_WORD.fullmatch(word[1]) is not None
