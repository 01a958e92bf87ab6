"""What a listener hears when servers fail: `python -m benchmarks.faults [PART ...]`.

A server of its own, in a process of its own, behind a line that breaks when it is told to. Three
parts: the gap until another engine is heard once the server has vanished; requests of which one in
a hundred is reset; a day of reminders with outages, as fast as it goes. `--scale 0.1` makes each a
tenth as long. Run it on a machine that does nothing else.
"""

import argparse
import bisect
import logging
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from myna.core.engine import Engine
from myna.core.errors import MynaError
from myna.core.speech import Chunk, SpeechRequest, Utterance
from myna.core.voice import Voice
from myna.engines.cached import CachedEngine
from myna.engines.embedded.engine import EmbeddedEngine
from myna.engines.fallback import FallbackEngine
from myna.engines.resuming import ResumingEngine
from myna.http.app import create_app
from myna.http.server import serve
from myna.settings import HttpSettings, RemoteSettings, Settings
from myna.storage.results import ResultFolder
from myna.studio.engine_builders import RemoteEngine
from myna.studio.remote_builders import build
from myna.studio.studio import Studio
from myna.studio.wiring import open_library
from tests.faults.line import Fault, FaultyLine, Kind
from tests.unit.engines.doubles import BabbleEngine

GAPS = 50  # of each way to vanish
FIRST_SOUND, STALL, CONNECT = 0.5, 0.5, 0.5  # seconds, the configured bounds
REQUESTS, RESET_SHARE = 2000, 0.01
DAY, PHRASES, NEW_SHARE = 1500, 110, 0.1  # requests; known phrases; share of unheard-of texts
OUTAGES = ((0.10, 0.16), (0.45, 0.50), (0.80, 0.83))  # parts of the day
SILENT = 2  # this outage does not refuse: nothing answers at all
ANSWER = 250_000  # bytes, about, of one sentence
SENTENCE = "It is time to take two of the white tablets with a glass of water please"
THINGS = ("tea", "soup", "bread", "keys", "coat", "phone", "window", "kettle", "garden", "pills")
DEEDS = (
    "take",
    "bring",
    "close",
    "find",
    "open",
    "check",
    "warm",
    "water",
    "call",
    "fetch",
    "wash",
)
COOLDOWN = 30.0  # seconds


PARTS = ("gaps", "resets", "day")


def main() -> None:
    """Measure and print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the usual length")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    given = parser.parse_args()
    parts, scale = given.parts or PARTS, given.scale
    logging.disable(logging.WARNING)  # each fault is news, and there are many
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "server") as port:
        voice = open_library(Settings(home=Path(folder))).get("sample")
        embedded = EmbeddedEngine()
        list(embedded.speak(Utterance("Hello.", "en"), voice))  # learns the voice
        scene = Scene(port, voice, embedded, Path(folder))
        if "gaps" in parts:
            measure_gaps(scene, max(3, round(GAPS * scale)))
        if "resets" in parts:
            measure_resets(scene, max(20, round(REQUESTS * scale)))
        if "day" in parts:
            measure_day(scene, max(50, round(DAY * scale)))


@dataclass(frozen=True, slots=True)
class Scene:
    """What every part needs."""

    port: int
    voice: Voice
    embedded: Engine
    folder: Path

    def remote(self, line: FaultyLine) -> RemoteEngine:
        """Return an engine that speaks through the line."""
        own = RemoteSettings(
            kind="myna",
            url=line.url,
            connect_seconds=CONNECT,
            first_sound_seconds=FIRST_SOUND,
            stall_seconds=STALL,
        )
        return build("server", own, {})

    def chain(self, remote: RemoteEngine, cooldown: float = COOLDOWN) -> Engine:
        """Return the server and then this machine."""
        fallback = FallbackEngine([remote, self.embedded], cooldown, {"server": remote.check})
        return ResumingEngine(fallback)


# ---- the gap ------------------------------------------------------------------------------------


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


def laid(scene: Scene) -> tuple[FaultyLine, Engine]:
    """Return a line over which one sentence was spoken, and a chain that uses it."""
    line = FaultyLine(scene.port)
    chain = scene.chain(scene.remote(line))
    list(chain.speak(Utterance("Hello.", "en"), scene.voice))
    return line, chain


# ---- resets -------------------------------------------------------------------------------------


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


# ---- a day --------------------------------------------------------------------------------------


def measure_day(scene: Scene, requests: int) -> None:
    """Print how a day of reminders went, with a server that is away now and then."""
    home = scene.folder / "device"
    line = FaultyLine(scene.port)
    remote = scene.remote(line)
    results = ResultFolder(home / "results", 2_000_000_000)
    # A minute lies between two requests of the day, so every rest is over at the next one.
    there, here = CachedEngine(remote, results), CachedEngine(scene.embedded, results)
    recalls = {"server": there.recall, "embedded": here.recall}
    fallback = FallbackEngine([there, here], 0.0, {"server": remote.check}, recalls)
    studio = Studio(ResumingEngine(fallback), open_library(Settings(home=home)))
    chance = random.Random(2)
    day = Day()
    for number in range(requests):
        outage_at(line, number / requests)
        request = SpeechRequest(text_of(chance, number), scene.voice, "en")
        day.count(spoken(lambda request=request: studio.stream(request)))  # type: ignore[misc]
    line.cut()
    day.show(requests)
    written = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    print(f"  written to the device: {written / 1e6:.1f} MB")


@dataclass(slots=True)
class Day:
    """What was counted."""

    cached: list[float] = field(default_factory=list)
    """First sounds of requests that came from the cache, in milliseconds."""
    new: list[float] = field(default_factory=list)
    fallen_back: int = 0
    failed: int = 0

    def count(self, said: "Said") -> None:
        """Count one request."""
        self.failed += said.has_failed
        self.fallen_back += "embedded" in said.engines
        if not said.has_failed:
            (self.cached if said.was_cached else self.new).append(said.first_sound * 1000)

    def show(self, requests: int) -> None:
        """Print it all beside the goals."""
        within = bisect.bisect_right(sorted(self.new), 2000) + bisect.bisect_right(
            sorted(self.cached), 500
        )
        print(f"a day of {requests} requests, {len(OUTAGES)} outages of the server")
        print(f"  spoken: {1 - self.failed / requests:.2%}, in time: {within / requests:.2%}")
        print("    (goals: availability above 99.5 %, cached in 500 ms, new in 2 s)")
        print(f"  from the cache: {len(self.cached) / requests:.1%} (goal: above 80 %)")
        print(f"  by this machine's own engine: {self.fallen_back}")
        print(f"  first sound, cached: {spread(self.cached)}")
        print(f"  first sound, new:    {spread(self.new)}")


def outage_at(line: FaultyLine, moment: float) -> None:
    """Take the server away or bring it back, as the day goes."""
    now = next((n for n, (start, end) in enumerate(OUTAGES) if start <= moment < end), None)
    line.is_silent = now == SILENT
    is_away = now is not None and now != SILENT
    if is_away and not line.is_cut:
        line.cut()
    if not is_away and line.is_cut:
        line.mend()


def text_of(chance: random.Random, number: int) -> str:
    """Return one of the phrases people hear every day, few of them most often, or a new text."""
    if chance.random() < NEW_SHARE:
        return f"Please {chance.choice(DEEDS)} the {chance.choice(THINGS)}, this is note {number}."
    phrase = min(PHRASES - 1, int(chance.paretovariate(0.8)) - 1)
    deed, thing = DEEDS[phrase % len(DEEDS)], THINGS[phrase // len(DEEDS) % len(THINGS)]
    return f"It is time to {deed} the {thing} now, dear."


# ---- listening ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """One request, heard to its end."""

    words: list[str]
    engines: list[str]
    first_sound: float
    """Seconds."""
    was_cached: bool
    has_failed: bool


def spoken(speak: Callable[[], Iterator[Chunk]]) -> Said:
    """Listen to the end, or to where it failed."""
    asked = time.perf_counter()
    heard: list[Chunk] = []
    first_sound, has_failed = 0.0, False
    try:
        for chunk in speak():
            if not heard:
                first_sound = time.perf_counter() - asked
            heard.append(chunk)
    except MynaError:
        has_failed = True
    return Said(
        [word.text for chunk in heard for word in chunk.words],
        list(dict.fromkeys(chunk.engine for chunk in heard)),
        first_sound,
        bool(heard) and all(chunk.cached for chunk in heard),
        has_failed or not heard,
    )


def spread(values: list[float]) -> str:
    """Return median, 95th and 99th percentile and maximum of milliseconds."""
    if not values:
        return "none"
    ordered = sorted(values)
    last = len(ordered) - 1
    median, high, highest = (ordered[min(last, int(len(ordered) * p))] for p in (0.5, 0.95, 0.99))
    return f"median {median:.0f}, p95 {high:.0f}, p99 {highest:.0f}, max {ordered[-1]:.0f} ms"


@contextmanager
def serving(home: Path) -> Iterator[int]:
    """Run a server with a quick engine in a process of its own; yield its port."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(home, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join()


def _serve(home: Path, told: Connection) -> None:
    http = HttpSettings(port=0, rate="100000000/minute", shutdown_seconds=0)
    studio = Studio(BabbleEngine(), open_library(Settings(home=home)))
    serve(create_app(studio, http), http, lambda address: told.send(int(address.split(":")[-1])))


if __name__ == "__main__":
    main()
