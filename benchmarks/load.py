"""What the server costs: `python -m benchmarks.load` measures a server of its own on loopback.

Every measurement is bounded in time; `--scale 0.1` makes all of them a tenth as long. Run it on a
machine that does nothing else.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import uvicorn
from threadpoolctl import threadpool_limits

from myna.core.engine import Engine
from myna.core.speech import Chunk, SpeechRequest, Utterance
from myna.core.voice import Voice
from myna.http.app import create_app
from myna.http.server import serve
from myna.settings import CacheSettings, HttpSettings, Settings
from myna.storage.voices import VoiceLibrary
from myna.studio.studio import Studio

SENTENCE = "The kettle is on, and tea will be ready in four minutes."
PARAGRAPH = f"{SENTENCE} " * 4
LATENCY_BOUND = 1.0  # seconds: what the 95th percentile of first chunks may take
PHASE_SECONDS = 20.0  # of one number of listeners
MOST_LISTENERS = 512
MOST_GAPS = 0.05  # of the speeches may have had a gap
HTTP = HttpSettings(
    port=0,
    rate="10000000/minute",
    max_streams=MOST_LISTENERS,
    caller_streams=MOST_LISTENERS,
    shutdown_seconds=1.0,
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Measurements in seconds."""

    values: tuple[float, ...]

    def at(self, share: float) -> float:
        """Return the percentile."""
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def told(self) -> str:
        """Return them as a line, in milliseconds."""
        parts = (
            ("median", statistics.median(self.values)),
            ("p95", self.at(0.95)),
            ("p99", self.at(0.99)),
            ("max", max(self.values)),
        )
        line = ", ".join(f"{name} {1000 * value:.2f} ms" for name, value in parts)
        return f"{line} (n = {len(self.values)})"


class WatchedEngine:
    """An engine that notes when it was last at work and when it was stopped."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = engine.name
        self.capabilities = engine.capabilities
        self.fingerprint = engine.fingerprint
        self.stopped_at = 0.0
        self.stopped = threading.Event()

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Speak as the engine does."""
        try:
            yield from self._engine.speak(utterance, voice)
        finally:
            self.stopped_at = time.perf_counter()
            self.stopped.set()


class Server:
    """A server on loopback."""

    def __init__(self, port: int, process_id: int) -> None:
        self.port = port
        self.process_id = process_id

    def request(self, text: str, **fields: object) -> bytes:
        """Return a whole HTTP request."""
        spoken = {"text": text, "voice": "sample", "format": "pcm", **fields}
        body = json.dumps(spoken).encode()
        head = (
            f"POST /v1/speech HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        """Open a bare socket: a client library would be measured along with the server."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield connection

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Open the same for the event loop."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@contextmanager
def served(*, cache: bool) -> Iterator[Server]:
    """Start a server with the embedded engine in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_serve, args=(cache, sender), daemon=True)
    process.start()
    try:
        port = receiver.recv()
        yield Server(port, process.pid or 0)
    finally:
        process.terminate()
        process.join()


def _serve(cache: bool, sender: Connection) -> None:
    with studio(cache=cache) as spoken_with:
        app = create_app(spoken_with, HTTP)
        serve(app, HTTP, lambda address: sender.send(int(address.rpartition(":")[2])))


@contextmanager
def served_here(engine: WatchedEngine, voices: VoiceLibrary) -> Iterator[Server]:
    """Start a server in a thread of this process, with an engine that can be watched."""
    app = create_app(Studio(engine, voices), HTTP)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Server(server.servers[0].sockets[0].getsockname()[1], os.getpid())
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def studio(*, cache: bool) -> Iterator[Studio]:
    """Open a Studio with a home of its own, its voice already learned."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), cache=CacheSettings(enabled=cache))
        opened = Studio.open(settings)
        opened.speak(SpeechRequest("Hello.", "sample"))
        yield opened


def first_byte(rounds: int) -> str:
    """Time to the first sound over HTTP against the same engine called in the process."""
    with served(cache=False) as server, studio(cache=False) as here:
        near, far = [], []
        voice = here.voice("sample")
        for number in range(rounds):
            text = f"{number}. {SENTENCE}"
            near.append(_first_chunk(here, SpeechRequest(text, voice)))
            far.append(_first_audio_byte(server, text))
        overhead = statistics.median(far) - statistics.median(near)
        return (
            f"in-process: {Figures(tuple(near)).told()}\n"
            f"over HTTP:  {Figures(tuple(far)).told()}\n"
            f"overhead of the median: {1000 * overhead:.2f} ms (goal: 10 ms or less)"
        )


def _first_chunk(studio: Studio, request: SpeechRequest) -> float:
    began = time.perf_counter()
    chunks = studio.stream(request)
    next(chunks).audio.pcm16()
    elapsed = time.perf_counter() - began
    for _ in chunks:  # both sides speak to the end
        pass
    return elapsed


def _first_audio_byte(server: Server, text: str) -> float:
    with server.connection() as connection:
        began = time.perf_counter()
        connection.sendall(server.request(text))
        received = b""
        while not _body(received):
            received += connection.recv(65536)
        elapsed = time.perf_counter() - began
        _read_to_end(connection, received)
        return elapsed


def _body(received: bytes) -> bytes:
    """Return what has come of the body, the first chunk's size line excluded."""
    _, _, body = received.partition(b"\r\n\r\n")
    return body.partition(b"\r\n")[2]


def _read_to_end(connection: socket.socket, received: bytes) -> bytes:
    while not received.endswith(b"\r\n0\r\n\r\n"):
        part = connection.recv(1 << 20)
        if not part:
            raise ConnectionError("the server broke off")
        received += part
    return received


def cache_hits(rounds: int) -> str:
    """Time for a whole sentence that was said before."""
    with served(cache=True) as server:
        request = server.request(SENTENCE)
        times = []
        with server.connection() as connection:
            connection.sendall(request)
            _read_to_end(connection, b"")
            for _ in range(rounds):
                began = time.perf_counter()
                connection.sendall(request)
                _read_to_end(connection, b"")
                times.append(time.perf_counter() - began)
        return f"{Figures(tuple(times)).told()} (goal: p99 5 ms or less)"


def hang_ups(rounds: int) -> str:
    """Time from a client's hang-up in mid-speech to the engine's stop."""
    with studio(cache=False) as opened:
        engine = WatchedEngine(opened.engine)
        times = []
        with served_here(engine, opened.voices) as server:
            for number in range(rounds):
                times.append(_hang_up(server, engine, f"{number}. {SENTENCE * 20}"))
        return f"{Figures(tuple(times)).told()} (goal: 100 ms or less)"


def _hang_up(server: Server, engine: WatchedEngine, text: str) -> float:
    engine.stopped.clear()
    with server.connection() as connection:
        connection.sendall(server.request(text))
        received = b""
        while not _body(received):
            received += connection.recv(4096)
        hung_up_at = time.perf_counter()
    if not engine.stopped.wait(10):
        raise TimeoutError("the engine was not stopped")
    return engine.stopped_at - hung_up_at


def listeners(seconds: float) -> str:
    """The most listeners whose first chunks come in time while all hear speech without a gap."""
    with served(cache=False) as server:
        lines, best = [], 0
        count = 1
        while count <= MOST_LISTENERS:
            latencies, late = asyncio.run(_listen_together(server, count, seconds))
            worst = latencies.at(0.95)
            is_good = worst <= LATENCY_BOUND and late <= MOST_GAPS * len(latencies.values)
            gaps = f", {late} of {len(latencies.values)} speeches had gaps" if late else ""
            lines.append(f"  {count:4d} listeners: first chunk p95 {1000 * worst:.0f} ms{gaps}")
            if not is_good:
                break
            best, count = count, count + max(1, count // 2)
        return "\n".join([*lines, f"  sustained: {best} concurrent real-time streams"])


async def _listen_together(server: Server, count: int, seconds: float) -> tuple[Figures, int]:
    """Have `count` listeners each hear one paragraph after the other in real time."""
    until = time.perf_counter() + seconds
    heard = await asyncio.gather(
        *(_listen(server, number, until, seconds / count) for number in range(count))
    )
    latencies = [latency for one in heard for latency, _ in one]
    late = sum(had_gap for one in heard for _, had_gap in one)
    return Figures(tuple(latencies)), late


async def _listen(
    server: Server, number: int, until: float, spread: float
) -> list[tuple[float, bool]]:
    await asyncio.sleep(number * min(spread, 0.05))  # listeners do not all begin at once
    heard = []
    for turn in range(1_000_000):
        text = f"{number}, {turn}. {PARAGRAPH}"
        heard.append(await _hear(server, text))
        if time.perf_counter() > until:
            break
    return heard


async def _hear(server: Server, text: str) -> tuple[float, bool]:
    """Hear one paragraph as it would be played: return the wait for it and if it had a gap."""
    async with server.stream() as (reader, writer):
        began = time.perf_counter()
        writer.write(server.request(text))
        await reader.readuntil(b"\r\n\r\n")
        latency, plays_until, had_gap = 0.0, 0.0, False
        while (size := int(await reader.readline(), 16)) > 0:
            await reader.readexactly(size)
            await reader.readexactly(2)
            now = time.perf_counter()
            if not plays_until:
                latency, plays_until = now - began, now
            had_gap = had_gap or now > plays_until + 0.001
            plays_until = max(now, plays_until) + size / 2 / 24000
        await asyncio.sleep(max(0.0, plays_until - time.perf_counter()))
        return latency, had_gap


def memory(requests: int) -> str:
    """How much the process grows over many requests, the first tenth not counted."""
    with served(cache=False) as server, server.connection() as connection:
        warm_up = max(10, requests // 10)
        before = 0
        for number in range(warm_up + requests):
            if number == warm_up:
                before = _resident_bytes(server.process_id)
            connection.sendall(server.request(f"{number}."))
            _read_to_end(connection, b"")
        growth = _resident_bytes(server.process_id) - before
        return (
            f"{growth / 1e6:+.1f} MB over {requests} requests ({growth / requests:.0f} bytes each)"
        )


def _resident_bytes(process_id: int) -> int:
    status = Path(f"/proc/{process_id}/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def main() -> None:
    """Measure what was asked for, or everything."""
    measures: dict[str, tuple[str, Callable[[float], str]]] = {
        "first-byte": ("First audio byte", lambda scale: first_byte(max(5, int(200 * scale)))),
        "cache": ("Cache hit, whole answer", lambda scale: cache_hits(max(20, int(2000 * scale)))),
        "hang-up": ("Hang-up to engine stop", lambda scale: hang_ups(max(5, int(100 * scale)))),
        "listeners": (
            f"Concurrent real-time streams before p95 passes {LATENCY_BOUND:g} s",
            lambda scale: listeners(max(2.0, PHASE_SECONDS * scale)),
        ),
        "memory": ("Memory growth", lambda scale: memory(max(50, int(5000 * scale)))),
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measures", nargs="*", choices=[*measures, []], help="default: all")
    parser.add_argument("--scale", type=float, default=1.0, help="how long to measure")
    given = parser.parse_args()
    with threadpool_limits(limits=1, user_api="blas"):  # as `myna serve` does
        for name in given.measures or measures:
            title, measure = measures[name]
            began = time.perf_counter()
            print(f"{title}\n{measure(given.scale)}\n  [{time.perf_counter() - began:.0f} s]\n")


if __name__ == "__main__":
    main()
