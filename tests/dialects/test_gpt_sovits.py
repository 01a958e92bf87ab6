"""What no record shows: tenants, administrators, browsers, and paths that lead elsewhere."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest

from myna.core.speech import Options
from myna.settings import Settings
from myna.storage.keys import Scope
from myna.studio.wiring import open_keys
from tests.dialects.conftest import Polyglot
from tests.dialects.replay import Answer, send
from tests.http.conftest import Running

Sovits = Callable[..., Running]
SAY = {"text": "안녕하세요.", "text_lang": "ko", "prompt_lang": "zh"}


def speak(server: Running, path: str) -> Answer:
    return send(server.url, "GET", f"/tts?{urlencode(SAY | {'ref_audio_path': path})}")


def test_values_of_sampling_come_within_our_ranges(sovits: Sovits):
    engine = Polyglot()
    server = sovits(engine)
    asked = {"top_k": 5, "top_p": 0.5, "temperature": 9, "repetition_penalty": 0.1, "seed": 3}
    asked["sample_steps"] = 8
    query = urlencode(SAY | asked | {"ref_audio_path": "sample"})
    assert send(server.url, "GET", f"/tts?{query}").speaks
    expected = Options(
        temperature=2,
        seed=3,
        sentence_pause=0.3,
        top_k=5,
        top_p=0.5,
        repetition_penalty=1,
        sample_steps=8,
    )
    assert engine.heard[0].options == expected


@pytest.mark.parametrize(
    "path",
    ["../secret.wav", "ref/../../secret.wav", "link.wav", "secret.wav\0", "a" * 5000, "http://a/b"],
)
def test_a_path_that_leads_elsewhere_is_a_file_that_does_not_exist(
    sovits: Sovits, references: Path, path: str
):
    secret = references.parent / "secret.wav"
    secret.write_bytes((references / "ref" / "ref_5s.wav").read_bytes())
    (references / "link.wav").symlink_to(secret)
    server = sovits()
    for tried in (path, str(secret)):
        answer = speak(server, tried)
        assert answer.json == {"message": "tts failed", "Exception": f"{tried} not exists"}


def test_a_prompt_that_is_not_what_is_said_is_left_out(sovits: Sovits, references: Path):
    server = sovits()
    misfit = urlencode(SAY | {"ref_audio_path": "ref/ref_5s.wav", "prompt_text": "나비야 나비야."})
    answers = {send(server.url, "GET", f"/tts?{misfit}").content for _ in range(2)}
    assert answers == {speak(server, "ref/ref_5s.wav").content}


def test_a_default_reference_is_its_callers_alone(sovits: Sovits, settings: Settings):
    keys = open_keys(settings)
    mine, yours = (keys.add(who, owner=who, scopes=[Scope.SPEAK])[1] for who in ("ann", "bob"))
    server = sovits()
    chosen = {"refer_wav_path": "ref/ref_5s.wav", "prompt_text": "a", "prompt_language": "en"}
    me, you = [("X-API-Key", mine)], [("X-API-Key", yours)]
    assert send(server.url, "GET", f"/change_refer?{urlencode(chosen)}", me).json["code"] == 0
    query = urlencode({"text": "안녕하세요.", "text_language": "ko"})
    assert send(server.url, "GET", f"/?{query}", me).speaks
    assert send(server.url, "GET", f"/?{query}", you).status == 400
    assert send(server.url, "GET", f"/?{query}").status == 401


@pytest.mark.parametrize(
    "target",
    [
        "/set_gpt_weights?weights_path=a.ckpt",
        "/set_sovits_weights?weights_path=a.pth",
        "/set_model?gpt_model_path=a.ckpt",
        "/control?command=restart",
    ],
)
def test_an_administrator_is_told_what_this_server_cannot_change(
    sovits: Sovits, settings: Settings, target: str
):
    scopes = [Scope.SPEAK, Scope.ADMIN]
    admin = [("X-API-Key", open_keys(settings).add("root", scopes=scopes)[1])]
    speaker = [("X-API-Key", open_keys(settings).add("ann", scopes=[Scope.SPEAK])[1])]
    server = sovits(admin_operations=True)
    assert send(server.url, "GET", target, speaker).status == 403
    answer = send(server.url, "GET", target, admin)
    assert answer.status == 400
    assert answer.message


def test_a_browser_that_looks_around_sees_the_page(sovits: Sovits):
    server = sovits()
    browser = [("Accept", "text/html,application/xhtml+xml")]
    page = send(server.url, "GET", "/", browser)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert send(server.url, "GET", "/?text=hi", browser).json["code"] == 400
    assert send(server.url, "GET", "/").status == 200


def test_more_references_are_mixed_in_and_missing_ones_left_out(sovits: Sovits):
    engine = Polyglot()
    body = SAY | {"ref_audio_path": "sample"}
    body["aux_ref_audio_paths"] = ["ref/ref_5s.wav", "nowhere.wav", "SAMPLE"]
    answer = sovits(engine).client.post("/tts", json=body)
    assert answer.status_code == 200
    durations = [round(audio.duration) for audio in engine.voices[0].auxiliary]
    assert durations == [5, round(engine.voices[0].reference.duration)]
