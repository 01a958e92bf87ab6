"""Text cut into sentences, whether it is whole or still arriving."""

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate

from myna.core.speech import Pause, TextPiece
from myna.text.scripts import CJK, graphemes
from myna.text.sentence_ends import GOES_ON, MARKS, UNDECIDED, sentence_end

LONGEST = 200
"""Width of the longest sentence that is left whole: characters, of which a Han, kana or Hangul
counts `CJK_WIDTH`, so about 80 of those."""
CJK_WIDTH = 2.5
SLACK = 50
"""How much longer a sentence may be if its end is in sight."""


def sentences(text: str | Iterable[TextPiece]) -> Iterator[str]:
    """Yield the sentences of `text`, stripped, as soon as each is known to have ended.

    However a text is cut into pieces, its sentences are the same. A sentence is handed over when
    the character behind its end mark arrives; only an abbreviation, an initial, a numeral or an
    ellipsis needs to see the next word. A line end ends a sentence; `Pause.FLUSH` hands over
    what there is. Sentences over `LONGEST` are cut at a semicolon, colon or dash, else a comma,
    else before a conjunction, else at a blank, else between two characters. What has nothing to
    say (`speakable`) is left out.
    """
    pieces: Iterable[TextPiece] = _slices(text) if isinstance(text, str) else text
    splitter = SentenceSplitter()
    for piece in pieces:
        yield from splitter.feed(piece)
    yield from splitter.finish()


class SentenceSplitter:
    """Cuts text that is pushed in, for those who cannot block until the next piece comes."""

    def __init__(self) -> None:
        self._buffer = ""

    def feed(self, piece: TextPiece) -> list[str]:
        """Take the next piece and return the sentences that have ended with it."""
        text = self._buffer if isinstance(piece, Pause) else self._buffer + piece
        cuts = _cuts(text, final=isinstance(piece, Pause))
        self._buffer = text[cuts[-1] :] if cuts else text
        return list(_spoken(text, cuts))

    def finish(self) -> list[str]:
        """Return what is left; more text begins a new sentence."""
        return self.feed(Pause.FLUSH)


def speakable(text: str) -> bool:
    """Whether there is anything to say: a letter or a digit of any script."""
    return any(map(str.isalnum, text))


_SLICE = 4096  # characters of a whole text looked at together


def _slices(text: str) -> Iterator[str]:
    return (text[start : start + _SLICE] for start in range(0, len(text), _SLICE))


def _spoken(text: str, cuts: list[int]) -> Iterator[str]:
    for start, end in zip([0, *cuts], cuts, strict=False):
        sentence = text[start:end].strip()
        if speakable(sentence):
            yield sentence


def _cuts(text: str, *, final: bool) -> list[int]:
    """Return where the sentences in `text` end; `final` when nothing more arrives."""
    cuts = []
    start = 0
    while start < len(text):
        end = _next_cut(text, start, final=final)
        if end == UNDECIDED:
            break
        cuts.append(end)
        start = end
    return cuts


def _next_cut(text: str, start: int, *, final: bool) -> int:
    bound: int | None = None
    for mark in MARKS.finditer(text, start):
        if mark.start() - start > _SURELY_SHORT:
            bound = bound or _reach(text, start, LONGEST + SLACK)
            if mark.start() >= bound:
                break
        end = sentence_end(text, start, mark, final=final)
        if end != GOES_ON:
            return end
    bound = bound or _reach(text, start, LONGEST + SLACK)
    if bound < len(text):
        return _clause_cut(text, start, _reach(text, start, LONGEST))
    return len(text) if final else UNDECIDED


_SURELY_SHORT = int(LONGEST / CJK_WIDTH)  # characters: within LONGEST whatever they are


def _reach(text: str, start: int, width: int) -> int:
    """Return the offset behind as many characters from `start` as fit into `width`."""
    window = text[start : start + width]
    if not CJK.search(window):
        return start + len(window)
    widths = accumulate(CJK_WIDTH if CJK.match(character) else 1.0 for character in window)
    return start + sum(reached <= width for reached in widths)


_CLAUSE_MARKS = (
    re.compile(r"(?:[;；—–…]|[:：](?!\d)|\.{2,}|\s-(?=\s))[\"'”’」』）)]*"),
    re.compile(r"[,，、،](?!\d)[\"'”’」』）)]*"),
    re.compile(
        r"\s(?=(?:and|but|or|nor|because|which|that|who|while|when|where|so|if|though|although|"
        r"그리고|그러나|하지만|그래서|또는|및)\b)|(?<=[고며서면데만니])\s"
    ),
    re.compile(r"\s"),
)
"""Where a long sentence may be cut, best first."""
_EARLIEST = 0.3  # of the longest sentence: a cut before leaves too little


_LONGEST_GRAPHEME = 16  # characters


def _clause_cut(text: str, start: int, limit: int) -> int:
    """Return where to cut a sentence that would pass `limit`."""
    earliest = start + int(_EARLIEST * (limit - start))
    for pattern in _CLAUSE_MARKS:
        places = [place.end() for place in pattern.finditer(text, earliest, limit)]
        if places:
            return places[-1]
    around = graphemes(text[max(start, limit - _LONGEST_GRAPHEME) : limit + 1])
    return limit + 1 - len(around[-1]) if len(around) > 1 else limit
