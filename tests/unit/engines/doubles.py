"""Engines for tests: real implementations of the protocol, with a fault or a clock built in."""

import threading
import time
from collections.abc import Generator
from dataclasses import replace

import numpy as np

from myna.core.audio import Audio
from myna.core.engine import ArrivingUtterance, Capabilities
from myna.core.errors import EngineError, SynthesisFailed
from myna.core.infill import Gap, Infilled
from myna.core.languages import LANGUAGES as ALL_LANGUAGES
from myna.core.speech import Chunk, Utterance
from myna.core.timing import TimedText
from myna.core.voice import Voice
from myna.dsp.resample import resample
from myna.text.reading import read
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


class HeedfulEngine(ToneEngine):
    """Remembers what it was asked to say, and how; brings speakers along."""

    def __init__(self, *speakers: str) -> None:
        super().__init__("heedful")
        self.capabilities = replace(self.capabilities, speakers=frozenset(speakers))
        self.heard: list[Utterance] = []
        self.voices: list[Voice] = []

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        self.heard.append(utterance)
        self.voices.append(voice)
        return super().speak(utterance, voice)


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


class BabbleEngine:
    """Says each word as a short buzz, and tells when: every language, quick to run."""

    name = "babble"
    fingerprint = "babble"
    capabilities = Capabilities(frozenset(ALL_LANGUAGES), 16000, times_words=True)

    def __init__(self) -> None:
        self.said: list[str] = []

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        self.said.append(utterance.text)
        gap = Audio.silence(0.03, 16000)
        at = gap.duration
        yield Chunk(gap, engine=self.name)
        for token in read(utterance.text, utterance.language):
            buzz = _buzz(token.spoken)
            word = TimedText(token.written, at, at + buzz.duration)
            yield Chunk(Audio.join([buzz, gap]), (word,), self.name)
            at += buzz.duration + gap.duration


def _buzz(word: str) -> Audio:
    """Make a word of harmonics whose colour depends on its letters."""
    sample_rate = 16000
    time = np.arange(round((0.1 + 0.02 * min(8, len(word))) * sample_rate)) / sample_rate
    weights = np.random.default_rng([ord(letter) for letter in word]).random(12)
    phases = 2 * np.pi * 125 * np.outer(np.arange(1, 13), time)
    sound = weights @ np.sin(phases) * np.sin(np.pi * time / time[-1]) ** 0.5
    return Audio((0.05 * sound).astype(np.float32), sample_rate)


class FillingEngine(BabbleEngine):
    """Fills gaps with a buzz as long as the new words, between both sides as they are."""

    name = "filling"

    def __init__(self, failure: EngineError | None = None) -> None:
        super().__init__()
        self.failure = failure
        self.gaps: list[Gap] = []

    def infills(self, language: str) -> bool:
        return language in self.capabilities.languages

    def infill(self, gap: Gap, voice: Voice) -> Infilled:
        self.gaps.append(gap)
        if self.failure is not None:
            raise self.failure
        parts = [resample(side, 16000) for side in (gap.before, gap.after)]
        new = _buzz(gap.new_text)
        first = len(parts[0].samples)
        audio = Audio.join([parts[0], new, parts[1]])
        misfit = 0.1 * ((gap.options.seed or 0) % 5)
        return Infilled(audio, first, first + len(new.samples), misfit, self.name)


class ArrivingEngine(ToneEngine):
    """Says each piece of an arriving text as a tone; may fail at the end of it, or earlier."""

    def __init__(self, *, fails: bool = False, after: int | None = None) -> None:
        super().__init__("writer")
        self.capabilities = Capabilities(LANGUAGES, 16000, streams_text=True)
        self._fails = fails
        self._after = after
        self.text = ""

    def speak_arriving(self, utterance: ArrivingUtterance, voice: Voice) -> Generator[Chunk]:
        heard = 0
        for piece in utterance.pieces:
            if heard == self._after:
                raise SynthesisFailed("broken on purpose")
            self.text += piece if isinstance(piece, str) else ""
            silent = not piece or (self._fails and self._after is None)
            heard += not silent
            yield Chunk(tone(0.0 if silent else 0.05))
        if self._fails:
            raise SynthesisFailed("broken on purpose")
