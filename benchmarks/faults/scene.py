"""A server in a process of its own, a line to it that fails when told to, and a listener."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from myna.core.engine import Engine
from myna.core.errors import EngineError, MynaError
from myna.core.speech import Chunk, Utterance
from myna.core.voice import Voice
from myna.engines.fallback import FallbackEngine
from myna.engines.resuming import ResumingEngine
from myna.http.app import create_app
from myna.http.server import serve
from myna.settings import HttpSettings, RemoteSettings, Settings
from myna.studio.engine_builders import RemoteEngine
from myna.studio.remote_builders import build
from myna.studio.studio import Studio
from myna.studio.wiring import open_library
from tests.faults.line import FaultyLine
from tests.unit.engines.doubles import BabbleEngine

FIRST_SOUND, STALL, CONNECT = 0.5, 0.5, 0.5  # seconds, the configured bounds
COOLDOWN = 30.0  # seconds
ATTEMPTS = 20  # to have the server learn the voice
ANSWER = 250_000  # bytes, about, of one sentence
SENTENCE = "It is time to take two of the white tablets with a glass of water please"


@dataclass(frozen=True, slots=True)
class Scene:
    """What every part needs."""

    port: int
    voice: Voice
    embedded: Engine
    folder: Path

    def remote(self, line: FaultyLine) -> RemoteEngine:
        """Return an engine that speaks through the line."""
        return self.remote_at(line.url)

    def remote_at(self, url: str) -> RemoteEngine:
        """Return an engine that speaks through a server at an address."""
        own = RemoteSettings(
            kind="myna",
            url=url,
            connect_seconds=CONNECT,
            first_sound_seconds=FIRST_SOUND,
            stall_seconds=STALL,
        )
        return build("server", own, {})

    def chain(self, remote: RemoteEngine, cooldown: float = COOLDOWN) -> Engine:
        """Return the server and then this machine."""
        fallback = FallbackEngine([remote, self.embedded], cooldown, {"server": remote.check})
        return ResumingEngine(fallback)


def laid(scene: Scene, cooldown: float = COOLDOWN) -> tuple[FaultyLine, Engine]:
    """Return a line over which the server has spoken, and a chain that uses it."""
    line = FaultyLine(scene.port)
    remote = scene.remote(line)
    for _ in range(ATTEMPTS):
        with suppress(EngineError):
            list(remote.speak(Utterance("Hello.", "en"), scene.voice))
            return line, scene.chain(remote, cooldown)
    raise RuntimeError("the server does not speak even without a fault")


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
