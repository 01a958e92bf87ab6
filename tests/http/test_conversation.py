import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from myna.core.speech import SpeechRequest
from myna.settings import LimitSettings
from tests.http.conftest import Running
from tests.http.doubles import TimedEngine
from tests.unit.engines.doubles import BrokenEngine, SlowEngine, ToneEngine

Serve = Callable[..., Running]
Event = dict[str, object]


@contextmanager
def conversation(server: Running, **headers: str) -> Iterator[ClientConnection]:
    url = f"ws://127.0.0.1:{server.port}/v1/speech/stream"
    with connect(url, additional_headers=headers, open_timeout=10) as socket:
        yield socket


def say(socket: ClientConnection, **message: object) -> None:
    socket.send(json.dumps(message))


def start(socket: ClientConnection, id: str = "a", **fields: object) -> None:
    say(socket, type="start", id=id, voice="sample", format="pcm", **fields)


def until(socket: ClientConnection, *types: str) -> tuple[bytes, list[Event]]:
    """Collect sound and events up to an event of one of these types."""
    sound, events = b"", list[Event]()
    while True:
        message = socket.recv(timeout=10)
        if isinstance(message, bytes):
            sound += message
            continue
        events.append(json.loads(message))
        if events[-1]["type"] in types:
            return sound, events


def test_text_in_pieces_sounds_like_the_whole_text(serve: Serve):
    server = serve(ToneEngine())
    text = "하나 둘. 셋 넷! 다섯?"
    with conversation(server) as socket:
        start(socket)
        for character in text:
            say(socket, type="text", text=character)
        say(socket, type="end")
        sound, events = until(socket, "done", "error")
    assert events[0] == {"type": "started", "id": "a", "format": "pcm", "sample_rate": 16000}
    assert sound == server.studio.speak(SpeechRequest(text, "sample")).audio.pcm16()
    assert events[-1]["duration"] == pytest.approx(len(sound) / 2 / 16000)


def test_a_sentence_is_spoken_before_the_next_is_written(serve: Serve):
    with conversation(serve(ToneEngine())) as socket:
        start(socket)
        say(socket, type="text", text="하나. ")
        assert until(socket, "started")
        assert isinstance(socket.recv(timeout=10), bytes)


def test_a_flush_speaks_what_is_there(serve: Serve):
    engine = ToneEngine()
    with conversation(serve(engine)) as socket:
        start(socket)
        say(socket, type="text", text="한 마디")
        say(socket, type="flush")
        until(socket, "started")
        assert isinstance(socket.recv(timeout=10), bytes)
        assert engine.said == ["한 마디"]


def test_word_times_count_from_the_start_of_the_utterance(serve: Serve):
    with conversation(serve(TimedEngine())) as socket:
        start(socket, sentence_pause=1.0)
        say(socket, type="text", text="가나. 다라.")
        say(socket, type="end")
        _, events = until(socket, "done")
    words = [word for event in events if event["type"] == "words" for word in event["words"]]
    assert [(w["text"], w["start"]) for w in words] == [("가나.", 0.0), ("다라.", 1.15)]


def test_several_utterances_share_a_connection(serve: Serve):
    server = serve(ToneEngine())
    with conversation(server) as socket:
        for id, text in (("a", "가."), ("b", "나다.")):
            start(socket, id)
            say(socket, type="text", text=text)
            say(socket, type="end")
        first, _ = until(socket, "done")
        second, events = until(socket, "done")
    assert [event["id"] for event in events] == ["b", "b"]
    assert first == server.studio.speak(SpeechRequest("가.", "sample")).audio.pcm16()
    assert second == server.studio.speak(SpeechRequest("나다.", "sample")).audio.pcm16()


def test_cancelling_stops_the_engine_and_leaves_the_next_alone(serve: Serve):
    engine = SlowEngine()
    server = serve(engine)
    with conversation(server) as socket:
        start(socket, "a")
        say(socket, type="text", text="가나다라. ")
        until(socket, "started")
        start(socket, "b")
        say(socket, type="cancel", id="a")
        _, events = until(socket, "cancelled")
        assert events[-1]["id"] == "a"
        assert engine.closed.wait(5)
        say(socket, type="text", text="나. ")
        _, events = until(socket, "started")
        assert events[-1]["id"] == "b"


def test_cancelling_without_an_id_drops_everything(serve: Serve):
    with conversation(serve(SlowEngine())) as socket:
        for id in "ab":
            start(socket, id)
            say(socket, type="text", text="가나다라. ")
        until(socket, "started")
        say(socket, type="cancel")
        assert until(socket, "cancelled")[1][-1]["id"] == "a"
        assert until(socket, "cancelled")[1][-1]["id"] == "b"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no json", "invalid_request"),
        ('{"type": "sing"}', "invalid_request"),
        ('{"type": "text", "text": "x"}', "not_started"),
        ('{"type": "start", "id": "a", "voice": "nobody"}', "voice_not_found"),
        ('{"type": "start", "id": "a", "voice": "sample", "speed": 9}', "invalid_request"),
        ('{"type": "start", "id": "a", "voice": "sample", "engine": "x"}', "engine_not_found"),
        (b"\x00", "invalid_request"),
    ],
)
def test_a_bad_message_is_an_error_event_and_the_connection_lives(
    serve: Serve, message: str | bytes, code: str
):
    with conversation(serve(ToneEngine())) as socket:
        socket.send(message)
        event = json.loads(socket.recv(timeout=10))
        assert (event["type"], event["error"]["code"]) == ("error", code)
        start(socket, "z")
        say(socket, type="text", text="가. ")
        until(socket, "started")


def test_a_failure_is_told_and_the_rest_of_its_text_ignored(serve: Serve):
    with conversation(serve(BrokenEngine(after=2))) as socket:
        start(socket, "a")
        say(socket, type="text", text="가. ")
        sound, events = until(socket, "error")
        assert sound
        assert (events[-1]["id"], events[-1]["error"]["code"]) == ("a", "synthesis_failed")
        say(socket, type="text", text="나. ")
        say(socket, type="text", text="다. ", id="a")
        start(socket, "b")
        say(socket, type="text", text="가. ")
        _, events = until(socket, "started")
        assert [event["type"] for event in events] == ["started"]


def test_text_over_the_bound_ends_the_utterance(serve: Serve):
    server = serve(ToneEngine(), limits=LimitSettings(text_characters=10))
    with conversation(server) as socket:
        start(socket)
        say(socket, type="text", text="가나다라마바사아자차카타파하")
        _, events = until(socket, "error")
        assert events[-1]["error"]["code"] == "text_too_long"


def test_text_that_stops_arriving_ends_the_utterance(serve: Serve):
    server = serve(ToneEngine(), idle_seconds=0.1)
    with conversation(server) as socket:
        start(socket)
        say(socket, type="text", text="하나. 그리고")
        _, events = until(socket, "error")
        assert events[-1]["error"]["code"] == "text_too_slow"
        server.wait_until_idle()


def test_too_many_utterances_are_refused(serve: Serve):
    with conversation(serve(ToneEngine())) as socket:
        for number in range(17):
            start(socket, str(number))
        _, events = until(socket, "error")
        assert events[-1]["error"]["code"] == "too_many_pending"


def test_a_page_of_another_site_cannot_open_a_conversation(serve: Serve):
    with (
        pytest.raises(InvalidStatus) as refusal,
        conversation(serve(ToneEngine()), Origin="https://evil.example"),
    ):
        pass
    assert refusal.value.response.status_code == 403
