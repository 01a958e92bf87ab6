"""Text that is still arriving, as tokens, asked for when there is nothing else to do."""

import re
from collections import deque
from collections.abc import Iterator, Sequence

from myna.core.engine import ArrivingUtterance
from myna.core.languages import AUTO
from myna.core.speech import TextPiece
from myna.engines.cosyvoice.text.arriving_text import ArrivingText
from myna.engines.cosyvoice.text.spoken_text import TextReader, ended
from myna.text.languages import detect
from myna.text.sentences import speakable


class TextSource:
    """One text. `more` blocks as long as whoever writes it does."""

    def __init__(self, utterance: ArrivingUtterance, reader: TextReader, hint: str) -> None:
        """`hint` is the language to assume where the text does not say."""
        self._pieces: Iterator[TextPiece] = iter(utterance.pieces)
        self._asked = utterance.language
        self._reader = reader
        self._text = ArrivingText()
        self._parts: deque[str] = deque()  # read, and not yet given
        self._wordless = ""  # what came before the first word
        self._has_begun = False
        self._has_arrived = False
        self._spoken = ""  # the last of what was given
        self.language = hint if utterance.language == AUTO else utterance.language
        """The language of what was last said."""
        self.ended = False
        """Whether nothing more comes."""
        self.said = 0
        """How many tokens were given."""
        self.failure: Exception | None = None
        """What whoever writes raised in place of more."""

    def more(self) -> Sequence[int] | None:
        """Return the tokens of more text; none where nothing has arrived yet; None at the end.

        They end with a sentence, where there is one, or after some words.
        """
        while not self.ended:
            tokens = self._next()
            if tokens is None:
                return ()
            if tokens:
                self.said += len(tokens)
                return tokens
        return None

    @property
    def is_between_sentences(self) -> bool:
        """Whether what was said last ends with the mark of a sentence's end."""
        return bool(self._spoken.strip()) and not self._stop()

    def _next(self) -> list[int] | None:
        """Return tokens, perhaps none; None where nothing has arrived yet."""
        if not self._parts:
            piece = self._piece()
            if piece == "":
                return None
            self._has_arrived = piece is None
            for stretch in self._text.finish() if piece is None else self._text.feed(piece):
                self._parts.extend(self._read(stretch))
        tokens: list[int] = []
        while self._parts and len(tokens) < _AT_ONCE:
            tokens += self._given(self._parts.popleft())
            if self.is_between_sentences:
                break
        if self._has_arrived and not self._parts:
            self.ended = True
            tokens += self._stop()
        return tokens

    def _piece(self) -> TextPiece | None:
        try:
            return next(self._pieces, None)
        except Exception as error:
            self.failure = error
            raise

    def _read(self, stretch: str) -> list[str]:
        """Return a stretch as it is spoken, sentence by sentence."""
        if not self._has_begun:
            stretch = (self._wordless + stretch).lstrip()
            self._wordless = "" if speakable(stretch) else stretch
            if self._wordless or not stretch:
                return []
            self._has_begun = True
        if self._asked == AUTO and speakable(stretch):
            self.language = detect(stretch, self.language)
        return [
            part for part in _SENTENCES.split(self._reader.spoken(stretch, self.language)) if part
        ]

    def _given(self, part: str) -> list[int]:
        self._spoken = (self._spoken + part)[-_REMEMBERED:]
        return [int(token) for token in self._reader.tokens(part)]

    def _stop(self) -> list[int]:
        """Return the tokens of the mark that ends the text, where it lacks one."""
        if not self._spoken.strip():
            return []
        stop = ended(self._spoken, self.language)[len(self._spoken.rstrip()) :].strip()
        return [int(token) for token in self._reader.tokens(stop)]


_SENTENCES = re.compile(r"(?<=[.!?…])(?=\s)|(?<=[。！？])")
_AT_ONCE = 32  # tokens
_REMEMBERED = 16  # characters: enough to see an end mark behind brackets and quotes
