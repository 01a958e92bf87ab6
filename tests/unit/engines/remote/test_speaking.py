"""Bounds, retries and endings, on an OpenAI-like server that misbehaves."""

import datetime
import ipaddress
import json
import socket
import ssl
import threading
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from myna.core.audio import Audio
from myna.core.errors import (
    EngineBusy,
    EngineTimeout,
    EngineUnreachable,
    SynthesisFailed,
    Unsupported,
)
from myna.core.speech import Chunk, Utterance
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, encode_file
from myna.settings import RemoteSettings
from myna.studio.engine_builders import RemoteEngine
from myna.studio.remote_builders import build
from tests.conftest import tone
from tests.unit.engines.remote.scripted import PATIENT, SPEECH, Request, ScriptedServer, scripted

HELLO = Utterance("Hello there.", "en")
SECRET = "sk-very-secret"


def engine(server: ScriptedServer | str, **fields: object) -> RemoteEngine:
    url = server if isinstance(server, str) else server.url
    given = {"kind": "openai", "url": url, "voice": "alloy", **PATIENT, **fields}
    return build("there", RemoteSettings.model_validate(given), {})


def said(engine: RemoteEngine, voice: Voice, utterance: Utterance = HELLO) -> list[Chunk]:
    with closing(engine.speak(utterance, voice)) as chunks:
        return list(chunks)


def speech(request: Request) -> None:
    request.answer(200, SPEECH)


def test_a_fixed_voice_is_declared_as_the_engines_own(sample: Voice):
    with scripted(speech) as server:
        chunks = said(engine(server), sample)
    assert {(chunk.engine, chunk.cloned) for chunk in chunks} == {("there", False)}
    assert Audio.join(chunk.audio for chunk in chunks).pcm16() == tone(1.0).pcm16()


def test_a_failing_server_is_tried_again_and_then_told(sample: Voice):
    def fail_twice(request: Request) -> None:
        if len(request.server.requests) < 3:
            request.answer(500, b'{"error": {"message": "out of memory"}}')
        else:
            request.answer(200, SPEECH)

    with scripted(fail_twice) as server:
        assert said(engine(server, retries=2), sample)
        assert len(server.requests) == 3
    with scripted(lambda request: request.answer(500, b"out of memory")) as server:
        with pytest.raises(SynthesisFailed, match="status 500: out of memory"):
            said(engine(server, retries=1), sample)
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        (400, SynthesisFailed, "no such model"),
        (401, SynthesisFailed, "remotes.there.key"),
        (404, SynthesisFailed, "no such model"),
        (429, EngineBusy, "no such model"),
    ],
)
def test_a_refusal_is_told_and_not_tried_again(
    sample: Voice, status: int, error: type[Exception], told: str
):
    body = b'{"error": {"message": "no such model"}}'
    with scripted(lambda request: request.answer(status, body)) as server:
        with pytest.raises(error, match=told) as caught:
            said(engine(server, key=SECRET), sample)
        assert len(server.requests) == 1
        assert server.requests[0].headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in str(caught.value)


def test_nothing_is_tried_again_once_a_byte_has_come(sample: Voice):
    def break_off(request: Request) -> None:
        request.answer(200, SPEECH[:8000], promised=len(SPEECH))
        request.close_connection = True

    with scripted(break_off) as server:
        heard = []
        with pytest.raises(EngineUnreachable, match="broke off"):
            for chunk in engine(server).speak(HELLO, sample):
                heard.append(chunk)
        assert heard
        assert len(server.requests) == 1


def test_many_sentences_share_one_connection(sample: Voice):
    with scripted(speech) as server:
        there = engine(server)
        for _ in range(5):
            said(there, sample)
        assert (len(server.requests), server.connections) == (5, 1)


def test_closing_ends_the_request_at_once(sample: Voice):
    def speak_and_hang(request: Request) -> None:
        request.begin()
        request.send(SPEECH)
        request.hang()

    with scripted(speak_and_hang) as server:
        chunks = engine(server, stall_seconds=60).speak(HELLO, sample)
        next(chunks)
        assert not server.gone.is_set()
        chunks.close()
        assert server.gone.wait(5)


def test_drops_of_nothing_do_not_prolong_the_wait(sample: Voice):
    def drip(request: Request) -> None:
        request.begin()
        for byte in SPEECH[:44]:
            request.send(bytes([byte]))
            if request.server.gone.wait(0.05):
                break

    with (
        scripted(drip) as server,
        pytest.raises(EngineTimeout, match=r"no sound within 0\.4 seconds"),
    ):
        said(engine(server, first_sound_seconds=0.4), sample)


@pytest.mark.parametrize("content", [b"", encode_file(Audio.silence(1.0, 16000), AudioFormat.WAV)])
def test_silence_is_no_answer(sample: Voice, content: bytes):
    with (
        scripted(lambda request: request.answer(200, content)) as server,
        pytest.raises(SynthesisFailed, match="no sound"),
    ):
        said(engine(server), sample)


def test_what_is_no_sound_is_told(sample: Voice):
    with (
        scripted(lambda request: request.answer(200, b"<html>Welcome</html>")) as server,
        pytest.raises(SynthesisFailed, match="no sound"),
    ):
        said(engine(server), sample)


@pytest.mark.parametrize("format", [AudioFormat.MP3, AudioFormat.OPUS, AudioFormat.FLAC])
def test_a_server_that_sends_another_format_is_understood(sample: Voice, format: AudioFormat):
    content = encode_file(tone(1.0, sample_rate=24000), format)
    with scripted(lambda request: request.answer(200, content)) as server:
        chunks = said(engine(server), sample)
    assert sum(chunk.audio.duration for chunk in chunks) == pytest.approx(1.0, abs=0.05)
    assert len(chunks) > 1


def test_the_environments_proxy_is_not_used(sample: Voice, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with scripted(speech) as server:
        assert said(engine(server), sample)


def test_a_proxy_that_is_set_is_used(sample: Voice):
    with scripted(speech) as proxy:
        assert said(engine("http://server.invalid", proxy=proxy.url), sample)
        assert proxy.requests[0].path == "http://server.invalid/v1/audio/speech"


def test_voices_are_chosen_by_id_then_by_language(sample: Voice):
    voices = {sample.id: "grandma", "ko": "yuna"}
    with scripted(speech) as server:
        there = engine(server, voices=voices, voice="alloy")
        other = Voice(tone(2.0), "x", "en")
        asked = [(sample, "en"), (other, "ko"), (other, "en")]
        cloned = [said(there, voice, Utterance("Hi.", lang))[0].cloned for voice, lang in asked]
        assert [json.loads(asked.content)["voice"] for asked in server.requests] == [
            "grandma",
            "yuna",
            "alloy",
        ]
    assert cloned == [True, False, False]


def test_without_a_voice_the_setting_is_named(sample: Voice):
    with scripted(speech) as server:
        with pytest.raises(SynthesisFailed, match=r"remotes\.there\.voice"):
            said(engine(server, voice=None), sample)
        with pytest.raises(Unsupported, match="tlh"):
            said(engine(server), sample, Utterance("nuqneH", "tlh"))
        assert server.requests == []


def test_what_changes_the_sound_changes_the_fingerprint():
    def of(**fields: object) -> str:
        return engine("http://a", **fields).fingerprint

    prints = [
        of(),
        of(url="http://b"),
        of(model="tts-2"),
        of(voice="nova"),
        of(voices={"ko": "yuna"}),
        of(revision="2"),
        of(clones=True),
    ]
    assert len(set(prints)) == len(prints)
    assert of() == of(key=SECRET, retries=5, stall_seconds=9)


def test_a_server_is_asked_how_it_is():
    with scripted(lambda request: request.answer(404, b"")) as server:
        engine(server).check()
    with (
        scripted(lambda request: request.answer(401, b"bad key")) as server,
        pytest.raises(SynthesisFailed, match="bad key"),
    ):
        engine(server).check()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(EngineUnreachable, match="refused"):
        engine(f"http://127.0.0.1:{port}").check()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make a certificate for 127.0.0.1 that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = folder / "key.pem"
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(pem, secret)
    return trust, pem


def test_a_certificate_nobody_vouches_for_is_refused_unless_it_is_named(
    sample: Voice, tmp_path: Path
):
    trust, pem = certificate(tmp_path)
    with scripted(speech, trust) as server:
        url = f"https://127.0.0.1:{server.port}"
        with pytest.raises(EngineUnreachable, match="CERTIFICATE_VERIFY_FAILED"):
            said(engine(url), sample)
        assert server.requests == []
        assert said(engine(url, ca_file=pem), sample)


def test_a_name_server_that_says_nothing_holds_nobody_up(
    sample: Voice, monkeypatch: pytest.MonkeyPatch
):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20))
    try:
        with pytest.raises(EngineTimeout, match=r"no sound within 0\.2 seconds"):
            said(engine("http://server.invalid", first_sound_seconds=0.2), sample)
    finally:
        over.set()
