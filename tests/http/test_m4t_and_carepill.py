import base64
from collections.abc import Callable

import httpx2
import pytest

from myna.core.errors import WeightsMissing
from myna.dsp.codec import decode
from myna.settings import Settings
from myna.storage.keys import Scope
from myna.studio.wiring import open_keys
from tests.http.conftest import Running
from tests.unit.engines.doubles import BrokenEngine, ToneEngine

Serve = Callable[..., Running]
WORDS = (
    "A few seconds of clear speech are all that I need. Whatever you write, I will read it aloud "
    "in this voice, calmly and without hurry, by day or by night."
)


def clone(server: Running, sample: bytes, **fields: str) -> httpx2.Response:
    form = {"text": "Tea.", "text_language": "eng", "prompt_text": WORDS, **fields}
    return server.client.post(
        "/v1/voice-clone",
        data={"prompt_language": "eng", **form},
        files={"audio": ("ref.flac", sample)},
    )


@pytest.mark.parametrize("code", ["eng", "en", "EN", "kor", "auto"])
def test_a_recording_speaks_in_any_spelling_of_its_language(
    serve: Serve, sample_file: bytes, code: str
):
    answer = clone(serve(ToneEngine()), sample_file, text_language=code, cut_punc="，。").json()
    sound = decode(base64.b64decode(answer["output_audio_base64"]))
    assert sound.sample_rate == answer["output_sample_rate"] == 16000
    assert sound.duration == pytest.approx(answer["output_duration"], abs=0.01)
    assert (answer["task"], answer["text_length"]) == ("voice_clone", 4)
    assert answer["service_available"] is True
    assert answer["processing_time"] > 0


class Unready(ToneEngine):
    def speak(self, utterance, voice):
        raise WeightsMissing("no file /secret/place/model.pth")
        yield


def test_without_a_ready_engine_it_says_so_and_what_to_do(serve: Serve, sample_file: bytes):
    answer = clone(serve(Unready()), sample_file)
    assert answer.status_code == 503
    assert answer.json()["service_available"] is False
    assert answer.json()["suggestion"]
    assert "/secret" not in answer.text


def test_a_failing_engine_is_a_500_with_detail(serve: Serve, sample_file: bytes):
    answer = clone(serve(BrokenEngine()), sample_file)
    assert (answer.status_code, list(answer.json())) == (500, ["detail"])


def test_a_wrong_language_or_recording_is_the_callers(serve: Serve, sample_file: bytes):
    server = serve(ToneEngine())
    assert clone(server, sample_file, text_language="fra").status_code == 400
    assert clone(server, b"not sound").status_code == 400
    assert clone(server, sample_file, text="").status_code == 422


class Pill:
    """CarePill's client, as it calls."""

    def __init__(self, server: Running, key: str) -> None:
        self.client, self.key = server.client, key

    def speak(self, user: str, text: str = "약.") -> httpx2.Response:
        form = {"text": text, "user_id": user, "api_key": self.key}
        return self.client.post("/api/v1/tts", data=form)

    def upload(self, user: str, sample: bytes) -> httpx2.Response:
        form = {"user_id": user, "api_key": self.key, "transcript": WORDS}
        return self.client.post("/api/v1/voices", data=form, files={"audio": ("a.flac", sample)})


def key_of(settings: Settings, owner: str) -> str:
    _, secret = open_keys(settings).add(owner, owner=owner, scopes=[Scope.SPEAK, Scope.VOICES])
    return secret


def test_a_user_speaks_in_the_voice_that_was_uploaded(
    serve: Serve, settings: Settings, sample_file: bytes
):
    pill = Pill(serve(ToneEngine()), key_of(settings, "clinic"))
    assert pill.client.get("/health").status_code == 200
    assert pill.speak("grandma").status_code == 404
    assert pill.upload("grandma", sample_file).json()["success"] is True
    assert pill.upload("grandma", sample_file).status_code == 200  # again: in place of the first
    answer = pill.speak("grandma").json()
    assert decode(base64.b64decode(answer["audio_base64"])).duration > 0.05
    assert (answer["success"], answer["text_length"]) == (True, 2)
    assert answer["processing_time_ms"] >= 0


def test_one_tenant_never_hears_anothers_user(serve: Serve, settings: Settings, sample_file: bytes):
    clinic, other = key_of(settings, "clinic"), key_of(settings, "other")
    server = serve(ToneEngine())
    assert Pill(server, clinic).upload("grandma", sample_file).status_code == 200
    stranger = Pill(server, other)
    assert stranger.speak("grandma").status_code == 404
    for user in ("../clinic/grandma", "clinic/grandma", "", "g" * 101, "users/clinic", "a b"):
        answer = stranger.speak(user)
        assert answer.status_code in (404, 422), user
        assert answer.json()["success"] is False


def test_a_bad_key_is_401(serve: Serve, settings: Settings):
    key_of(settings, "clinic")
    server = serve(ToneEngine())
    for key in ("wrong", "myna_000000000000_" + "0" * 43):
        answer = Pill(server, key).speak("grandma")
        assert (answer.status_code, answer.json()["success"]) == (401, False)
    assert Pill(server, "").speak("grandma").status_code in (401, 422)


def test_a_bad_upload_leaves_the_earlier_voice(
    serve: Serve, settings: Settings, sample_file: bytes
):
    pill = Pill(serve(ToneEngine()), key_of(settings, "clinic"))
    pill.upload("grandma", sample_file)
    assert pill.upload("grandma", b"not sound").status_code == 400
    assert pill.speak("grandma").status_code == 200
