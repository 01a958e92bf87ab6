from collections.abc import Callable

import httpx2
import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, decode, encode_file
from tests.http.conftest import Running
from tests.unit.engines.doubles import ToneEngine

Serve = Callable[..., Running]


@pytest.fixture
def server(serve: Serve) -> Running:
    return serve(ToneEngine())


def add(server: Running, content: bytes, **fields: str) -> httpx2.Response:
    return server.client.post(
        "/v1/voices", data={"name": "me", **fields}, files={"audio": ("me.m4a", content)}
    )


def test_a_voice_is_added_shown_renamed_and_removed(
    server: Running, sample: Voice, sample_file: bytes
):
    made = add(server, sample_file, transcript=sample.transcript, consent="my own voice")
    assert made.status_code == 201
    assert made.json()["id"] == sample.id
    assert made.json()["consent"] == "my own voice"
    assert [v["name"] for v in server.client.get("/v1/voices").json()["voices"]] == ["me", "sample"]

    change = {"name": "나 자신", "speaker": "me"}
    changed = server.client.patch("/v1/voices/me", json=change).json()
    assert (changed["name"], changed["speaker"]) == ("나 자신", "me")
    assert changed["consent"] == "my own voice"

    assert server.client.get("/v1/voices/me").status_code == 404
    assert server.speak(voice="나 자신").status_code == 200
    assert server.client.delete("/v1/voices/나 자신").status_code == 204
    assert server.client.get("/v1/voices/나 자신").status_code == 404


def test_a_reference_can_be_played(server: Running, sample: Voice):
    played = server.client.get("/v1/voices/sample/reference", params={"format": "flac"})
    assert played.headers["content-type"] == "audio/flac"
    assert decode(played.content).pcm16() == sample.reference.pcm16()


def test_a_name_that_is_taken_is_a_conflict(server: Running, sample_file: bytes):
    assert add(server, sample_file, name="sample").status_code == 409
    assert add(server, sample_file).status_code == 201
    assert server.client.patch("/v1/voices/me", json={"name": "sample"}).status_code == 409


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no sound",
        b"RIFF\x00\x00\x00\x00WAVE",
        encode_file(Audio.silence(5, 16000), AudioFormat.WAV),
    ],
    ids=["empty", "text", "cut short", "silence"],
)
def test_what_is_no_voice_is_refused(server: Running, content: bytes):
    response = add(server, content)
    assert response.status_code == 400
    assert response.json()["error"]["code"] in ("bad_audio", "bad_reference")


@pytest.mark.parametrize("name", ["../up", ".hidden", "a\x00b", " "])
def test_a_name_that_could_lead_elsewhere_is_refused(
    server: Running, sample_file: bytes, name: str
):
    assert add(server, sample_file, name=name).status_code in (400, 422)


def test_a_recording_is_aligned(server: Running, sample: Voice, sample_file: bytes):
    answer = server.client.post(
        "/v1/align",
        data={"text": sample.transcript, "language": "en"},
        files={"audio": ("a.flac", sample_file)},
    )
    assert answer.status_code == 200, answer.text
    times = answer.json()
    assert times["words"][0]["text"] == "A"
    starts = [word["start"] for word in times["words"]]
    assert starts == sorted(starts)
    assert times["words"][-1]["end"] <= times["duration"]
    assert times["fit"] == "matching"


def test_a_recording_that_says_something_else_is_told(server: Running, sample_file: bytes):
    text = "It is raining outside, and the trains are late again. Nobody knows when they will come."
    answer = server.client.post(
        "/v1/align", data={"text": text}, files={"audio": ("a.flac", sample_file)}
    )
    assert answer.json()["fit"] in ("doubtful", "mismatch")


def test_the_engines_are_listed(server: Running):
    engines = server.client.get("/v1/engines").json()["engines"]
    configured = {engine["name"]: engine["configured"] for engine in engines}
    assert configured["embedded"] and not configured["gpt-sovits"]


def test_the_quality_of_a_voice_is_told(server: Running, sample: Voice):
    good = server.client.get("/v1/voices/sample/quality").json()
    assert 5 < good["speech"] < 10 and good["noise"] > 20 and good["remarks"] == []
    loud = Audio(np.clip(2 * sample.reference.samples, -1, 1), sample.reference.sample_rate)
    add(server, encode_file(loud.between(0, 2), AudioFormat.FLAC))
    told = server.client.get("/v1/voices/me/quality").json()
    assert [remark["code"] for remark in told["remarks"]] == ["short", "clipped", "no_transcript"]
    assert told["clipped"] > 0.001


def test_a_voice_that_is_exported_can_be_imported(server: Running):
    packed = server.client.get("/v1/voices/sample/export")
    assert packed.headers["content-type"] == "application/zip"
    files = {"file": ("sample.zip", packed.content)}
    made = server.client.post("/v1/voices/import", data={"name": "again"}, files=files)
    assert (made.status_code, made.json()["name"]) == (201, "again")
    assert made.json()["id"] == server.client.get("/v1/voices/sample").json()["id"]
    taken = server.client.post("/v1/voices/import", files=files)
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "voice_exists")
    broken = server.client.post("/v1/voices/import", files={"file": ("a.zip", b"no zip")})
    assert broken.status_code == 400
