"""Text that is still arriving, as tokens, asked for when there is nothing else to do."""

from collections.abc import Iterator, Sequence

from myna.core.engine import ArrivingUtterance
from myna.core.languages import AUTO
from myna.core.speech import TextPiece
from myna.engines.cosyvoice.arriving_text import ArrivingText
from myna.engines.cosyvoice.spoken_text import TextReader, ended
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
        self._wordless = ""  # what came before the first word
        self._spoken = ""  # the last of it
        self.language = hint if utterance.language == AUTO else utterance.language
        """The language of what was last said."""
        self.ended = False
        """Whether nothing more comes."""
        self.said = 0
        """How many tokens were given."""

    def more(self) -> Sequence[int] | None:
        """Return the tokens of more text; none where nothing has arrived yet; None at the end."""
        while not self.ended:
            piece = next(self._pieces, None)
            if piece == "":
                return ()
            if piece is None:
                self.ended = True
                stretches = self._text.finish()
            else:
                stretches = self._text.feed(piece)
            tokens = [token for stretch in stretches for token in self._read(stretch)]
            if self.ended:
                tokens += self._stop()
            if tokens:
                self.said += len(tokens)
                return tokens
        return None

    def _read(self, stretch: str) -> list[int]:
        if not self._spoken:
            stretch = (self._wordless + stretch).lstrip()
            self._wordless = "" if speakable(stretch) else stretch
            if self._wordless or not stretch:
                return []
        if self._asked == AUTO and speakable(stretch):
            self.language = detect(stretch, self.language)
        spoken = self._reader.spoken(stretch, self.language)
        self._spoken = (self._spoken + spoken)[-_REMEMBERED:]
        return [int(token) for token in self._reader.tokens(spoken)]

    def _stop(self) -> list[int]:
        """Return the tokens of the mark that ends the text, where it lacks one."""
        if not self._spoken.strip():
            return []
        stop = ended(self._spoken, self.language)[len(self._spoken.rstrip()) :].strip()
        return [int(token) for token in self._reader.tokens(stop)]


_REMEMBERED = 16  # characters: enough to see an end mark behind brackets and quotes
