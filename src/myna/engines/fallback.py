"""Try engines in order."""

import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from myna.core.engine import Capabilities, Engine
from myna.core.errors import AllEnginesFailed, EngineError, EngineTimeout, Unsupported
from myna.core.speech import Chunk, Utterance
from myna.core.voice import Voice
from myna.engines.resting import Probe, Rests

logger = logging.getLogger(__name__)

COOLDOWN = 30.0  # seconds a failed engine rests


Recall = Callable[[Utterance, Voice], Chunk | None]
"""Returns what an engine said before, without troubling it."""


class FallbackEngine:
    """The first engine to get a sound out finishes the sentence.

    A chunk that has been heard cannot be taken back, so a later failure is raised rather than
    the sentence repeated in another voice. An engine that failed rests for `cooldown` seconds,
    longer if it fails again; one with a probe is then asked how it is before it is relied upon.
    A caller's mistake never falls back.
    """

    def __init__(
        self,
        engines: Sequence[Engine],
        cooldown: float = COOLDOWN,
        probes: Mapping[str, Probe] | None = None,
        recalls: Mapping[str, Recall] | None = None,
    ) -> None:
        """`probes` ask engines, by name, how they are: cheaper than a sentence.

        `recalls` find what engines said before: it is replayed even while they rest.
        """
        self._engines = tuple(engines)
        self._rests = Rests(cooldown, probes or {})
        self._recalls = recalls or {}
        self.name = ">".join(engine.name for engine in engines)

    @property
    def fingerprint(self) -> str:
        """Those of all engines, in order."""
        return ">".join(engine.fingerprint for engine in self._engines)

    @property
    def capabilities(self) -> Capabilities:
        """Every language of any of them; otherwise what the first can do, or all of them."""
        able = [engine.capabilities for engine in self._engines]
        return Capabilities(
            languages=frozenset().union(*(each.languages for each in able)),
            sample_rate=able[0].sample_rate,
            clones=able[0].clones,
            times_words=all(each.times_words for each in able),
        )

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield from the first engine whose first chunk arrives."""
        failures: list[EngineError] = []
        able = self._able(utterance.language)
        meant, waiting = able[0], list(able)
        for engine in self._candidates(able, utterance, voice):
            waiting.remove(engine)
            with closing(engine.speak(utterance, voice)) as chunks:
                try:
                    first = next(chunks, None)
                except EngineError as error:
                    # Whoever asked hears of it when no engine is left: only a switch is news.
                    told = logging.WARNING if waiting else logging.DEBUG
                    logger.log(told, "engine %s failed, trying the next: %s", engine.name, error)
                    self._rests.failed(engine.name)
                    failures.append(error)
                    continue
                if first is not None:
                    yield _signed(first, engine, fell_back=engine is not meant)
                    yield from self._rest_of(chunks, engine, fell_back=engine is not meant)
                return
        raise failures[0] if len(failures) == 1 else AllEnginesFailed(failures)

    def _rest_of(
        self, chunks: Generator[Chunk], engine: Engine, *, fell_back: bool
    ) -> Generator[Chunk]:
        try:
            for chunk in chunks:
                yield _signed(chunk, engine, fell_back=fell_back)
        except EngineTimeout:
            self._rests.failed(engine.name)  # whoever goes on should not wait as long again
            raise
        except EngineError:
            self._rests.stumbled(engine.name)
            raise
        self._rests.succeeded(engine.name)

    def _candidates(
        self, able: Sequence[Engine], utterance: Utterance, voice: Voice
    ) -> Iterator[Engine]:
        """Yield engines in order; those that rest last, unless they need only repeat themselves."""
        resting = []
        for engine in able:
            if len(able) > 1 and self._is_resting(engine.name, utterance, voice):
                resting.append(engine)
            else:
                yield engine
        yield from resting

    def _is_resting(self, name: str, utterance: Utterance, voice: Voice) -> bool:
        if not self._rests.has_failed(name):
            return False
        recall = self._recalls.get(name)
        if recall is not None and recall(utterance, voice) is not None:
            return False
        return self._rests.is_resting(name)

    def _able(self, language: str) -> list[Engine]:
        able = [e for e in self._engines if language in e.capabilities.languages]
        if not able:
            raise Unsupported(f"No engine of {self.name!r} speaks {language!r}.")
        return able


def _signed(chunk: Chunk, engine: Engine, *, fell_back: bool) -> Chunk:
    return replace(
        chunk, engine=chunk.engine or engine.name, fell_back=fell_back or chunk.fell_back
    )
