"""Clova, which has speakers of its own, and GPT-SoVITS servers, which read recordings by path."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.errors import SynthesisFailed
from myna.core.speech import Chunk, Options, Utterance
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, decode, encode_file
from myna.settings import RemoteSettings
from myna.studio.engine_builders import RemoteEngine
from myna.studio.remote_builders import build
from tests.conftest import tone
from tests.unit.engines.remote.scripted import PATIENT, SPEECH, Request, ScriptedServer, scripted

HELLO = Utterance("안녕하세요.", "ko")


def engine(server: ScriptedServer, kind: str, **fields: object) -> RemoteEngine:
    given = {"kind": kind, "url": server.url, **PATIENT, **fields}
    return build("there", RemoteSettings.model_validate(given), {})


def clova(server: ScriptedServer, **fields: object) -> RemoteEngine:
    keys = {"key": "secret", "key_id": "id", "voices": {"ko": "nara", "en": "clara"}}
    return engine(server, "clova", **keys, **fields)


def said(engine: RemoteEngine, voice: Voice, utterance: Utterance = HELLO) -> list[Chunk]:
    with closing(engine.speak(utterance, voice)) as chunks:
        return list(chunks)


def speech(request: Request) -> None:
    request.answer(200, SPEECH)


def test_clova_is_asked_as_its_reference_says(sample: Voice):
    with scripted(speech) as server:
        chunks = said(clova(server), sample)
    (asked,) = server.requests
    assert asked.path == "/tts-premium/v1/tts"
    assert asked.headers["X-NCP-APIGW-API-KEY-ID"] == "id"
    assert asked.headers["X-NCP-APIGW-API-KEY"] == "secret"
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    form = {key: values[0] for key, values in parse_qs(asked.content.decode()).items()}
    assert (form["speaker"], form["text"], form["format"]) == ("nara", "안녕하세요.", "wav")
    assert not any(chunk.cloned for chunk in chunks)


@pytest.mark.parametrize(
    ("speed", "step"), [(1.0, "0"), (2.0, "-5"), (4.0, "-5"), (0.5, "10"), (0.25, "10")]
)
def test_clovas_pace_follows_the_speed(sample: Voice, speed: float, step: str):
    with scripted(speech) as server:
        said(clova(server), sample, Utterance("네.", "ko", Options(speed=speed)))
        assert parse_qs(server.requests[0].content.decode())["speed"] == [step]


def test_clova_speaks_the_languages_it_has_speakers_for():
    with scripted(speech) as server:
        assert clova(server).capabilities.languages == {"ko", "en"}
        assert clova(server).capabilities.clones is False


def upstream(silence_for: str = "") -> Callable[[Request], None]:
    """Answer as api_v2.py does: a header without sound, then samples; silence after a failure."""

    def script(request: Request) -> None:
        asked = request.server.requests[-1]
        if asked.path != "/tts":
            request.answer(404, b'{"detail":"Not Found"}')
            return
        body = json.loads(asked.content)
        if "ref_audio_path" not in body:
            request.answer(400, b'{"message":"ref_audio_path is required"}')
        elif body["text"] == silence_for:
            request.answer(200, encode_file(Audio.silence(1.0, 16000), AudioFormat.WAV))
        else:
            empty = encode_file(Audio(np.zeros(0, np.float32), 16000), AudioFormat.WAV)
            request.begin()
            request.send(empty)
            for second in range(3):
                request.send(tone(0.2, 220.0 * (second + 1)).pcm16())
            request.send(b"")

    return script


def test_a_header_without_sound_and_then_samples_are_one_speech(sample: Voice):
    with scripted(upstream()) as server:
        chunks = said(engine(server, "gpt-sovits-v2", voice="/there/ref.wav"), sample)
    assert Audio.join(chunk.audio for chunk in chunks).duration == pytest.approx(0.6)


def test_a_recording_that_is_there_speaks_as_the_servers_own(sample: Voice):
    with scripted(upstream()) as server:
        chunks = said(engine(server, "gpt-sovits-v2", voice="/there/ref.wav"), sample)
        body = json.loads(server.requests[-1].content)
    assert (body["ref_audio_path"], body["prompt_text"]) == ("/there/ref.wav", "")
    assert not any(chunk.cloned for chunk in chunks)


def test_a_recording_named_for_the_voice_brings_its_words(sample: Voice):
    with scripted(upstream()) as server:
        named = {sample.id: "/there/grandma.wav"}
        chunks = said(engine(server, "gpt-sovits-v2", voices=named), sample)
        (asked,) = server.requests  # it was not asked whether it takes uploads
    body = json.loads(asked.content)
    assert (body["ref_audio_path"], body["prompt_text"]) == (
        "/there/grandma.wav",
        sample.transcript,
    )
    assert all(chunk.cloned for chunk in chunks)


def test_a_shared_folder_gets_the_recording_once(sample: Voice, tmp_path: Path):
    shared = {"reference_folder": tmp_path / "here", "reference_path": "/there/"}
    with scripted(upstream()) as server:
        there = engine(server, "gpt-sovits-v2", **shared)
        for _ in range(2):
            said(there, sample)
        paths = {json.loads(asked.content)["ref_audio_path"] for asked in server.requests}
    (file,) = [path for path in (tmp_path / "here").rglob("*") if path.is_file()]
    assert paths == {f"/there/myna/{file.name}"}
    assert decode(file).pcm16() == sample.reference.pcm16()
    assert file.stat().st_mode & 0o444 == 0o444


def test_a_long_recording_is_cut_to_what_the_server_takes(sample: Voice, tmp_path: Path):
    long = Voice(Audio.join([sample.reference] * 2), "its words twice", "en")
    with scripted(upstream()) as server:
        said(engine(server, "gpt-sovits-v2", reference_folder=tmp_path), long)
        body = json.loads(server.requests[-1].content)
    assert decode(Path(body["ref_audio_path"])).duration < 10
    assert body["prompt_text"] == ""  # nobody knows which words are in the part


def test_silence_for_a_failure_is_taken_for_one(sample: Voice):
    with (
        scripted(upstream(silence_for="[fails]")) as server,
        pytest.raises(SynthesisFailed, match="no sound"),
    ):
        there = engine(server, "gpt-sovits-v2", voice="/there/ref.wav")
        said(there, sample, Utterance("[fails]", "en"))


def test_a_server_without_a_way_to_bring_a_recording_is_told(sample: Voice):
    with (
        scripted(upstream()) as server,
        pytest.raises(SynthesisFailed, match=r"remotes\.there\.voice"),
    ):
        said(engine(server, "gpt-sovits-v2"), sample)


@pytest.mark.parametrize(("kind", "path"), [("gpt-sovits-v2", "/tts"), ("gpt-sovits-v1", "/")])
def test_a_gpt_sovits_server_that_refuses_an_empty_request_is_well(kind: str, path: str):
    with scripted(lambda request: request.answer(400, b"{}")) as server:
        engine(server, kind).check()
        assert len(server.requests) == 1
        assert path in server.requests[0].path


@pytest.mark.parametrize(
    ("body", "told"),
    [  # as recorded from api_v2.py and api.py
        ('{"message":"tts failed","Exception":"Please choose another!"}', "tts failed: Please"),
        ('{"message":"ref_audio_path is required"}', "ref_audio_path is required"),
        ('{"code":400,"message":"未指定参考音频且接口无预设"}', "未指定参考音频且接口无预设"),
        ("Internal Server Error", "Internal Server Error"),
    ],
)
def test_what_a_gpt_sovits_server_refuses_with_is_told(sample: Voice, body: str, told: str):
    with (
        scripted(lambda request: request.answer(400, body.encode())) as server,
        pytest.raises(SynthesisFailed, match=told),
    ):
        said(engine(server, "gpt-sovits-v2", voice="/there/ref.wav"), sample)
