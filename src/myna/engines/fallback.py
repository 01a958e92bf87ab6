"""Try engines in order."""

import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from myna.core.audio import Audio
from myna.core.engine import ArrivingUtterance, Capabilities, Engine, converting, streaming
from myna.core.errors import AllEnginesFailed, EngineError, EngineTimeout, Unsupported
from myna.core.infill import Gap, Infilled, infilling
from myna.core.languages import AUTO
from myna.core.speech import Chunk, Options, TextPiece, Utterance
from myna.core.voice import Voice
from myna.engines.resting import Probe, Rests
from myna.engines.sentence_by_sentence import speak_sentences

logger = logging.getLogger(__name__)

COOLDOWN = 30.0  # seconds a failed engine rests


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
    ) -> None:
        """`probes` ask engines by name how they are: cheaper than a sentence."""
        self._engines = tuple(engines)
        self._rests = Rests(cooldown, probes or {})
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
            streams_text=able[0].streams_text,
            converts=any(each.converts for each in able),
            speakers=frozenset().union(*(each.speakers for each in able)),
        )

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield from the first engine whose first chunk arrives."""
        able = self._able(utterance.language, utterance.options.speaker)
        return self._first_to_sound(able, lambda engine: engine.speak(utterance, voice))

    def speak_arriving(self, utterance: ArrivingUtterance, voice: Voice) -> Generator[Chunk]:
        """Yield from the first engine that gets a sound out; the next hears the text again.

        An engine that takes no arriving text says it sentence by sentence.
        """
        told: list[TextPiece] = []
        source = iter(utterance.pieces)

        def start(engine: Engine) -> Generator[Chunk]:
            again = replace(utterance, pieces=_retold(told, source))
            able = streaming(engine)
            if able is None:
                return speak_sentences(engine, again, voice)
            return able.speak_arriving(again, voice)

        return self._first_to_sound(
            self._able(utterance.language, utterance.options.speaker), start
        )

    def convert(self, source: Audio, voice: Voice, options: Options) -> Generator[Chunk]:
        """Yield from the first engine that can convert and gets a sound out."""
        able = [engine for engine in self._engines if engine.capabilities.converts]
        if not able:
            raise Unsupported(
                f"No engine of {self.name!r} can say a recording in another voice. Add 'cosyvoice' "
                "to the setting `engines`."
            )
        return self._first_to_sound(
            able, lambda engine: converting(engine).convert(source, voice, options)
        )

    def _first_to_sound(
        self, able: Sequence[Engine], start: Callable[[Engine], Generator[Chunk]]
    ) -> Generator[Chunk]:
        failures: list[EngineError] = []
        candidates = self._candidates(able)
        for engine in candidates:
            heard = False
            with closing(start(engine)) as chunks:
                while True:
                    try:
                        chunk = next(chunks, None)
                    except EngineError as error:
                        if heard:
                            self._broke_off(engine, error)
                            raise
                        self._failed(engine, error, is_last=engine is candidates[-1])
                        failures.append(error)
                        break
                    if chunk is None:
                        self._rests.succeeded(engine.name)
                        return
                    heard = heard or len(chunk.audio.samples) > 0
                    yield _signed(chunk, engine, fell_back=engine is not able[0])
        raise failures[0] if len(failures) == 1 else AllEnginesFailed(failures)

    def infills(self, language: str) -> bool:
        """Whether the engine that would speak this language now fills gaps in it."""
        able = language in self.capabilities.languages
        return able and infilling(self._candidates(self._able(language))[0], language) is not None

    def infill(self, gap: Gap, voice: Voice) -> Infilled:
        """Have that engine fill a gap. If it fails it rests, so the next will be asked to speak."""
        meant = self._candidates(self._able(gap.language))[0]
        engine = infilling(meant, gap.language)
        if engine is None:
            raise Unsupported(f"Engine {meant.name!r} does not fill gaps in {gap.language!r}.")
        try:
            return engine.infill(gap, voice)
        except EngineError:
            self._rests.failed(meant.name)
            raise

    def _failed(self, engine: Engine, error: EngineError, *, is_last: bool) -> None:
        # Whoever asked hears of it when no engine is left: only a switch is news.
        told = logging.DEBUG if is_last else logging.WARNING
        logger.log(told, "engine %s failed, trying the next: %s", engine.name, error)
        self._rests.failed(engine.name)

    def _broke_off(self, engine: Engine, error: EngineError) -> None:
        if isinstance(error, EngineTimeout):
            self._rests.failed(engine.name)  # whoever goes on should not wait as long again
        else:
            self._rests.stumbled(engine.name)

    def _candidates(self, able: Sequence[Engine]) -> list[Engine]:
        """Rested engines first, the rest as a last resort."""
        if len(able) == 1:
            return list(able)
        return sorted(able, key=lambda engine: self._rests.is_resting(engine.name))

    def _able(self, language: str, speaker: str = "") -> list[Engine]:
        able = [
            engine
            for engine in self._engines
            if language in (AUTO, *engine.capabilities.languages)
            and speaker in ("", *engine.capabilities.speakers)
        ]
        if not able:
            raise Unsupported(f"No engine of {self.name!r} speaks {language!r}.")
        return able


def _retold(told: list[TextPiece], source: Iterator[TextPiece]) -> Iterator[TextPiece]:
    """Yield a text again as far as it was told, then on, taking note."""
    yield from told.copy()
    for piece in source:
        if piece != "":
            told.append(piece)
        yield piece


def _signed(chunk: Chunk, engine: Engine, *, fell_back: bool) -> Chunk:
    return replace(
        chunk, engine=chunk.engine or engine.name, fell_back=fell_back or chunk.fell_back
    )
