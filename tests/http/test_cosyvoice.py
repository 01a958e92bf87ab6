"""An engine that takes arriving text, and its publisher's own interface, over HTTP."""

from collections.abc import Callable

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.engine import ArrivingUtterance
from myna.core.speech import Options
from myna.core.voice import Voice
from myna.dsp.codec import decode
from myna.engines.cosyvoice.engine import CosyVoiceEngine
from myna.engines.cosyvoice.files import find_files
from myna.engines.cosyvoice.presets import write_presets
from myna.engines.cosyvoice.prompt import Prompt
from tests.http.conftest import Running
from tests.http.test_conversation import conversation, say, start, until
from tests.unit.engines.cosyvoice.tiny_checkpoint import write_checkpoint
from tests.unit.engines.cosyvoice.tiny_engine import FAST
from tests.unit.engines.doubles import HeedfulEngine, ToneEngine
from tests.unit.engines.remote.test_myna import remote

Serve = Callable[..., Running]
TEXT = "One, two (or 3)."


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> CosyVoiceEngine:
    folder = write_checkpoint(tmp_path_factory.mktemp("weights"))
    vector = np.random.default_rng(3).normal(size=192).astype(np.float32)
    write_presets(folder / "spk2info.pt", {"Ada": Prompt.of_speaker(vector)})
    return CosyVoiceEngine(find_files(folder), FAST)


def _arrived(engine: CosyVoiceEngine, voice: Voice, seed: int) -> bytes:
    utterance = ArrivingUtterance([TEXT], "auto", Options(seed=seed))
    return Audio.join(chunk.audio for chunk in engine.speak_arriving(utterance, voice)).pcm16()


def test_text_written_character_by_character_is_one_utterance(
    serve: Serve, engine: CosyVoiceEngine, sample: Voice
):
    server = serve(engine)
    with conversation(server) as socket:
        start(socket, seed=4)
        for character in TEXT:
            say(socket, type="text", text=character)
        say(socket, type="end")
        sound, events = until(socket, "done", "error")
    assert [event["type"] for event in events] == ["started", "done"]
    assert sound == _arrived(engine, sample, 4)
    server.wait_until_idle()


def test_sound_comes_while_the_text_is_still_being_written(serve: Serve, engine: CosyVoiceEngine):
    server = serve(engine, slots=1)
    with conversation(server) as socket:
        start(socket, seed=4)
        say(socket, type="text", text="One two three four five six seven eight ")
        until(socket, "started")
        assert isinstance(socket.recv(timeout=20), bytes)
        # Whoever waits for text holds no turn: another speaks meanwhile, on the only one.
        assert server.speak("Hi.", language="en", format="pcm").status_code == 200
        say(socket, type="text", text="nine ten.")
        say(socket, type="end")
        assert until(socket, "done", "error")[1][-1]["type"] == "done"


def test_cancelling_frees_the_slot(serve: Serve, engine: CosyVoiceEngine):
    server = serve(engine)
    with conversation(server) as socket:
        start(socket)
        say(socket, type="text", text="One two three four five six seven eight ")
        until(socket, "started")
        say(socket, type="cancel")
        until(socket, "cancelled")
    server.wait_until_idle()
    server.wait_until(lambda: engine.synthesis.live == 0)


@pytest.mark.parametrize(
    ("text", "code"), [("  ( ", "bad_text"), ("One two three four five ", "text_too_slow")]
)
def test_text_without_words_or_without_end_is_an_error(
    serve: Serve, engine: CosyVoiceEngine, text: str, code: str
):
    server = serve(engine, idle_seconds=0.2)
    with conversation(server) as socket:
        start(socket)
        say(socket, type="text", text=text)
        if code == "bad_text":
            say(socket, type="end")
        _, events = until(socket, "error", "done")
    assert events[-1]["error"]["code"] == code
    server.wait_until_idle()


def test_a_recording_is_converted(serve: Serve, engine: CosyVoiceEngine, sample_file: bytes):
    server = serve(engine)
    upload = {"audio": ("a.flac", sample_file)}
    answer = server.client.post("/v1/convert", files=upload, data={"voice": "sample"})
    assert answer.status_code == 200
    assert answer.headers["X-Sample-Rate"] == "24000"
    given = decode(sample_file).duration
    assert abs(decode(answer.content).duration - given) < 0.1
    upload["reference"] = ("b.flac", sample_file)
    assert server.client.post("/v1/convert", files=upload).status_code == 200
    refused = server.client.post("/v1/convert", files=upload, data={"voice": "sample"})
    assert refused.json()["error"]["code"] == "invalid_request"


def test_an_engine_that_cannot_convert_says_so(serve: Serve, sample_file: bytes):
    answer = serve(ToneEngine()).client.post(
        "/v1/convert", files={"audio": ("a.flac", sample_file)}, data={"voice": "sample"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported")


def test_a_speaker_nobody_brings_along_is_refused(serve: Serve, engine: CosyVoiceEngine):
    server = serve(engine)
    assert server.speak("Hi.", speaker="Ada").status_code == 200
    answer = server.speak("Hi.", speaker="Bob")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_option")
    assert "Ada" in answer.json()["error"]["message"]


def test_a_speaker_needs_no_voice(serve: Serve, engine: CosyVoiceEngine):
    server = serve(engine)
    body: dict[str, object] = {"text": "Hi.", "seed": 4, "stream": False}
    answer = server.client.post("/v1/speech", json={**body, "speaker": "Ada"})
    assert answer.status_code == 200, answer.text
    assert answer.content == server.speak(**body, speaker="Ada").content
    assert server.client.post("/v1/speech", json=body).status_code == 422
    nobody = server.client.post("/v1/speech", json={**body, "speaker": "Bob"})
    assert nobody.json()["error"]["code"] == "invalid_option"


def test_a_speaker_speaks_through_another_myna(serve: Serve):
    server = serve(remote(serve(there := HeedfulEngine("Ada")).url))
    form = {"tts_text": "Hi.", "spk_id": "Ada"}
    for _ in range(2):
        answer = server.client.post("/inference_sft", data=form)
        assert answer.status_code == 200, answer.text
        assert np.abs(np.frombuffer(answer.content, "<i2")).max() > 100
    assert [heard.options.speaker for heard in there.heard] == ["Ada", "Ada"]
    missing = server.client.post("/inference_sft", data={**form, "spk_id": "Bob"})
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("path", "fields", "uploads"),
    [
        ("sft", {"spk_id": "Ada"}, False),
        ("sft", {"spk_id": "sample"}, False),
        ("zero_shot", {"prompt_text": ""}, True),
        ("cross_lingual", {}, True),
        ("instruct", {"spk_id": "Ada", "instruct_text": "Softly"}, False),
        ("instruct2", {"instruct_text": "Softly<|endofprompt|>"}, True),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_forms_of_its_own_server_answer_with_raw_sound(
    serve: Serve,
    engine: CosyVoiceEngine,
    sample_file: bytes,
    path: str,
    fields: dict[str, str],
    uploads: bool,
    method: str,
):
    files = {"prompt_wav": ("a.flac", sample_file)} if uploads else None
    answer = serve(engine).client.request(
        method, f"/inference_{path}", data={"tts_text": "Hi.", **fields}, files=files
    )
    assert answer.status_code == 200, answer.text
    assert len(answer.content) % 2 == 0
    assert np.abs(np.frombuffer(answer.content, "<i2")).max() > 100


def test_its_errors_are_told_as_its_own_server_tells_them(serve: Serve, engine: CosyVoiceEngine):
    client = serve(engine).client
    missing = client.post("/inference_sft", data={"tts_text": "Hi.", "spk_id": "Bob"})
    assert missing.status_code == 404
    assert "Bob" in missing.json()["detail"]
    assert client.post("/inference_sft", data={"spk_id": "Ada"}).status_code == 422
