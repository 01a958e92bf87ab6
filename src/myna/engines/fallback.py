"""Try engines in order."""

import logging
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace

from myna.core.engine import Capabilities, Engine
from myna.core.errors import AllEnginesFailed, EngineError, Unsupported
from myna.core.infill import Gap, Infilled, infilling
from myna.core.speech import Chunk, Utterance
from myna.core.voice import Voice

logger = logging.getLogger(__name__)

COOLDOWN = 30.0  # seconds a failed engine rests


class FallbackEngine:
    """The first engine to get a sound out finishes the sentence.

    A chunk that has been heard cannot be taken back, so a later failure is raised rather than
    the sentence repeated in another voice. An engine that failed rests for `cooldown` seconds.
    A caller's mistake never falls back.
    """

    def __init__(self, engines: Sequence[Engine], cooldown: float = COOLDOWN) -> None:
        self._engines = tuple(engines)
        self._cooldown = cooldown
        self._resting: dict[str, float] = {}
        self.name = ">".join(engine.name for engine in engines)
        self.fingerprint = ">".join(engine.fingerprint for engine in engines)
        first = engines[0].capabilities
        self.capabilities = Capabilities(
            languages=frozenset().union(*(e.capabilities.languages for e in engines)),
            sample_rate=first.sample_rate,
            clones=first.clones,
            times_words=all(engine.capabilities.times_words for engine in engines),
        )

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield from the first engine whose first chunk arrives."""
        failures: list[EngineError] = []
        meant = self._able(utterance.language)[0]
        candidates = self._candidates(utterance.language)
        for engine in candidates:
            with closing(engine.speak(utterance, voice)) as chunks:
                try:
                    first = next(chunks, None)
                except EngineError as error:
                    # Whoever asked hears of it when no engine is left: only a switch is news.
                    told = logging.DEBUG if engine is candidates[-1] else logging.WARNING
                    logger.log(told, "engine %s failed, trying the next: %s", engine.name, error)
                    self._resting[engine.name] = time.monotonic() + self._cooldown
                    failures.append(error)
                    continue
                if first is not None:
                    yield _signed(first, engine, fell_back=engine is not meant)
                    for chunk in chunks:
                        yield _signed(chunk, engine, fell_back=engine is not meant)
                return
        raise failures[0] if len(failures) == 1 else AllEnginesFailed(failures)

    def infills(self, language: str) -> bool:
        """Whether the engine that would speak this language now fills gaps in it."""
        able = language in self.capabilities.languages
        return able and infilling(self._candidates(language)[0], language) is not None

    def infill(self, gap: Gap, voice: Voice) -> Infilled:
        """Have that engine fill a gap. If it fails it rests, so the next will be asked to speak."""
        meant = self._candidates(gap.language)[0]
        engine = infilling(meant, gap.language)
        if engine is None:
            raise Unsupported(f"Engine {meant.name!r} does not fill gaps in {gap.language!r}.")
        try:
            return engine.infill(gap, voice)
        except EngineError:
            self._resting[meant.name] = time.monotonic() + self._cooldown
            raise

    def _candidates(self, language: str) -> list[Engine]:
        """Engines that speak the language: rested ones first, the rest as a last resort."""
        now = time.monotonic()
        resting = self._resting
        return sorted(self._able(language), key=lambda e: resting.get(e.name, 0.0) > now)

    def _able(self, language: str) -> list[Engine]:
        able = [e for e in self._engines if language in e.capabilities.languages]
        if not able:
            raise Unsupported(f"No engine of {self.name!r} speaks {language!r}.")
        return able


def _signed(chunk: Chunk, engine: Engine, *, fell_back: bool) -> Chunk:
    return replace(chunk, engine=chunk.engine or engine.name, fell_back=fell_back)
