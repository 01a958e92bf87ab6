import json
import socket
import time
from collections.abc import Callable

import pytest
from websockets.sync.client import connect

from tests.http.conftest import Running
from tests.http.doubles import GatedEngine
from tests.unit.engines.doubles import SlowEngine

Serve = Callable[..., Running]

LONG = "가나다라마바사. " * 20
ROUTES = {
    "sound": {},
    "coded": {"format": "mp3"},
    "events": {"timestamps": True},
    "whole": {"stream": False},
}
fields = pytest.mark.parametrize("fields", ROUTES.values(), ids=ROUTES.keys())


def request(server: Running, **fields: object) -> socket.socket:
    """Send a request on a bare socket and read nothing."""
    body = json.dumps({"text": LONG, "voice": "sample", **fields}).encode()
    head = (
        f"POST /v1/speech HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(head.encode() + body)
    return connection


@fields
def test_hanging_up_in_mid_sentence_stops_the_engine(serve: Serve, fields: dict[str, object]):
    engine = SlowEngine(chunks=100_000)
    server = serve(engine)
    connection = request(server, **fields)
    server.wait_until(lambda: engine.made >= 3)
    connection.close()
    assert engine.closed.wait(5)
    server.wait_until_idle()
    made = engine.made
    time.sleep(0.1)
    assert engine.made == made


@fields
def test_hanging_up_before_the_first_sound_stops_the_engine(
    serve: Serve, fields: dict[str, object]
):
    engine = GatedEngine()
    server = serve(engine)
    connection = request(server, **fields)
    assert engine.begun.wait(5)
    connection.close()
    time.sleep(0.05)
    engine.gate.set()
    assert engine.closed.acquire(timeout=5)
    server.wait_until_idle()


@fields
def test_hanging_up_in_the_queue_leaves_the_queue(serve: Serve, fields: dict[str, object]):
    engine = GatedEngine()
    server = serve(engine, max_streams=1, queue_seconds=60)
    playing = request(server)
    assert engine.begun.wait(5)
    waiting = request(server, **fields)
    server.wait_until(lambda: server.service.stage.places.waiting == 1)
    waiting.close()
    server.wait_until(lambda: server.service.stage.places.waiting == 0)
    playing.close()
    engine.gate.set()
    server.wait_until_idle()


def test_hanging_up_while_others_have_the_engine_leaves_its_turn(serve: Serve):
    engine = GatedEngine()
    server = serve(engine, slots=1)
    playing = request(server)
    assert engine.begun.wait(5)
    waiting = request(server)
    server.wait_until(lambda: server.service.stage.places.active == 2)
    waiting.close()
    server.wait_until(lambda: server.service.stage.places.active == 1)
    playing.close()
    engine.gate.set()
    server.wait_until_idle()


def test_leaving_a_conversation_stops_the_engine(serve: Serve):
    engine = SlowEngine(chunks=100_000)
    server = serve(engine)
    with connect(f"ws://127.0.0.1:{server.port}/v1/speech/stream") as conversation:
        conversation.send(json.dumps({"type": "start", "id": "a", "voice": "sample"}))
        conversation.send(json.dumps({"type": "text", "text": "가나다. "}))
        server.wait_until(lambda: engine.made >= 3)
        conversation.socket.shutdown(socket.SHUT_RDWR)
        assert engine.closed.wait(5)
    server.wait_until_idle()


def test_a_slow_reader_keeps_no_engine(serve: Serve):
    """The engine stops when the reader's buffers are full, and others are served meanwhile."""
    engine = SlowEngine(seconds_per_chunk=0.0, chunks=100_000)
    server = serve(engine, slots=1)
    slow = request(server, format="pcm", sample_rate=48000)
    made = -1
    until = time.monotonic() + 20
    while engine.made != made:
        assert time.monotonic() < until, "the engine never waited for its reader"
        made = engine.made
        time.sleep(0.3)
    assert server.service.stage.places.active == 1
    with server.client.stream(
        "POST", "/v1/speech", json={"text": "가나다.", "voice": "sample"}
    ) as response:
        assert next(response.iter_raw())
    slow.close()
    server.wait_until_idle()


def test_a_reader_who_takes_nothing_is_dropped(serve: Serve):
    server = serve(SlowEngine(seconds_per_chunk=0.0, chunks=100_000), send_seconds=0.2)
    slow = request(server, format="pcm", sample_rate=48000)
    server.wait_until(lambda: server.service.stage.places.active == 1)
    server.wait_until(lambda: server.service.stage.places.active == 0, seconds=20)
    slow.close()


@pytest.mark.parametrize("path", ["/v1/speech", "/v1/voices", "/v1/audio/speech", "/tts", "/"])
def test_hanging_up_before_all_was_asked_is_nobodys_error(
    serve: Serve, caplog: pytest.LogCaptureFixture, path: str
):
    server = serve(SlowEngine(chunks=1))
    is_form = path == "/v1/voices"
    kind = "multipart/form-data; boundary=b" if is_form else "application/json"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: 1000\r\n\r\n"
    )
    answered = server.service.metrics.exposed().count(b"myna_errors_total{")
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head.encode() + (b"--b\r\nContent-" if is_form else b'{"text": '))
        time.sleep(0.1)  # until it is being read
    server.stop()
    assert caplog.records == []
    assert server.service.metrics.exposed().count(b"myna_errors_total{") == answered
