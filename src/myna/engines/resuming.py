"""Say the rest of a sentence that broke off."""

import logging
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace

from myna.core.audio import Audio
from myna.core.errors import EngineError
from myna.core.speech import Chunk, Utterance
from myna.core.voice import Voice
from myna.engines.time_line import TimeLine
from myna.engines.wrapping import WrappingEngine
from myna.text.sentences import speakable

logger = logging.getLogger(__name__)

PAUSE = 0.3  # seconds of silence where a sentence broke off
MOST = 3  # times one sentence is taken up again


class ResumingEngine(WrappingEngine):
    """Takes a sentence up again where an engine failed in the middle of it: no word is lost.

    Where the engine had told which words were heard, only the rest is said, from the word that
    broke off; otherwise the sentence is said again from its beginning, for a word heard twice is
    better than one never heard. The engine inside decides who goes on; a sentence that failed
    before its first chunk, or makes no progress, fails. A text that still arrives is one breath,
    which is not taken up again.
    """

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
            if sentence.is_said:
                return
            yield sentence.pause()


class _Sentence:
    """What has been heard of a sentence."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._said = 0  # characters that need not be said again
        self._last = Chunk(Audio.silence(0.0, 1))
        self._heard = TimeLine()

    @property
    def samples(self) -> int:
        """How much was heard."""
        return self._heard.samples

    @property
    def rest(self) -> str:
        """What is left to be said."""
        return self._text[self._said :].lstrip()

    @property
    def is_said(self) -> bool:
        """Whether nothing is left but marks."""
        return not speakable(self.rest)

    def placed(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Yield chunks at the rate of the first one, their words timed from the beginning."""
        return self._heard.placed(map(self._noted, chunks))

    def pause(self) -> Chunk:
        """Return the silence after a break."""
        return self._heard.silence(PAUSE, self._last)

    def _noted(self, chunk: Chunk) -> Chunk:
        self._last = chunk
        for word in chunk.words:
            at = self._text.find(word.text, self._said)
            if at >= 0:
                self._said = at + len(word.text)
        return chunk
