"""Engines that only tests of the server need."""

from collections.abc import Generator

from myna.core.speech import Chunk, Utterance
from myna.core.timing import TimedText
from myna.core.voice import Voice
from tests.conftest import tone
from tests.unit.engines.doubles import ToneEngine


class TimedEngine(ToneEngine):
    """Says each character as a tone and knows when each word was said."""

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        at = 0.0
        for word in utterance.text.split():
            seconds = 0.05 * len(word)
            yield Chunk(
                tone(seconds, 110.0 * len(word)), (TimedText(word, at, at + seconds),), self.name
            )
            at += seconds
