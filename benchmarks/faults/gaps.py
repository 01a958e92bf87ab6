"""How long it takes until another engine is heard."""

import time
from contextlib import closing

from benchmarks.faults.scene import ANSWER, FIRST_SOUND, SENTENCE, STALL, Scene, laid, spread
from myna.core.engine import Engine
from myna.core.speech import Utterance
from tests.faults.line import Fault, Kind


def measure_gaps(scene: Scene, runs: int) -> None:
    """Print the seconds until the embedded engine is heard, beyond the configured bound."""
    print(f"gap until fallback speech beyond the configured bound, {runs} runs each")
    for name, bound, gap in (
        ("refused, before the sentence", 0.0, gap_when_refused),
        ("silent, before the sentence", FIRST_SOUND, gap_when_silent),
        ("silent, in mid-sentence", STALL, gap_in_mid_sentence),
        ("killed, in mid-sentence", 0.0, gap_when_killed),
    ):
        beyond = [(gap(scene) - bound) * 1000 for _ in range(runs)]
        print(f"  {name:30s} bound {bound * 1000:4.0f} ms, beyond it: {spread(beyond)}")


def gap_when_refused(scene: Scene) -> float:
    """Cut the line, then ask."""
    line, chain = laid(scene)
    line.cut()
    return seconds_until_fallback(scene, chain)


def gap_when_silent(scene: Scene) -> float:
    """Let a line that is open fall silent, as after a power cut, then ask."""
    line, chain = laid(scene)
    line.is_silent = True
    try:
        return seconds_until_fallback(scene, chain)
    finally:
        line.cut()


def gap_in_mid_sentence(scene: Scene) -> float:
    """Let it fall silent in the middle of an answer."""
    return gap_in_answer(scene, Kind.STALL)


def gap_when_killed(scene: Scene) -> float:
    """Let the server end in the middle of an answer, and be gone."""
    return gap_in_answer(scene, Kind.CLOSE)


def gap_in_answer(scene: Scene, kind: Kind) -> float:
    """Return the seconds from the last sound of the server to the first of this machine."""
    line, chain = laid(scene)
    faults = iter([Fault(ANSWER // 3, kind)])
    line.plan = lambda _: next(faults, Fault(0))
    last = time.perf_counter()
    with closing(chain.speak(Utterance(SENTENCE, "en"), scene.voice)) as chunks:
        for chunk in chunks:
            if chunk.engine == "embedded":
                line.cut()
                return time.perf_counter() - last
            if chunk.audio.samples.any():  # not the pause after the break
                last = time.perf_counter()
    raise RuntimeError("the server said it all")


def seconds_until_fallback(scene: Scene, chain: Engine) -> float:
    """Ask for a sentence and return when the embedded engine is heard."""
    asked = time.perf_counter()
    with closing(chain.speak(Utterance(SENTENCE, "en"), scene.voice)) as chunks:
        first = next(chunks)
        assert first.engine == "embedded"
        return time.perf_counter() - asked
