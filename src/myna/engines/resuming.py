"""Say the rest of a sentence that broke off."""

import logging
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace

from myna.core.audio import Audio
from myna.core.engine import ArrivingUtterance, Capabilities, Engine, converting, redrawn, streaming
from myna.core.errors import EngineError, Unsupported
from myna.core.infill import Gap, Infilled, infilled, infilling
from myna.core.speech import Chunk, Options, Utterance
from myna.core.timing import TimedText, shifted
from myna.core.voice import Voice
from myna.dsp.resample import Resampler

logger = logging.getLogger(__name__)

PAUSE = 0.3  # seconds of silence where a sentence broke off
MOST = 3  # times one sentence is taken up again


class ResumingEngine:
    """Takes a sentence up again where an engine failed in the middle of it: no word is lost.

    Where the engine had told which words were heard, only the rest is said, from the word that
    broke off; otherwise the sentence is said again from its beginning, for a word heard twice is
    better than one never heard. The engine inside decides who goes on; a sentence that failed
    before its first chunk, or makes no progress, fails.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = engine.name

    @property
    def fingerprint(self) -> str:
        """That of the engine inside."""
        return self._engine.fingerprint

    @property
    def capabilities(self) -> Capabilities:
        """Those of the engine inside."""
        return self._engine.capabilities

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield the sentence, and after a break what is left of it."""
        sentence = _Sentence(utterance.text)
        for attempt in range(MOST + 1):
            rest = replace(utterance, text=sentence.rest)
            before = sentence.samples
            try:
                with closing(self._engine.speak(rest, voice)) as chunks:
                    yield from sentence.placed(chunks)
                return
            except EngineError as error:
                if sentence.samples == before or attempt == MOST:
                    raise
                logger.warning("a sentence broke off and is taken up again: %s", error)
            if not sentence.is_said:
                yield sentence.pause()
                continue
            return

    @property
    def redrawn(self) -> int:
        """How many sentences the engine drew again."""
        return redrawn(self._engine)

    def speak_arriving(self, utterance: ArrivingUtterance, voice: Voice) -> Generator[Chunk]:
        """Hand on what the engine says: one breath is not taken up again."""
        engine = streaming(self._engine)
        if engine is None:
            raise Unsupported(f"Engine {self.name!r} takes text sentence by sentence.")
        return engine.speak_arriving(utterance, voice)

    def convert(self, source: Audio, voice: Voice, options: Options) -> Generator[Chunk]:
        """Hand on what the engine makes of a recording."""
        return converting(self._engine).convert(source, voice, options)

    def infills(self, language: str) -> bool:
        """Whether the engine fills gaps in this language."""
        return infilling(self._engine, language) is not None

    def infill(self, gap: Gap, voice: Voice) -> Infilled:
        """Have the engine fill a gap."""
        return infilled(self._engine, gap, voice)


class _Sentence:
    """What has been heard of a sentence."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._said = 0  # characters that need not be said again
        self._last = Chunk(Audio.silence(0.0, 1))
        self._sample_rate = 0  # Hz, of the first chunk: all chunks of a sentence share one
        self.samples = 0

    @property
    def rest(self) -> str:
        """What is left to be said."""
        return self._text[self._said :].lstrip()

    @property
    def is_said(self) -> bool:
        """Whether nothing is left but marks."""
        return not any(character.isalnum() for character in self.rest)

    def placed(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Yield chunks at the rate of the first one, their words timed from the beginning."""
        began = self.samples / self._sample_rate if self._sample_rate else 0.0
        resampler: Resampler | None = None
        for number, chunk in enumerate(chunks):
            self._sample_rate = self._sample_rate or chunk.audio.sample_rate
            if number == 0 and chunk.audio.sample_rate != self._sample_rate:
                resampler = Resampler(chunk.audio.sample_rate, self._sample_rate)
            audio = resampler.process(chunk.audio) if resampler else chunk.audio
            self._pass(chunk.words)
            yield self._counted(replace(chunk, audio=audio, words=shifted(chunk.words, began)))
        if resampler:
            yield self._counted(replace(self._last, audio=resampler.finish(), words=()))

    def pause(self) -> Chunk:
        """Return the silence after a break."""
        silence = Audio.silence(PAUSE, self._sample_rate)
        return self._counted(replace(self._last, audio=silence, words=()))

    def _pass(self, words: Iterable[TimedText]) -> None:
        for word in words:
            at = self._text.find(word.text, self._said)
            if at >= 0:
                self._said = at + len(word.text)

    def _counted(self, chunk: Chunk) -> Chunk:
        self._last = chunk
        self.samples += len(chunk.audio.samples)
        return chunk
