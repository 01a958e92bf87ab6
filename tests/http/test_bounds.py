import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, encode_file
from myna.engines.embedded.engine import EmbeddedEngine
from myna.settings import LimitSettings
from myna.storage.voices import NewVoice
from tests.conftest import tone
from tests.http.conftest import Running
from tests.http.doubles import GatedEngine
from tests.unit.engines.doubles import ToneEngine

Serve = Callable[..., Running]


def refused(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def hold(server: Running) -> socket.socket:
    """Take a place and keep it."""
    body = json.dumps({"text": "가나다. 가나다.", "voice": "sample"}).encode()
    head = (
        f"POST /v1/speech HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", server.port))
    active = server.service.stage.places.active
    connection.sendall(head.encode() + body)
    server.wait_until(lambda: server.service.stage.places.active == active + 1)
    return connection


@pytest.fixture
def gated() -> Iterator[GatedEngine]:
    engine = GatedEngine(chunks=2)
    yield engine
    engine.gate.set()


def test_a_full_queue_is_refused_at_once(serve: Serve, gated: GatedEngine):
    server = serve(gated, max_streams=1, queue_length=0)
    with hold(server):
        response = server.speak()
        assert refused(response) == (503, "server_busy")
        assert int(response.headers["retry-after"]) >= 1
    gated.gate.set()


def test_waiting_in_the_queue_has_an_end(serve: Serve, gated: GatedEngine):
    server = serve(gated, max_streams=1, queue_seconds=0.05)
    with hold(server):
        assert refused(server.speak()) == (503, "server_busy")
        gated.gate.set()


def test_whoever_waits_is_served_when_a_place_is_free(serve: Serve, gated: GatedEngine):
    server = serve(gated, max_streams=1, queue_seconds=20)
    with hold(server), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.speak)
        server.wait_until(lambda: server.service.stage.places.waiting == 1)
        gated.gate.set()
        assert waiting.result(10).status_code == 200


def test_one_caller_cannot_take_every_place(serve: Serve, gated: GatedEngine):
    server = serve(gated, caller_streams=1)
    with hold(server):
        response = server.speak()
        assert refused(response) == (429, "too_many_requests")
        assert "retry-after" in response.headers
        gated.gate.set()


def test_a_caller_over_its_rate_is_told_when_to_come_back(serve: Serve):
    server = serve(ToneEngine(), rate="2/hour")
    assert [server.speak().status_code for _ in range(2)] == [200, 200]
    response = server.speak()
    assert refused(response) == (429, "too_many_requests")
    assert 1 <= int(response.headers["retry-after"]) <= 3600


def test_an_engine_that_takes_too_long_is_given_up(serve: Serve):
    engine = GatedEngine(chunks=1)
    server = serve(engine, engine_seconds=0.1)
    assert refused(server.speak()) == (504, "engine_timeout")
    engine.gate.set()
    server.wait_until_idle()


def test_a_text_over_the_bound_is_refused(serve: Serve):
    server = serve(ToneEngine(), limits=LimitSettings(text_characters=10))
    assert refused(server.speak("가나다라마바사아자차카")) == (413, "text_too_long")


def test_a_whole_speech_has_a_tighter_bound(serve: Serve):
    server = serve(ToneEngine(), whole_text_characters=5)
    assert refused(server.speak("가나다라마바.", stream=False)) == (413, "text_too_long")
    assert server.speak("가나다라마바.").status_code == 200


def test_a_body_over_the_bound_is_refused_unread(serve: Serve):
    server = serve(ToneEngine(), body_bytes=1000)
    assert refused(server.speak("가" * 1000)) == (413, "body_too_large")


def test_a_body_of_unknown_length_is_bounded_too(serve: Serve):
    server = serve(ToneEngine(), body_bytes=1000)

    def endless() -> Iterator[bytes]:
        yield b'{"text": "'
        for _ in range(1000):
            yield b"x" * 100

    headers = {"content-type": "application/json"}
    response = server.client.post("/v1/speech", content=endless(), headers=headers)
    assert refused(response) == (413, "body_too_large")


def test_a_form_of_unknown_length_is_bounded_too(serve: Serve):
    server = serve(ToneEngine(), limits=LimitSettings(upload_bytes=1000))

    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="audio"; filename="a"\r\n\r\n'
        for _ in range(300):
            yield b"x" * 10_000

    headers = {"content-type": "multipart/form-data; boundary=x"}
    for path in ("/v1/speech", "/v1/voices", "/v1/align"):
        response = server.client.post(path, content=endless(), headers=headers)
        assert refused(response) == (413, "body_too_large")


def test_a_body_that_trickles_is_given_up(serve: Serve):
    server = serve(ToneEngine(), body_seconds=0.1)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        head = f"POST /v1/speech HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        connection.sendall(head.encode() + b"Content-Length: 100\r\n\r\n{")
        assert b" 408 " in connection.recv(1000)


def test_a_reference_over_the_bounds_is_refused(serve: Serve):
    limits = LimitSettings(upload_bytes=200_000, reference_seconds=4.0)
    server = serve(ToneEngine(), limits=limits)
    for seconds, status in ((60.0, 413), (5.0, 400)):
        wav = encode_file(tone(seconds), AudioFormat.WAV)
        response = server.client.post(
            "/v1/speech", data={"text": "가."}, files={"reference": ("a.wav", wav)}
        )
        assert response.status_code == status, response.text


def test_many_voices_at_once_sound_as_they_do_alone(serve: Serve, sample: Voice):
    server = serve(EmbeddedEngine())
    library = server.studio.voices
    for number, (start, end) in enumerate([(0.0, 3.0), (5.0, 8.0)]):
        part = Voice(sample.reference.between(start, end), "", "en")
        library.add(f"v{number}", NewVoice(part, b""))
    requests = [
        {
            "text": f"{n}.",
            "voice": f"v{n % 2}",
            "format": ("pcm", "mp3", "opus", "flac")[n % 4],
            "seed": n,
        }
        for n in range(64)
    ]
    alone = [server.client.post("/v1/speech", json=body).content for body in requests]

    async def together() -> list[bytes]:
        limits = httpx2.Limits(max_connections=64)
        async with httpx2.AsyncClient(base_url=server.url, timeout=120, limits=limits) as client:
            answers = await asyncio.gather(*(client.post("/v1/speech", json=b) for b in requests))
        return [answer.content for answer in answers]

    assert asyncio.run(together()) == alone
    assert len(set(alone)) == 64
