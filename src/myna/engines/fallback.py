"""Try engines in order."""

import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from myna.core.audio import Audio
from myna.core.engine import (
    ArrivingUtterance,
    Capabilities,
    Engine,
    converting,
    learn_speakers,
    redrawn,
    streaming,
)
from myna.core.errors import AllEnginesFailed, EngineError, EngineTimeout, Unsupported
from myna.core.infill import Gap, Infilled, infilled, infilling
from myna.core.languages import AUTO
from myna.core.speech import Chunk, Options, TextPiece, Utterance
from myna.core.voice import Voice
from myna.engines.resting import Probe, Rests
from myna.engines.sentence_by_sentence import speak_sentences

logger = logging.getLogger(__name__)

COOLDOWN = 30.0  # seconds a failed engine rests


IsKnown = Callable[[Engine], bool]
"""Whether an engine said before what it is asked for."""
Recall = Callable[[Utterance, Voice], Chunk | None]
"""Returns what an engine said before, without troubling it."""


def _nothing_is_known(_: Engine) -> bool:
    return False


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
            streams_text=able[0].streams_text,
            converts=any(each.converts for each in able),
            speakers=frozenset().union(*(each.speakers for each in able)),
        )

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield from the first engine whose first chunk arrives."""
        return self._first_to_sound(
            self._able(utterance.language, utterance.options.speaker),
            lambda engine: engine.speak(utterance, voice),
            lambda engine: self._is_known(engine, utterance, voice),
        )

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
        self,
        able: Sequence[Engine],
        start: Callable[[Engine], Generator[Chunk]],
        is_known: IsKnown = _nothing_is_known,
    ) -> Generator[Chunk]:
        failures: list[EngineError] = []
        waiting = list(able)
        for engine in self._candidates(able, is_known):
            waiting.remove(engine)
            has_sounded = is_replayed = False
            with closing(start(engine)) as chunks:
                while True:
                    try:
                        chunk = next(chunks, None)
                    except EngineError as error:
                        if has_sounded:
                            self._broke_off(engine, error)
                            raise
                        self._failed(engine, error, is_last=not waiting)
                        failures.append(error)
                        break
                    if chunk is None:
                        if has_sounded and not is_replayed:
                            self._rests.succeeded(engine.name)
                        return
                    is_replayed = chunk.cached
                    has_sounded = has_sounded or len(chunk.audio.samples) > 0
                    yield _signed(chunk, engine, fell_back=engine is not able[0])
        raise failures[0] if len(failures) == 1 else AllEnginesFailed(failures)

    @property
    def redrawn(self) -> int:
        """How many sentences all of them drew again."""
        return sum(redrawn(engine) for engine in self._engines)

    def learn_speakers(self) -> None:
        """Have every engine ask which speakers it brings along."""
        for engine in self._engines:
            learn_speakers(engine)

    def infills(self, language: str) -> bool:
        """Whether the engine that would speak this language now fills gaps in it."""
        able = language in self.capabilities.languages
        return able and infilling(self._ready(language), language) is not None

    def infill(self, gap: Gap, voice: Voice) -> Infilled:
        """Have that engine fill a gap. If it fails it rests, so the next will be asked to speak."""
        meant = self._ready(gap.language)
        try:
            return infilled(meant, gap, voice)
        except EngineError:
            self._rests.failed(meant.name)
            raise

    def _failed(self, engine: Engine, error: EngineError, *, is_last: bool) -> None:
        # Whoever asked hears of it when no engine is left: only a switch is news.
        told = logging.DEBUG if is_last else logging.WARNING
        logger.log(told, "engine %s failed, trying the next: %s", engine.name, error)
        self._rests.failed(engine.name)

    def _broke_off(self, engine: Engine, error: EngineError) -> None:
        if isinstance(error, EngineTimeout):  # whoever goes on should not wait as long again
            self._rests.failed(engine.name)
        else:
            self._rests.stumbled(engine.name)

    def _ready(self, language: str) -> Engine:
        return next(self._candidates(self._able(language), _nothing_is_known))

    def _candidates(self, able: Sequence[Engine], is_known: IsKnown) -> Iterator[Engine]:
        """Yield engines in order; those that rest last, unless they need only repeat themselves."""
        resting = []
        for engine in able:
            must_rest = len(able) > 1 and self._rests.has_failed(engine.name)
            if must_rest and not is_known(engine) and self._rests.is_resting(engine.name):
                resting.append(engine)
            else:
                yield engine
        yield from resting

    def _is_known(self, engine: Engine, utterance: Utterance, voice: Voice) -> bool:
        recall = self._recalls.get(engine.name)
        return recall is not None and recall(utterance, voice) is not None

    def _able(self, language: str, speaker: str = "") -> list[Engine]:
        able = [
            engine
            for engine in self._engines
            if language in (AUTO, *engine.capabilities.languages)
            and speaker in ("", *engine.capabilities.speakers)
        ]
        if not able:
            asked = f"{language!r} as {speaker!r}" if speaker else repr(language)
            raise Unsupported(
                f"No engine of {self.name!r} speaks {asked}. Add one that does to the setting "
                "`engines`; `myna engines` shows what there is."
            )
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
