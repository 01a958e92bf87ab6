"""OpenAI's own client against our server."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import openai
import pytest

from myna.dsp.codec import AudioFormat, decode, load_audio
from myna.settings import Settings
from myna.storage.keys import Scope
from myna.studio.wiring import open_keys
from tests.http.conftest import Running
from tests.unit.engines.doubles import BrokenEngine, ToneEngine

Serve = Callable[..., Running]
SECONDS_OF_A_SIGN = 0.05  # what ToneEngine makes of a character


Connect = Callable[..., openai.OpenAI]


@pytest.fixture
def client() -> Iterator[Connect]:
    with ExitStack() as stack:

        def connected(server: Running, key: str = "unused") -> openai.OpenAI:
            made = openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0)
            return stack.enter_context(made)

        yield connected


@pytest.mark.parametrize("format", list(AudioFormat), ids=lambda f: f.value)
def test_create_returns_the_whole_speech_in_every_format(
    serve: Serve, client: Connect, format: AudioFormat
):
    speech = client(serve(ToneEngine())).audio.speech.create(
        model="tts-1", voice="sample", input="가나다라마바사.", response_format=format.value
    )
    assert speech.response.headers["content-type"] == format.media_type
    if format is AudioFormat.PCM:
        seconds = len(speech.content) / 2 / 24000
    else:
        seconds = decode(speech.content).duration
    assert seconds == pytest.approx(8 * SECONDS_OF_A_SIGN, abs=0.15)


def test_a_stream_goes_to_a_file_as_it_is_made(serve: Serve, client: Connect):
    speaking = client(serve(ToneEngine())).audio.speech.with_streaming_response.create(
        model="tts-1", voice="sample", input="가나다.", response_format="wav"
    )
    with speaking as response:
        response.stream_to_file("out.wav")
    assert load_audio("out.wav").duration == pytest.approx(4 * SECONDS_OF_A_SIGN, abs=0.01)


def test_bytes_come_before_the_speech_ends(serve: Serve, client: Connect):
    speaking = client(serve(ToneEngine())).audio.speech.with_streaming_response.create(
        model="tts-1", voice="sample", input="가나다라. " * 50, response_format="pcm"
    )
    with speaking as response:
        assert len(next(response.iter_bytes(1024))) == 1024


def test_server_sent_events_carry_the_same_sound(serve: Serve):
    server = serve(ToneEngine())
    body = {"model": "gpt-4o-mini-tts", "voice": "sample", "input": "가나.", "extra": {"a": 1}}
    whole = server.client.post("/v1/audio/speech", json={**body, "response_format": "pcm"})
    asked = {**body, "response_format": "pcm", "stream_format": "sse"}
    response = server.client.post("/v1/audio/speech", json=asked)
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in response.text.splitlines() if line]
    assert all(line.startswith("data: ") for line in lines)
    events = [json.loads(line[6:]) for line in lines]
    assert {event["type"] for event in events[:-1]} == {"speech.audio.delta"}
    assert b"".join(base64.b64decode(e["audio"]) for e in events[:-1]) == whole.content
    assert events[-1]["type"] == "speech.audio.done"
    usage = events[-1]["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 0


def test_the_asynchronous_client_works_too(serve: Serve):
    server = serve(ToneEngine())

    async def spoken() -> bytes:
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="x") as speaker:
            speech = await speaker.audio.speech.create(
                model="tts-1", voice="sample", input="가.", response_format="pcm", speed=1.5
            )
            return speech.content

    assert len(asyncio.run(spoken())) > 1000


def test_errors_are_the_clients_own_classes(serve: Serve, client: Connect):
    speaker = client(serve(ToneEngine())).audio.speech
    with pytest.raises(openai.NotFoundError) as unknown:
        speaker.create(model="tts-1", voice="nobody", input="가.")
    assert unknown.value.code == "voice_not_found"
    assert "'nobody'" in str(unknown.value)
    with pytest.raises(openai.BadRequestError) as fast:
        speaker.create(model="tts-1", voice="sample", input="가.", speed=9)
    assert (fast.value.param, fast.value.type) == ("speed", "invalid_request_error")
    with pytest.raises(openai.BadRequestError, match="nothing to say"):
        speaker.create(model="tts-1", voice="sample", input="🙂")
    with pytest.raises(openai.BadRequestError, match="input"):
        speaker.create(model="tts-1", voice="sample", input="가" * 4097)
    failing = client(serve(BrokenEngine())).audio.speech
    with pytest.raises(openai.InternalServerError) as broken:
        failing.create(model="tts-1", voice="sample", input="가.")
    assert broken.value.type == "server_error"


def test_a_wrong_key_is_an_authentication_error(serve: Serve, client: Connect, settings: Settings):
    _, secret = open_keys(settings).add("app", scopes=[Scope.SPEAK])
    server = serve(ToneEngine())
    assert client(server, secret).models.list().data[0].id == "myna"
    with pytest.raises(openai.AuthenticationError):
        client(server, "sk-wrong").models.list()


def test_too_many_requests_say_when_to_come_back(serve: Serve, client: Connect):
    server = serve(ToneEngine(), rate="2/minute")
    with pytest.raises(openai.RateLimitError) as limited:
        for _ in range(3):
            client(server).models.list()
    assert int(limited.value.response.headers["retry-after"]) > 0


def test_stock_voice_names_can_stand_for_voices_of_the_library(serve: Serve, client: Connect):
    server = serve(ToneEngine(), voice_aliases={"alloy": "sample"})
    assert client(server).audio.speech.create(model="tts-1", voice="alloy", input="가.").content


def test_a_voice_is_added_listed_and_spoken_with(serve: Serve, sample_file: bytes):
    server = serve(ToneEngine())
    form = {"name": "누나", "consent": "동의함"}
    sample = {"audio_sample": ("sample.flac", sample_file)}
    added = server.client.post("/v1/audio/voices", data=form, files=sample)
    assert added.status_code == 200, added.text
    assert (added.json()["object"], added.json()["name"]) == ("audio.voice", "누나")
    listed = server.client.get("/v1/audio/voices").json()
    assert listed["voices"] == listed["data"]
    assert {voice["id"] for voice in listed["voices"]} == {"sample", "누나"}
    body = {"model": "m", "input": "가.", "voice": {"id": "누나"}}
    assert server.client.post("/v1/audio/speech", json=body).status_code == 200
    again = server.client.post("/v1/audio/voices", data=form, files=sample)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "voice_exists")


def test_a_reference_may_come_along(serve: Serve, sample_file: bytes):
    server = serve(ToneEngine())
    url = f"data:audio/flac;base64,{base64.b64encode(sample_file).decode()}"
    body = {"input": "가.", "ref_audio": url, "stream": True, "lang_code": "KO", "seed": 3}
    assert server.client.post("/v1/audio/speech", json=body).status_code == 200
    data = "data:audio/wav;base64,"
    for wrong in ("https://example.org/a.wav", f"{data}?", f"{data}음", "file:///etc/passwd"):
        refused = server.client.post("/v1/audio/speech", json={**body, "ref_audio": wrong})
        assert refused.status_code == 400
        assert "ref_audio" in refused.json()["error"]["message"]


def test_a_body_that_is_no_json_gets_the_same_envelope(serve: Serve):
    response = serve(ToneEngine()).client.post(
        "/v1/audio/speech", content=b"{", headers={"content-type": "application/json"}
    )
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_hanging_up_in_the_middle_leaves_the_server_well(serve: Serve):
    server = serve(ToneEngine())
    body = {"input": "가나다라. " * 200, "voice": "sample", "response_format": "pcm"}
    with httpx2.stream("POST", f"{server.url}/v1/audio/speech", json=body) as response:
        next(response.iter_bytes())
    server.wait_until_idle()
    assert not Path("out.wav").exists()
