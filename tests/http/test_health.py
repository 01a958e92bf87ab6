import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from myna.core.errors import SettingsError
from myna.engines.cached import CachedEngine
from myna.engines.fallback import FallbackEngine
from myna.http.app import create_app
from myna.http.server import serve as run
from myna.settings import HttpSettings, Settings
from myna.storage.results import ResultFolder
from myna.studio.studio import Studio
from myna.studio.wiring import open_library
from tests.http.conftest import Running
from tests.http.doubles import GatedEngine
from tests.unit.engines.doubles import BrokenEngine, ToneEngine
from tests.unit.engines.gpt_sovits.tiny_engine import tiny_engine

Serve = Callable[..., Running]


def figure(server: Running, name: str) -> float:
    """Return what a metric adds up to over its labels."""
    text = server.client.get("/metrics").text
    found = re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", text, re.MULTILINE)
    return sum(map(float, found))


def test_a_server_is_alive_and_ready(serve: Serve):
    server = serve(ToneEngine())
    assert server.client.get("/healthz").json() == {"status": "alive"}
    assert server.client.get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_who_watches_a_server_needs_no_more_than_its_status(serve: Serve, path: str):
    answer = serve(ToneEngine()).client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_what_happens_is_counted(serve: Serve, tmp_path: Path):
    cached = CachedEngine(ToneEngine(), ResultFolder(tmp_path / "r", 1_000_000))
    server = serve(FallbackEngine([BrokenEngine(), cached]))
    for _ in range(2):
        server.speak("가. 나.")
    server.speak(voice="nobody")
    assert figure(server, "myna_sentences_total") == 4
    assert figure(server, "myna_cache_hits_total") == 2
    assert figure(server, "myna_fallbacks_total") == 4
    assert figure(server, "myna_first_chunk_latency_seconds_count") == 2
    assert figure(server, "myna_real_time_factor_count") == 1
    assert figure(server, ["myna_errors_total", 'code="voice_not_found"}'][0]) == 1
    assert figure(server, "myna_active_streams") == 0


def test_sentences_drawn_again_are_counted(serve: Serve, tmp_path: Path):
    """Random weights end after a second or so, whatever they were given to say."""
    engine = tiny_engine(tmp_path / "weights", "v2")
    cached = CachedEngine(engine, ResultFolder(tmp_path / "r", 1_000_000))
    server = serve(FallbackEngine([cached]))
    long = "one two three four five six seven eight nine ten " * 4
    assert server.speak(long, language="en", retries=2, stream=False).status_code == 200
    assert figure(server, "myna_redrawn_sentences_total") == 2


def test_two_servers_count_for_themselves(serve: Serve):
    first, second = serve(ToneEngine()), serve(ToneEngine())
    first.speak()
    assert (figure(first, "myna_sentences_total"), figure(second, "myna_sentences_total")) == (1, 0)


def test_active_streams_are_shown(serve: Serve):
    engine = GatedEngine(chunks=1)
    server = serve(engine)
    speaking = threading.Thread(target=server.speak)
    speaking.start()
    assert engine.begun.wait(5)
    with httpx2.Client(base_url=server.url) as other:
        assert "myna_active_streams 1.0" in other.get("/metrics").text
    engine.gate.set()
    speaking.join()


def test_a_stopping_server_takes_nothing_new(serve: Serve):
    server = serve(ToneEngine())
    server.service.stage.places.closed = True
    assert server.client.get("/healthz").status_code == 200
    assert server.client.get("/readyz").status_code == 503
    response = server.speak()
    assert (response.status_code, response.json()["error"]["code"]) == (503, "shutting_down")
    assert "retry-after" in response.headers


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid", "192.0.2.1"])
def test_a_place_where_it_cannot_listen_is_told_in_a_line(settings: Settings, host: str):
    """One that is taken, one that has no address, one of another machine."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        there = HttpSettings(host=host, port=taken.getsockname()[1])
        app = create_app(Studio(ToneEngine(), open_library(settings)), there)
        with pytest.raises(SettingsError, match=rf"Cannot listen on '{host}'.*--port"):
            run(app, there, print)


PROGRAM = """
import sys

sys.path[:0] = {path!r}
from myna.http.app import create_app
from myna.http.server import serve
from myna.settings import HttpSettings, Settings
from myna.studio.studio import Studio
from myna.studio.wiring import open_library
from tests.unit.engines.doubles import SlowEngine

studio = Studio(SlowEngine(chunks={chunks}), open_library(Settings.load()))
settings = HttpSettings(port=0, shutdown_seconds={seconds})
serve(create_app(studio, settings), settings, lambda address: print(address, flush=True))
"""


@pytest.fixture
def start_program() -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(**values: float) -> tuple[subprocess.Popen[str], str]:
        program = PROGRAM.format(path=sys.path, **values)
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_stopping_finishes_what_is_being_spoken(start_program):
    process, url = start_program(chunks=60, seconds=20)
    body = {"text": "가나다.", "voice": "sample", "format": "pcm"}
    with httpx2.stream("POST", f"{url}/v1/speech", json=body, timeout=20) as response:
        parts = response.iter_raw()
        heard = len(next(parts))
        process.send_signal(signal.SIGTERM)
        heard += sum(len(part) for part in parts)
    assert heard == 60 * 2 * 1600
    assert process.wait(10) == 0


def test_stopping_has_an_end_even_if_somebody_goes_on(start_program):
    process, url = start_program(chunks=100_000, seconds=0.2)
    body = {"text": "가나다.", "voice": "sample", "format": "pcm"}
    with httpx2.stream("POST", f"{url}/v1/speech", json=body, timeout=20) as response:
        parts = response.iter_raw()
        next(parts)
        process.send_signal(signal.SIGTERM)
        with pytest.raises(httpx2.RemoteProtocolError):
            list(parts)
    assert process.wait(10) == 0
