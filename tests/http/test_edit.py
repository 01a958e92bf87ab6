import base64
import json
from collections.abc import Callable
from pathlib import Path

import httpx2
import numpy as np
import pytest

from myna.core.speech import SpeechRequest
from myna.dsp.codec import AudioFormat, decode_native, encode_file
from myna.engines.embedded.engine import EmbeddedEngine
from myna.settings import Settings
from myna.studio.studio import Studio
from myna.studio.wiring import SAMPLE_TRANSCRIPT
from tests.http.conftest import Running
from tests.unit.engines.cosyvoice.tiny_engine import tiny_engine as tiny_cosyvoice
from tests.unit.engines.gpt_sovits.tiny_engine import tiny_engine

Serve = Callable[..., Running]
TEXT = "The kettle is on and the tea will be ready soon."


@pytest.fixture
def recording(settings: Settings) -> bytes:
    """Somebody saying `TEXT`."""
    speech = Studio.open(settings).speak(SpeechRequest(TEXT, "sample"))
    return encode_file(speech.audio, AudioFormat.WAV)


def edited(server: Running, audio: bytes | None, changes: object, **fields: str) -> httpx2.Response:
    files = {"audio": ("a.wav", audio)} if audio is not None else None
    form = {"changes": json.dumps(changes), **fields}
    return server.client.post("/v1/edit", data=form, files=files)


def test_every_sample_outside_the_edit_stays_as_it_is(serve: Serve, recording: bytes):
    server = serve(EmbeddedEngine())
    answer = edited(server, recording, [{"old": "tea", "new": "coffee"}], text=TEXT)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    (span,) = body["edits"]
    assert (span["old_text"], span["new_text"], body["engine"]) == ("tea", "coffee", "embedded")
    assert body["text"] == TEXT.replace("tea", "coffee")
    before = decode_native(recording).samples
    after = decode_native(base64.b64decode(body["audio"])).samples
    assert np.array_equal(before[: span["start_sample"]], after[: span["new_start_sample"]])
    assert np.array_equal(before[span["end_sample"] :], after[span["new_end_sample"] :])


def test_another_take_can_be_chosen(serve: Serve, recording: bytes):
    server = serve(EmbeddedEngine())
    change = [{"old": "tea", "new": "coffee"}]
    best, next_best = (
        edited(server, recording, change, text=TEXT, takes="2", choice=choice).json()
        for choice in ("0", "1")
    )
    scores = best["edits"][0]["take_scores"]
    assert scores == sorted(scores) == next_best["edits"][0]["take_scores"]
    assert best["audio"] != next_best["audio"]
    beyond = edited(server, recording, change, text=TEXT, takes="2", choice="2")
    assert (beyond.status_code, beyond.json()["error"]["parameter"]) == (400, "choice")


@pytest.mark.parametrize("version", ["v2Pro", "v3", "v4", "cosyvoice2"])
def test_a_gap_is_filled_given_both_sides(
    tmp_path: Path, serve: Serve, sample_file: bytes, version: str
):
    is_cosyvoice = version == "cosyvoice2"
    engine = tiny_cosyvoice(tmp_path) if is_cosyvoice else tiny_engine(tmp_path, version)
    server = serve(engine)
    change = [{"old": "read it aloud", "new": "say it softly"}]
    fields = {"text": SAMPLE_TRANSCRIPT, "takes": "1", "sample_steps": "4"}
    answer = edited(server, sample_file, change, **fields)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    (span,) = body["edits"]
    assert body["engine"] == engine.name
    before = decode_native(sample_file).samples
    after = decode_native(base64.b64decode(body["audio"])).samples
    assert np.array_equal(before[: span["start_sample"]], after[: span["new_start_sample"]])
    assert np.array_equal(before[span["end_sample"] :], after[span["new_end_sample"] :])


def test_a_voice_of_the_library_can_be_edited(serve: Serve):
    answer = edited(
        serve(EmbeddedEngine()), None, [{"old": "clear", "new": "calm"}], recording_of="sample"
    )
    assert answer.status_code == 200, answer.text
    assert "calm speech" in answer.json()["text"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ([{"old": "coffee", "new": "tea"}], 400),
        ([{"old": "the", "start": 0, "new": "a"}], 422),
        ([{"new": "tea"}], 422),
        ([], 422),
        ("not a list", 422),
        ([{"start": 500, "new": "tea"}], 400),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    serve: Serve, recording: bytes, changes: object, status: int
):
    answer = edited(serve(EmbeddedEngine()), recording, changes, text=TEXT)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


def test_another_text_than_is_said_is_refused(serve: Serve, recording: bytes):
    other = "Printing differs from most of the arts represented in this exhibition here tonight."
    answer = edited(serve(EmbeddedEngine()), recording, [{"old": "arts", "new": "tea"}], text=other)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "text_mismatch")


class TestPartialRegenerate:
    """The body of the original plan."""

    @pytest.fixture
    def server(self, serve: Serve, recording: bytes, tmp_path: Path) -> Running:
        folder = tmp_path / "references"
        folder.mkdir()
        (folder / "original.wav").write_bytes(recording)
        (tmp_path / "secret.wav").write_bytes(recording)
        return serve(EmbeddedEngine(), reference_directory=folder)

    def body(self, **fields: object) -> dict[str, object]:
        start = TEXT.index("tea")
        return {
            "original_audio_path": "original.wav",
            "original_text": TEXT,
            "start_char_idx": start,
            "end_char_idx": start + 3,
            "new_text": "coffee",
            "text_lang": "en",
            "sample_steps": 32,
            "speed_factor": 1.0,
            "media_type": "wav",
            **fields,
        }

    def test_the_changed_recording_comes_back(self, server: Running, recording: bytes):
        answer = server.client.post("/tts/partial_regenerate", json=self.body())
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "audio/wav"
        (span,) = json.loads(answer.headers["x-edit-report"])["edits"]
        before, after = decode_native(recording).samples, decode_native(answer.content).samples
        assert np.array_equal(before[: span["start_sample"]], after[: span["new_start_sample"]])

    def test_a_voice_may_be_named(self, server: Running):
        body = self.body(ref_audio_path="sample", prompt_text="", prompt_lang="en")
        assert server.client.post("/tts/partial_regenerate", json=body).status_code == 200

    @pytest.mark.parametrize(
        "wrong",
        [
            {"original_audio_path": "../secret.wav"},
            {"original_audio_path": "missing.wav"},
            {"ref_audio_path": "../secret.wav"},
            {"start_char_idx": 900, "end_char_idx": 901},
            {"start_char_idx": -1},
            {"text_lang": "fr"},
            {"media_type": "exe"},
        ],
    )
    def test_a_mistake_is_a_400_in_json(self, server: Running, wrong: dict[str, object]):
        answer = server.client.post("/tts/partial_regenerate", json=self.body(**wrong))
        assert answer.status_code == 400
        assert answer.json()["Exception"]
        assert "secret" not in answer.json()["Exception"] or "../" in answer.json()["Exception"]
