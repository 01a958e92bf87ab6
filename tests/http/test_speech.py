import base64
import io
import json
import wave
from collections.abc import Callable

import httpx2
import pytest

from myna.core.speech import Options, SpeechRequest
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, decode
from tests.http.conftest import Running
from tests.http.doubles import TimedEngine
from tests.unit.engines.doubles import BrokenEngine, HeedfulEngine, ToneEngine

Serve = Callable[..., Running]
SAMPLES_OF_A_SIGN = 800  # what ToneEngine makes of a character


def events(response: httpx2.Response) -> list[dict[str, object]]:
    lines = response.text.splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


def test_a_streamed_speech_is_what_the_studio_says(serve: Serve):
    server = serve(ToneEngine())
    response = server.speak("가나다.", format="pcm")
    assert response.headers["transfer-encoding"] == "chunked"
    assert response.headers["content-type"] == "audio/pcm"
    assert response.headers["x-sample-rate"] == "16000"
    spoken = server.studio.speak(SpeechRequest("가나다.", "sample"))
    assert response.content == spoken.audio.pcm16()


@pytest.mark.parametrize("format", list(AudioFormat), ids=lambda f: f.value)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_every_format_can_be_heard(serve: Serve, format: AudioFormat, stream: bool):
    response = serve(ToneEngine()).speak("가나다라마바사.", format=format.value, stream=stream)
    assert response.status_code == 200
    assert response.headers["content-type"] == format.media_type
    assert ("content-length" in response.headers) is not stream
    if format is AudioFormat.PCM:
        seconds = len(response.content) / 2 / 16000
    else:
        seconds = decode(response.content).duration
    assert seconds == pytest.approx(8 * 0.05, abs=0.15)


def test_a_whole_wav_states_its_exact_length(serve: Serve):
    response = serve(ToneEngine()).speak("가나다.", stream=False)
    with wave.open(io.BytesIO(response.content)) as file:
        assert file.getnframes() == 4 * SAMPLES_OF_A_SIGN


def test_the_sample_rate_can_be_chosen(serve: Serve):
    response = serve(ToneEngine()).speak("가나다.", format="pcm", sample_rate=24000)
    assert response.headers["x-sample-rate"] == "24000"
    assert len(response.content) == 2 * 4 * SAMPLES_OF_A_SIGN * 24 // 16


def test_events_carry_sound_words_and_the_end(serve: Serve):
    server = serve(TimedEngine())
    response = server.speak("가나 다라.", format="pcm", timestamps=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    received = events(response)
    sound = b"".join(base64.b64decode(e["audio"]) for e in received if e["type"] == "audio")
    assert sound == server.studio.speak(SpeechRequest("가나 다라.", "sample")).audio.pcm16()
    words = [word["text"] for e in received if e["type"] == "words" for word in e["words"]]
    assert [word.strip(".") for word in words] == ["가나", "다라"]
    assert received[-1]["type"] == "done"
    assert received[-1]["duration"] == pytest.approx(5 * 0.05)


def test_whole_speech_with_word_times_is_one_object(serve: Serve):
    answer = serve(TimedEngine()).speak("가나 다라.", timestamps=True, stream=False).json()
    assert decode(base64.b64decode(answer["audio"])).duration == pytest.approx(answer["duration"])
    assert len(answer["words"]) == 2


def test_a_recording_can_come_along(serve: Serve, sample: Voice, sample_file: bytes):
    server = serve(ToneEngine())
    response = server.client.post(
        "/v1/speech",
        data={"text": "가나다.", "transcript": sample.transcript, "format": "pcm"},
        files={"reference": ("me.flac", sample_file)},
    )
    assert response.status_code == 200, response.text
    assert len(response.content) == 2 * 4 * SAMPLES_OF_A_SIGN


def test_what_fails_before_the_first_sound_has_a_status(serve: Serve):
    response = serve(BrokenEngine()).speak()
    assert response.status_code == 500
    error = response.json()["error"]
    assert error["code"] == "synthesis_failed"
    assert error["request_id"] == response.headers["x-request-id"]


def test_what_fails_later_never_ends_well(serve: Serve):
    server = serve(BrokenEngine(after=3))
    with pytest.raises(httpx2.RemoteProtocolError, match="incomplete chunked read"):
        server.speak()
    server.wait_until_idle()


def test_events_tell_of_a_late_failure(serve: Serve):
    received = events(serve(BrokenEngine(after=3)).speak(timestamps=True))
    assert received[0]["type"] == "audio"
    assert received[-1]["error"]["code"] == "synthesis_failed"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"voice": "nobody"}, 404, "voice_not_found"),
        ({"engine": "fast"}, 404, "engine_not_found"),
        ({"text": "…!?"}, 400, "bad_text"),
        ({"text": ""}, 422, "invalid_request"),
        ({"speed": 9}, 422, "invalid_request"),
        ({"language": "fr"}, 422, "invalid_request"),
        ({"language": "ja"}, 400, "unsupported"),
        ({"speeed": 1}, 422, "invalid_request"),
    ],
)
def test_a_request_that_cannot_be_served_says_why(serve: Serve, fields, status: int, code: str):
    response = serve(ToneEngine()).speak(**fields)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


KNOBS = {
    "speed": 1.5,
    "temperature": 0.7,
    "seed": 9,
    "sentence_pause": 0.1,
    "top_k": 5,
    "top_p": 0.9,
    "repetition_penalty": 1.2,
    "retries": 2,
    "sample_steps": 8,
}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"seed": %s}' % (b"9" * 5000)]
)
def test_a_body_that_is_no_json_is_not_understood(serve: Serve, body: bytes):
    refused = serve(ToneEngine()).client.post("/v1/speech", content=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")


def test_a_wrong_method_is_told_the_right_one(serve: Serve):
    refused = serve(ToneEngine()).client.get("/v1/speech")
    assert (refused.status_code, refused.json()["error"]["code"]) == (405, "method_not_allowed")
    assert refused.headers["allow"] == "POST"


def test_every_knob_reaches_the_engine(serve: Serve):
    engine = HeedfulEngine()
    assert serve(engine).speak("가나다.", **KNOBS).status_code == 200
    assert engine.heard[0].options == Options(**KNOBS)


@pytest.mark.parametrize("wrong", [{"top_k": 0}, {"top_p": 1.1}, {"retries": 6}])
def test_a_knob_out_of_its_range_is_refused(serve: Serve, wrong: dict[str, float]):
    answer = serve(ToneEngine()).speak("가나다.", **wrong)
    assert answer.status_code == 422
    assert next(iter(wrong)) in answer.text


def test_the_timbre_of_other_voices_is_mixed_in(serve: Serve):
    engine = HeedfulEngine()
    server = serve(engine)
    assert server.speak("가나다.", auxiliary=["sample", "sample"]).status_code == 200
    alone = server.studio.voice("sample")
    assert [audio.pcm16() for audio in engine.voices[0].auxiliary] == [alone.reference.pcm16()] * 2
    assert engine.voices[0].id != alone.id
    assert server.speak("가나다.", auxiliary=["nobody"]).status_code == 404
