"""Another Myna: what is sent to it, what is remembered of it."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, closing
from dataclasses import replace
from urllib.parse import unquote

import pytest

from myna.core.errors import BadReference, EngineError, InvalidOption
from myna.core.speech import Chunk, Options, SpeechRequest, Utterance
from myna.core.voice import NO_VOICE, Voice
from myna.engines.cached import CachedEngine
from myna.engines.fallback import FallbackEngine
from myna.engines.remote import acquaintance
from myna.engines.remote.fingerprints import description_key
from myna.settings import RemoteSettings, Settings
from myna.storage.memory import MemoryFolder
from myna.storage.results import ResultFolder
from myna.studio.engine_builders import RemoteEngine
from myna.studio.remote_builders import build
from myna.studio.studio import Studio
from tests.conftest import tone
from tests.http.conftest import Running, serve
from tests.unit.engines.doubles import BabbleEngine, BrokenEngine, HeedfulEngine, ToneEngine
from tests.unit.engines.remote.scripted import PATIENT, Request, scripted

__all__ = ["serve"]

Serve = Callable[..., Running]
HELLO = Utterance("Hello there, my friend.", "en")


@pytest.fixture
def memory(tmp_path) -> MemoryFolder:
    return MemoryFolder(tmp_path / "memory")


def remote(url: str, memory: MemoryFolder | None = None, **fields: object) -> RemoteEngine:
    given = {"kind": "myna", "url": url, **PATIENT, **fields}
    return build("there", RemoteSettings.model_validate(given), {} if memory is None else memory)


def said(engine, voice: Voice, utterance: Utterance = HELLO) -> list[Chunk]:
    with closing(engine.speak(utterance, voice)) as chunks:
        return list(chunks)


def test_the_id_of_another_callers_voice_is_unknown(serve: Serve, sample: Voice):
    server = serve(BabbleEngine())
    answer = server.client.post("/v1/speech", json={"text": "Hi.", "voice_id": "0" * 32})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "voice_not_found")
    server.service.keep("somebody else", Voice(tone(2.0), "x", "en"))
    other = Voice(tone(2.0), "x", "en").id
    answer = server.client.post("/v1/speech", json={"text": "Hi.", "voice_id": other})
    assert answer.status_code == 404
    kept = server.client.post("/v1/speech", json={"text": "Hi.", "voice_id": sample.id})
    assert kept.status_code == 200  # it is in the caller's library
    both = {"text": "Hi.", "voice": "sample", "voice_id": sample.id}
    assert server.client.post("/v1/speech", json=both).status_code == 422


def test_making_the_engine_asks_nothing(memory: MemoryFolder):
    there = remote("http://127.0.0.1:9", memory)
    assert "ko" in there.capabilities.languages
    assert there.fingerprint


def test_what_the_server_can_do_is_known_once_it_spoke(serve: Serve, sample: Voice):
    there = remote(serve(ToneEngine(sample_rate=22050)).url)
    said(there, sample)
    assert there.capabilities.languages == {"ko", "en"}
    assert there.capabilities.sample_rate == 22050


def through(settings: Settings, **remotes: dict[str, object]) -> Studio:
    """Return a Studio that speaks through servers, in this order."""
    own = {
        name: RemoteSettings.model_validate({"kind": "myna", **PATIENT, **given})
        for name, given in remotes.items()
    }
    return Studio.open(settings.model_copy(update={"engines": tuple(own), "remotes": own}))


def request(voice: Voice, speaker: str, engine: str | None = None) -> SpeechRequest:
    return SpeechRequest("Hello.", voice, options=Options(speaker=speaker), engine=engine)


def test_speakers_of_a_server_nobody_has_asked_yet_are_found(
    serve: Serve, sample: Voice, settings: Settings
):
    there = HeedfulEngine("ann")
    studio = through(settings, there={"url": serve(there).url})
    studio.speak(request(sample, "ann"))
    assert [heard.options.speaker for heard in there.heard] == ["ann"]
    with pytest.raises(InvalidOption, match="brings along ann"):
        studio.speak(request(sample, "bob"))


def test_the_engine_that_speaks_learns_of_new_speakers(
    serve: Serve, sample: Voice, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    server = serve(HeedfulEngine("ann"))
    studio = through(settings, there={"url": server.url})
    studio.speak(request(sample, "ann"))
    server.studio.engine = later = HeedfulEngine("ann", "bob")
    with pytest.raises(InvalidOption):  # it was asked a moment ago
        studio.speak(request(sample, "bob"))
    monkeypatch.setattr(acquaintance, "FRESH_SECONDS", 0.0)
    studio.speak(request(sample, "bob"))
    assert [heard.options.speaker for heard in later.heard] == ["bob"]
    assert studio.engine.capabilities.speakers == {"ann", "bob"}


def test_an_unknown_speaker_asks_only_servers_that_may_have_it_and_only_once(
    sample: Voice, settings: Settings
):
    def bare(request: Request) -> None:
        request.answer(200, b'{"chain": {}}')

    def no(request: Request) -> None:
        request.answer(500, b"{}")

    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(scripted(answers))
            for name, answers in {"kitchen": bare, "attic": bare, "lost": no, "other": bare}.items()
        }
        given = {name: {"url": server.url} for name, server in servers.items()}
        given["other"] |= {"kind": "openai", "voice": "alloy"}
        studio = through(settings, **given)

        def asked() -> list[int]:
            return [len(server.requests) for server in servers.values()]

        with pytest.raises(InvalidOption):
            studio.stream(request(sample, "bob", "other"))
        assert asked() == [0, 0, 0, 0]
        for _ in range(2):
            with pytest.raises(InvalidOption):
                studio.stream(request(sample, "bob", "attic"))
            assert asked() == [0, 1, 0, 0]
        for _ in range(2):
            with pytest.raises(InvalidOption):
                studio.stream(request(sample, "bob"))
            assert asked() == [1, 1, 1, 0]


def test_for_a_speaker_of_the_servers_no_voice_goes_along(
    serve: Serve, sample: Voice, memory: MemoryFolder
):
    server = serve(engine := HeedfulEngine("ann"))
    there = remote(server.url, memory)
    for voice in (NO_VOICE, sample):
        assert said(there, voice, Utterance("Hello.", "en", Options(speaker="ann")))
    assert [heard.options.speaker for heard in engine.heard] == ["ann", "ann"]
    said(there, sample)  # it was never sent, and is not believed to have been
    assert [voice.id for voice in engine.voices] == [NO_VOICE.id, NO_VOICE.id, sample.id]


def test_another_engine_behind_the_server_changes_the_key(
    serve: Serve, sample: Voice, memory: MemoryFolder, tmp_path
):
    results = ResultFolder(tmp_path / "results", 10_000_000)
    server = serve(ToneEngine())
    said(CachedEngine(remote(server.url, memory), results), sample)
    server.studio.engine = retrained = ToneEngine(sample_rate=22050)
    engine = CachedEngine(remote(server.url, memory), results)
    assert said(engine, sample)[0].cached  # nobody asked the server
    said(engine, sample, Utterance("Something new.", "en"))  # now it was asked
    assert not said(engine, sample)[0].cached
    assert retrained.said == ["Something new.", HELLO.text]
    assert said(engine, sample)[0].cached


def test_what_is_remembered_is_mended_when_the_server_says_the_same_again(
    serve: Serve, memory: MemoryFolder
):
    url = serve(ToneEngine(sample_rate=22050)).url
    there = remote(url, memory)
    there.check()
    memory[description_key(url)] = b"{}"  # as another process may
    there.check()
    assert remote(url, memory).capabilities.sample_rate == 22050


def test_what_the_servers_own_fallback_said_is_not_kept(serve: Serve, sample: Voice, tmp_path):
    results = ResultFolder(tmp_path / "results", 10_000_000)
    server = serve(FallbackEngine([BrokenEngine(), ToneEngine()]))
    engine = CachedEngine(remote(server.url), results)
    chunks = said(engine, sample)
    assert all(chunk.fell_back for chunk in chunks)
    assert not said(engine, sample)[0].cached


def test_a_language_the_server_lacks_is_no_callers_mistake(serve: Serve, sample: Voice):
    there, spare = remote(serve(ToneEngine()).url), BabbleEngine()
    chunks = said(FallbackEngine([there, spare]), sample, Utterance("はい", "ja"))
    assert {chunk.engine for chunk in chunks} == {"babble"}


def test_a_callers_mistake_does_not_fall_back(sample: Voice):
    def refuse(request: Request) -> None:
        if request.path == "/v1/engines":
            request.answer(200, b'{"engines": []}')
        else:
            request.answer(400, b'{"error": {"code": "bad_reference", "message": "too noisy"}}')

    spare = ToneEngine()
    with (
        scripted(refuse) as server,
        pytest.raises(BadReference, match="too noisy"),
    ):
        said(FallbackEngine([remote(server.url), spare]), sample)
    assert spare.said == []


def test_a_wrong_key_names_the_setting(sample: Voice):
    with (
        scripted(lambda request: request.answer(401, b'{"error": {"message": "no"}}')) as server,
        pytest.raises(EngineError, match=r"remotes\.there\.key"),
    ):
        said(remote(server.url, key="wrong"), sample)


NO_DESCRIPTIONS = [
    b"[]",
    b'"Myna"',
    b"null",
    b'{"chain": []}',
    b'{"chain": {"sample_rate": 0}}',
    b'{"chain": {"sample_rate": Infinity}}',
    pytest.param(b"[" * 100_000, id="deep"),
]


@pytest.mark.parametrize("told", NO_DESCRIPTIONS)
def test_a_server_that_is_not_a_myna_is_told_and_the_next_engine_speaks(sample: Voice, told: bytes):
    spare = ToneEngine()
    with scripted(lambda request: request.answer(200, told)) as server:
        there = remote(server.url)
        with pytest.raises(EngineError, match="it is not a Myna"):
            there.check()
        said(FallbackEngine([there, spare]), sample)
    assert spare.said == [HELLO.text]


@pytest.mark.parametrize("told", NO_DESCRIPTIONS)
def test_what_is_remembered_but_no_description_counts_as_nothing(
    serve: Serve, sample: Voice, memory: MemoryFolder, told: bytes
):
    url = serve(ToneEngine(sample_rate=22050)).url
    memory[description_key(url)] = told
    there = remote(url, memory)
    assert there.capabilities == remote(url).capabilities
    said(there, sample)
    assert remote(url, memory).capabilities.sample_rate == 22050


@pytest.mark.parametrize(
    "events",
    [b"data: nothing\n\n", b'data: {"type": "audio"}\n\n', b'data: ["audio"]\n\n', b""],
)
def test_events_that_make_no_sense_are_a_failure_of_the_server(sample: Voice, events: bytes):
    def babble(request: Request) -> None:
        request.answer(200, b'{"chain": {}}' if request.path == "/v1/engines" else events)

    with scripted(babble) as server, pytest.raises(EngineError, match="'there' at"):
        said(remote(server.url), sample)


def test_an_error_event_is_raised_after_what_was_heard(serve: Serve, sample: Voice):
    there = remote(serve(BrokenEngine(after=5)).url)
    heard = []
    with (
        pytest.raises(EngineError, match="failed in mid-sentence"),
        closing(there.speak(HELLO, sample)) as chunks,
    ):
        for chunk in chunks:
            heard.append(chunk)
    assert heard


def test_a_voice_of_an_engines_own_is_declared_all_the_way(serve: Serve, sample: Voice):
    class Fixed(ToneEngine):
        def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
            for chunk in super().speak(utterance, voice):
                yield replace(chunk, engine=self.name, cloned=False)

    server = serve(Fixed("fixed"))
    assert {chunk.cloned for chunk in said(remote(server.url), sample)} == {False}
    assert server.speak(stream=False).headers["x-own-voice"] == "fixed"
    timed = server.speak(stream=False, timestamps=True, text="Hello.").json()
    assert timed["own_voices"] == ["fixed"]
    assert "x-own-voice" not in serve(ToneEngine()).speak(stream=False).headers
    korean = serve(Fixed("서버")).speak(stream=False)
    assert unquote(korean.headers["x-own-voice"]) == "서버"


def test_servers_that_would_speak_through_each_other_do_not_go_round(serve: Serve, sample: Voice):
    one, other = serve(ToneEngine()), serve(ToneEngine())
    spares = ToneEngine("spare of one"), ToneEngine("spare of the other")
    one.studio.engine = FallbackEngine([remote(other.url), spares[0]])
    other.studio.engine = FallbackEngine([remote(one.url), spares[1]])
    assert {chunk.engine for chunk in said(one.studio.engine, sample)} == {"there"}
    assert [spare.said for spare in spares] == [[], [HELLO.text]]
    itself = serve(ToneEngine())
    itself.studio.engine = remote(itself.url)
    with pytest.raises(EngineError, match="circle"):
        said(itself.studio.engine, sample)
