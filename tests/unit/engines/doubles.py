"""Engines for tests: real implementations of the protocol, with a fault or a clock built in."""

import threading
import time
from collections.abc import Generator

from myna.core.engine import Capabilities
from myna.core.errors import SynthesisFailed
from myna.core.speech import Chunk, Utterance
from myna.core.voice import Voice
from tests.conftest import tone

LANGUAGES = frozenset({"ko", "en"})


class ToneEngine:
    """Says each character as a short tone of its own pitch."""

    def __init__(self, name: str = "tone", sample_rate: int = 16000) -> None:
        self.name = name
        self.fingerprint = f"{name}-{sample_rate}"
        self.capabilities = Capabilities(LANGUAGES, sample_rate)
        self.said: list[str] = []

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        self.said.append(utterance.text)
        for character in utterance.text:
            pitch = 110 * 2 ** (ord(character) % 24 / 12)
            yield Chunk(tone(0.05, pitch, self.capabilities.sample_rate))


class BrokenEngine(ToneEngine):
    """Fails after a set number of chunks."""

    def __init__(self, after: int = 0) -> None:
        super().__init__("broken")
        self._after = after

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        self.said.append(utterance.text)
        for _ in range(self._after):
            yield Chunk(tone(0.01))
        raise SynthesisFailed("broken on purpose")


class SlowEngine(ToneEngine):
    """Takes its time over many chunks, and tells when it was closed."""

    def __init__(self, seconds_per_chunk: float = 0.02, chunks: int = 200) -> None:
        super().__init__("slow")
        self._pace, self._chunks = seconds_per_chunk, chunks
        self.closed = threading.Event()
        self.made = 0
        self._running: list[Generator[Chunk]] = []  # kept alive: only close() may end them

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        self._running.append(chunks := self._speak())
        return chunks

    def _speak(self) -> Generator[Chunk]:
        try:
            for _ in range(self._chunks):
                time.sleep(self._pace)
                self.made += 1
                yield Chunk(tone(0.1))
        finally:
            self.closed.set()
