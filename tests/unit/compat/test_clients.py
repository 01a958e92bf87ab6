"""The clients that existing code expects, against a real server."""

from collections.abc import Callable
from pathlib import Path

import pytest

from myna.compat import GPTSoVITSClient, VoiceCloner
from myna.compat.voice_cloner import Kind
from myna.core.errors import (
    BadAudio,
    BadReference,
    EngineError,
    EngineUnreachable,
    MynaError,
    RequestError,
    Unsupported,
    VoiceNotFound,
)
from myna.dsp.codec import decode
from myna.settings import Settings
from myna.storage.keys import Scope
from myna.studio.wiring import SAMPLE_TRANSCRIPT, open_keys
from tests.http.conftest import Running, serve
from tests.unit.engines.doubles import BabbleEngine, BrokenEngine, ToneEngine
from tests.unit.engines.remote.scripted import scripted

__all__ = ["serve"]

Serve = Callable[..., Running]
NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens


@pytest.fixture
def recording(tmp_path: Path, sample_file: bytes) -> Path:
    path = tmp_path / "sample.flac"
    path.write_bytes(sample_file)
    return path


@pytest.fixture
def key(settings: Settings) -> str:
    scopes = [Scope.SPEAK, Scope.VOICES]
    return open_keys(settings).add("clinic", owner="clinic", scopes=scopes)[1]


def client(url: str, key: str, folder: Path, user: str = "grandma") -> GPTSoVITSClient:
    return GPTSoVITSClient(url, key, user, folder / "cache")


def test_a_users_voice_is_uploaded_and_speaks(
    serve: Serve, key: str, tmp_path: Path, recording: Path
):
    engine = ToneEngine()
    pill = client(serve(engine).url, key, tmp_path)
    with pytest.raises(VoiceNotFound, match="grandma"):
        pill.text_to_speech("약.")
    assert len(pill.upload_voice_sample(recording, SAMPLE_TRANSCRIPT, "en")) == 32
    assert decode(pill.text_to_speech("약.")).duration > 0.05
    assert engine.said == ["약."]


def test_what_was_said_is_said_again_without_any_network(
    serve: Serve, key: str, tmp_path: Path, recording: Path
):
    engine = ToneEngine()
    server = serve(engine)
    pill = client(server.url, key, tmp_path)
    pill.upload_voice_sample(recording)
    said = pill.text_to_speech("약 드세요.")
    assert pill.text_to_speech("약 드세요.") == said
    assert len(engine.said) == 1
    pill.text_to_speech("약 드세요.", use_cache=False)
    assert len(engine.said) == 2
    server.stop()
    assert client(server.url, key, tmp_path).text_to_speech("약 드세요.") == said
    with pytest.raises(EngineUnreachable, match="refused"):
        client(server.url, key, tmp_path).text_to_speech("새 말.")


def test_another_sample_or_user_is_not_answered_from_the_cache(
    serve: Serve, key: str, tmp_path: Path, recording: Path
):
    engine = ToneEngine()
    server = serve(engine)
    pill = client(server.url, key, tmp_path)
    pill.upload_voice_sample(recording)
    pill.text_to_speech("약.")
    pill.upload_voice_sample(recording, SAMPLE_TRANSCRIPT)  # another voice by its words
    pill.text_to_speech("약.")
    other = client(server.url, key, tmp_path, user="grandpa")
    other.upload_voice_sample(recording)
    other.text_to_speech("약.")
    assert len(engine.said) == 3


def test_a_damaged_file_in_the_cache_is_made_again(
    serve: Serve, key: str, tmp_path: Path, recording: Path
):
    engine = ToneEngine()
    pill = client(serve(engine).url, key, tmp_path)
    pill.upload_voice_sample(recording)
    said = pill.text_to_speech("약.")
    largest = max((tmp_path / "cache").iterdir(), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-100])
    assert pill.text_to_speech("약.") == said
    assert len(engine.said) == 2


@pytest.mark.parametrize("answer", ["[]", "{}", '{"audio_base64": "?"}', "<html>"])
def test_a_server_with_another_interface_is_told(key: str, tmp_path: Path, answer: str):
    with (
        scripted(lambda request: request.answer(200, answer.encode())) as server,
        pytest.raises(EngineError, match="`api_url`"),
    ):
        client(server.url, key, tmp_path).text_to_speech("약.")


def test_a_callers_mistake_and_a_servers_failure_are_told_apart(
    serve: Serve, key: str, tmp_path: Path, recording: Path
):
    pill = client(serve(BrokenEngine()).url, key, tmp_path)
    (tmp_path / "noise.wav").write_bytes(b"not sound")
    with pytest.raises(BadAudio):
        pill.upload_voice_sample(tmp_path / "noise.wav")
    with pytest.raises(BadAudio, match=r"nobody\.wav"):
        pill.upload_voice_sample(tmp_path / "nobody.wav")
    pill.upload_voice_sample(recording)
    with pytest.raises(EngineError, match="status 500"):
        pill.text_to_speech("약.")
    with pytest.raises(RequestError, match="api_key"):
        client(serve(ToneEngine()).url, "wrong", tmp_path).text_to_speech("약.")


@pytest.fixture
def cloner(serve: Serve) -> VoiceCloner:
    return VoiceCloner(serve(BabbleEngine()).url)


@pytest.mark.parametrize("kind", ["myna", "gpt-sovits-v1", "gpt-sovits-v2"])
def test_a_recording_speaks_given_as_file_or_bytes(serve: Serve, recording: Path, kind: Kind):
    cloner = VoiceCloner(serve(BabbleEngine()).url, kind=kind)
    words = (SAMPLE_TRANSCRIPT, "en")
    said = cloner.clone_voice_from_audio(recording, "Hello there.", "en", *words)
    assert decode(said).duration > 0.2
    content = recording.read_bytes()
    assert cloner.clone_voice_from_bytes(content, "Hello there.", "en", *words) == said


def test_the_default_voice_has_to_be_chosen_first(cloner: VoiceCloner, recording: Path):
    with pytest.raises(BadReference, match="change_default_reference"):
        cloner.clone_voice_with_default("Hello.")
    cloner.change_default_reference(recording, SAMPLE_TRANSCRIPT, "en")
    said = cloner.clone_voice_with_default("Hello.")
    assert decode(said).duration > 0.1
    with pytest.raises(MynaError):
        cloner.change_default_reference(recording.with_suffix(".toml"))
    assert cloner.clone_voice_with_default("Hello.") == said


def test_availability_is_that_of_the_engines_to_speak_with(cloner: VoiceCloner, recording: Path):
    assert cloner.is_available() is True
    gone = VoiceCloner(NOWHERE)
    assert gone.is_available() is False
    with pytest.raises(EngineUnreachable):
        gone.clone_voice_from_audio(recording, "Hello.", "en")
    with pytest.raises(Unsupported, match="tlh"):
        cloner.clone_voice_from_audio(recording, "Hello.", "tlh")


def test_without_a_server_the_configured_engines_speak(recording: Path):
    cloner = VoiceCloner()
    assert cloner.is_available() is True
    said = cloner.clone_voice_from_audio(recording, "Hi.", "en", SAMPLE_TRANSCRIPT, "en")
    assert decode(said).duration > 0.1
