"""Sentences on a line that resets one connection in a hundred."""

import random

from benchmarks.faults.scene import ANSWER, SENTENCE, Scene, spoken, spread
from myna.core.speech import Utterance
from tests.faults.line import Fault, FaultyLine, Kind

RESET_SHARE = 0.01


def measure_resets(scene: Scene, requests: int) -> None:
    """Print what became of sentences on a line that resets one connection in a hundred."""
    chance = random.Random(1)
    struck = 0

    def plan(_: int) -> Fault | None:
        nonlocal struck
        if chance.random() >= RESET_SHARE:
            return None
        struck += 1
        return Fault(chance.randrange(ANSWER), Kind.RESET)

    line = FaultyLine(scene.port, plan)
    chain = scene.chain(scene.remote(line))
    complete, first_sounds, by_engine = 0, list[float](), dict[str, int]()
    for _ in range(requests):
        said = spoken(lambda: chain.speak(Utterance(SENTENCE, "en"), scene.voice))
        complete += said.words == SENTENCE.split()
        first_sounds.append(said.first_sound * 1000)
        for name in said.engines:
            by_engine[name] = by_engine.get(name, 0) + 1
    line.cut()
    print(f"{requests} sentences, {struck} connections reset at random places")
    print(f"  complete, each word once: {complete}; heard from: {by_engine}")
    print(f"  first sound: {spread(first_sounds)}")
