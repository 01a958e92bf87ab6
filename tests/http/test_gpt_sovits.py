"""The neural engine behind the server."""

import io
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, encode_file
from tests.http.conftest import Running
from tests.unit.engines.doubles import ToneEngine
from tests.unit.engines.gpt_sovits.tiny_engine import tiny_engine


@pytest.mark.parametrize(
    ("version", "rate"),
    [
        ("v1", 32000),
        ("v2", 32000),
        ("v2Pro", 32000),
        ("v2ProPlus", 32000),
        ("v3", 24000),
        ("v4", 48000),
    ],
)
def test_the_server_speaks_with_every_version(
    tmp_path: Path, serve: Callable[..., Running], version: str, rate: int
) -> None:
    server = serve(tiny_engine(tmp_path / "weights", version))
    answer = server.speak("Tea is ready, come along.", language="en", format="wav")
    assert answer.status_code == 200, answer.text
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert sound.getframerate() == rate
    assert len(answer.content) > 20000


def test_half_a_character_is_refused_as_any_other(serve: Callable[..., Running]) -> None:
    body = b'{"text": "hi", "text_lang": "\\ud800", "ref_audio_path": "a", "prompt_lang": "en"}'
    json = {"Content-Type": "application/json"}
    answer = serve(ToneEngine()).client.post("/tts", content=body, headers=json)
    assert answer.status_code == 400
    assert "\ud800 is not supported" in answer.json()["message"]


def test_pauses_between_sentences_are_as_long_as_asked_for_at_48_khz(
    tmp_path: Path, serve: Callable[..., Running]
) -> None:
    server = serve(tiny_engine(tmp_path / "weights", "v4"))
    lengths = []
    for pause in (0.0, 1.0):
        manner = {"language": "en", "seed": 1, "sentence_pause": pause, "format": "pcm"}
        answer = server.speak("Tea is ready. Come along.", **manner)
        lengths.append(len(answer.content) // 2)
    assert lengths[1] - lengths[0] == 48000


def test_a_voice_v4_cannot_continue_is_an_error_and_not_silence(
    tmp_path: Path, serve: Callable[..., Running], sample: Voice
) -> None:
    server = serve(tiny_engine(tmp_path / "weights", "v4"))
    recording = encode_file(sample.reference, AudioFormat.WAV)
    answer = server.client.post(
        "/v1/speech",
        data={"text": "Tea is ready.", "language": "en"},
        files={"reference": ("me.wav", recording)},
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_reference"
    assert "transcript" in answer.json()["error"]["message"]
