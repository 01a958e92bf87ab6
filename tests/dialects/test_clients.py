"""Requests of real clients, sent as their sources send them."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from myna.dsp.codec import decode
from tests.dialects.conftest import CLIENTS
from tests.dialects.replay import Answer, send
from tests.http.conftest import Running

Sovits = Callable[..., Running]
ORIGIN = "http://tavern.example"
SPEAKING = [
    "sillytavern-gpt-sovits-v2-tts",
    "sillytavern-gpt-sovits-adapter-tts",
    "sillytavern-cosyvoice-tts",
    "astrbot-gsv-selfhost-tts",
    "xiaozhi-gpt-sovits-v2",
    "xiaozhi-gpt-sovits-v3",
    "voicestudio-gpt-sovits-tts",
]
FILLED = {
    "{text}": "今天天气很好。",
    "{voice_id}": "sample",
    "{voice_id without [..] groups}": "sample",
    "./参考音频/{voice_id}.wav": "./参考音频/sample.wav",
    "{path}": "ref/ref_5s.wav",
    "{path, lower-cased}": "ref/ref_5s.wav",
    "{text, lower-cased}": "这是参考文本。",
    "{prompt_text}": "这是参考文本。",
    "{character names, an array}": ["Seraphina"],
}


def ask(server: Running, name: str, **changes: str) -> Answer:
    request = CLIENTS[name]["request"]
    query = {key: filled(value) for key, value in request["query"].items()} | changes
    target = request["path"] + (f"?{urlencode(query)}" if query else "")
    headers = [
        (key, ORIGIN if key == "Origin" else value)
        for key, value in request["headers"].items()
        if key != "Content-Length"
    ]
    body = b""
    if request["body"] is not None:
        values = {key: filled(value) for key, value in request["body"].items()}
        body = json.dumps(values).encode()
    return send(server.url, request["method"], target, headers, body)


def filled(value: Any) -> Any:
    return FILLED.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", SPEAKING)
def test_a_client_of_theirs_gets_the_sound_it_expects(sovits: Sovits, name: str):
    answer = ask(sovits(cors_origins=[ORIGIN]), name)
    assert answer.speaks, answer.content[:300]
    assert decode(answer.content).duration > 0.3
    if "Origin" in CLIENTS[name]["request"]["headers"]:
        assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_sillytavern_lists_the_voices_there_are(sovits: Sovits):
    answer = ask(sovits(cors_origins=[ORIGIN]), "sillytavern-gpt-sovits-v2-speakers")
    assert [(voice["name"], voice["voice_id"]) for voice in answer.json] == [("sample", "sample")]
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_sillytaverns_browser_may_ask_first_where_it_is_allowed(sovits: Sovits):
    preflight = [
        ("Origin", ORIGIN),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
    ]
    assert send(sovits(cors_origins=[ORIGIN]).url, "OPTIONS", "/", preflight).status == 200
    assert send(sovits().url, "OPTIONS", "/", preflight).status == 403


def test_voicestudio_finds_the_server_there(sovits: Sovits):
    assert ask(sovits(), "voicestudio-gpt-sovits-probe").status == 200


@pytest.mark.parametrize("network", ["gpt", "sovits"])
def test_astrbot_is_told_that_it_may_not_change_networks(sovits: Sovits, network: str):
    answer = ask(sovits(), f"astrbot-gsv-selfhost-{network}")
    assert answer.status == 403
    assert "http.admin_operations" in answer.message


def test_astrbots_lower_cased_path_finds_its_file(sovits: Sovits, references):
    folder = references / "Voices"
    folder.mkdir()
    (references / "ref" / "ref_5s.wav").rename(folder / "Anna.WAV")
    answer = ask(sovits(), "astrbot-gsv-selfhost-tts", ref_audio_path="voices/anna.wav")
    assert answer.speaks


def test_xiaozhi_needs_no_prompt_text_for_a_voice_of_the_library(sovits: Sovits):
    answer = ask(sovits(), "xiaozhi-gpt-sovits-v3", refer_wav_path="Sample", prompt_text="")
    assert answer.speaks
