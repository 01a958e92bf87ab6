"""Engines that only tests of the server need."""

import threading
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


class GatedEngine(ToneEngine):
    """Makes one chunk, then waits to be let on; tells when it runs and when it was closed."""

    def __init__(self, chunks: int = 1000) -> None:
        super().__init__("gated")
        self._chunks = chunks
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.closed = threading.Semaphore(0)
        self._running: list[Generator[Chunk]] = []  # kept alive: only close() may end them

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        self._running.append(chunks := self._speak())
        return chunks

    def _speak(self) -> Generator[Chunk]:
        try:
            for _ in range(self._chunks):
                self.begun.set()
                self.gate.wait(5)
                yield Chunk(tone(0.5))
        finally:
            self.closed.release()
