"""How soon and how fast the engine speaks, as processor time and by the clock."""

import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from benchmarks.embedded.texts import SPEED_SENTENCE
from myna.core.audio import Audio
from myna.core.speech import Utterance
from myna.core.voice import Voice
from myna.engines.embedded.engine import EmbeddedEngine
from myna.engines.embedded.fit import fit_voice
from myna.espeak.render import SourceVoice, render_clauses
from myna.text.reading import read


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds it took, by the processor's clock and the wall's."""

    first_processor: float
    first_wall: float
    factor_processor: float
    """Real-time factor: processor seconds for each second of sound."""
    factor_wall: float


def fit_seconds(voice: Voice) -> float:
    """Return the processor seconds of learning a voice, the library already loaded."""
    started = time.process_time()
    fit_voice(voice)
    return time.process_time() - started


def engine_timing(engine: EmbeddedEngine, voice: Voice, repeats: int) -> Timing:
    """Time the engine in a voice it already knows: the median of some readings."""
    timings = []
    for _ in range(repeats + 1):  # the first also learns the voice, and is left out
        with closing(engine.speak(Utterance(SPEED_SENTENCE, "en"), voice)) as chunks:
            timings.append(_timed(chunk.audio for chunk in chunks))
    return _median(timings[1:])


def espeak_timing(repeats: int) -> Timing:
    """Time espeak-ng alone, saying the same."""
    return _median(
        [
            _timed(clause.audio for clause in render_clauses(read(SPEED_SENTENCE, "en"), _PLAIN))
            for _ in range(repeats)
        ]
    )


_PLAIN = SourceVoice()


def _timed(pieces: Iterable[Audio]) -> Timing:
    processor, wall = time.process_time(), time.perf_counter()
    firsts: tuple[float, float] | None = None
    seconds = 0.0
    for piece in pieces:
        seconds += piece.duration
        firsts = firsts or (time.process_time() - processor, time.perf_counter() - wall)
    taken = time.process_time() - processor, time.perf_counter() - wall
    first = firsts or taken
    return Timing(first[0], first[1], taken[0] / seconds, taken[1] / seconds)


def _median(timings: list[Timing]) -> Timing:
    return sorted(timings, key=lambda timing: timing.factor_processor)[len(timings) // 2]
