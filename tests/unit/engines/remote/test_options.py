"""Every option of a request, held against every kind of server: on the wire, or told to be lost."""

import logging
import re
from contextlib import closing, suppress
from dataclasses import fields, replace
from pathlib import Path

import pytest

from myna.core.errors import InvalidOption, SynthesisFailed
from myna.core.speech import Options, SpeechRequest, Utterance
from myna.core.voice import Voice
from myna.settings import RemoteSettings
from myna.studio.engine_builders import RemoteEngine
from myna.studio.remote_builders import build
from myna.studio.studio import Studio
from tests.conftest import tone
from tests.unit.engines.remote.scripted import PATIENT, SPEECH, Request, ScriptedServer, scripted

GUIDE = Path(__file__).parents[4] / "docs/guides/remote-engines.md"
KINDS: dict[str, dict[str, object]] = {
    "myna": {},
    "gpt-sovits-v2": {"voice": "/there/voice.wav"},
    "gpt-sovits-v1": {"voice": "/there/voice.wav"},
    "openai": {"voice": "alloy", "voices": {"ko": "ann"}},
    "openai, `clones`": {"voices": {"en": "alloy", "ko": "ann"}, "clones": True},
    "clova": {"voices": {"en": "clara", "ko": "ann"}, "key": "secret", "key_id": "id"},
}
UNUSUAL: dict[str, object] = {
    "speed": 1.5,
    "temperature": 0.5,
    "seed": 7,
    "sentence_pause": 1.0,
    "top_k": 3,
    "top_p": 0.5,
    "repetition_penalty": 1.1,
    "retries": 3,
    "sample_steps": 4,
    "instruction": "Whisper",
    "speaker": "ann",
}


def promised() -> dict[str, set[str]]:
    """Read from the guide which options each kind of server is told."""
    rows = re.findall(r"^\| (?:`\w+`(?:, )?)+ \|.*$", GUIDE.read_text("utf-8"), re.MULTILINE)
    told: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for row in rows:
        names, *cells = (cell.strip() for cell in row.strip("|").split("|"))
        if len(cells) == len(KINDS):  # another table has fewer
            for kind, cell in zip(KINDS, cells, strict=True):
                told[kind].update(re.findall(r"\w+", names) if cell == "yes" else ())
    return told


def answer(request: Request) -> None:
    if request.path == "/v1/engines":
        request.answer(200, b'{"chain": {}}')
    elif request.path == "/v1/speech":
        request.answer(400, b"{}")
    else:
        request.answer(200, SPEECH)


def asked(kind: str, voice: Voice, options: Options) -> bytes:
    """Return what a server is sent for a sentence with these options."""
    with scripted(answer) as server:
        there = engine(server, kind)
        sentence = Utterance("Hello.", "en", options)
        with closing(there.speak(sentence, voice)) as chunks, suppress(SynthesisFailed):
            list(chunks)
        content = server.requests[-1].content
    boundary = re.match(rb"--(\w+)", content)  # of a form with a file: another one each time
    return content.replace(boundary[1], b"") if boundary else content


def engine(server: ScriptedServer, kind: str, **fields: object) -> RemoteEngine:
    given = {"kind": kind.split(",")[0], "url": server.url, **PATIENT, **KINDS[kind], **fields}
    return build("there", RemoteSettings.model_validate(given), {})


def test_every_option_is_tried():
    assert set(UNUSUAL) == {field.name for field in fields(Options)}
    assert promised()["myna"] == set(UNUSUAL)


@pytest.mark.parametrize("kind", KINDS)
def test_an_option_reaches_the_server_or_is_told_to_be_left_out(
    kind: str, sample: Voice, caplog: pytest.LogCaptureFixture
):
    usual = asked(kind, sample, Options())
    told = promised()[kind]
    for name, value in UNUSUAL.items():
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            sent = asked(kind, sample, Options(**{name: value}))  # type: ignore[arg-type]
        assert (sent != usual) == (name in told), name
        is_lost = name not in told and name != "sentence_pause"
        lines = [f"engine there takes no {name}: it is left out"] if is_lost else []
        assert caplog.messages == lines, name


def test_an_option_that_is_left_out_is_told_once(sample: Voice, caplog: pytest.LogCaptureFixture):
    with scripted(answer) as server, caplog.at_level(logging.WARNING):
        there = engine(server, "clova")
        for _ in range(2):
            list(there.speak(Utterance("Hello.", "en", Options(instruction="Whisper")), sample))
    assert len(caplog.messages) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_recordings_to_mix_in_are_told_to_be_left_out(
    kind: str, sample: Voice, caplog: pytest.LogCaptureFixture
):
    mixed = replace(sample, auxiliary=(sample.reference,))
    with caplog.at_level(logging.WARNING):
        asked(kind, mixed, Options())
    assert caplog.messages == [
        "engine there takes no auxiliary recordings: only the timbre of the first is heard"
    ]


def studio(there: RemoteEngine) -> Studio:
    return Studio(there, None)  # type: ignore[arg-type]  # voices are given, not named


def request(voice: Voice, **options: str) -> SpeechRequest:
    return SpeechRequest("Hello.", voice, "en", Options(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "usual"), [("openai", "alloy"), ("clova", "clara")])
def test_a_speaker_that_is_set_can_be_asked_for_and_no_other(kind: str, usual: str, sample: Voice):
    with scripted(answer) as server:
        there = engine(server, kind)
        assert there.capabilities.speakers == {"ann", usual}
        assert all(chunk.cloned for chunk in studio(there).stream(request(sample, speaker="ann")))
        assert "ann" in server.requests[0].content.decode()
        with pytest.raises(InvalidOption, match=f"brings along .*{usual}"):
            studio(there).stream(request(sample, speaker="nobody"))


@pytest.mark.parametrize("kind", ["openai", "openai, `clones`", "clova"])
def test_a_name_set_for_one_voice_is_nobody_elses_to_ask_for(kind: str, sample: Voice):
    mina = Voice(tone(2.0), "I am Mina.", "en")
    named = {"voices": {"en": "alloy", mina.id: "mina-clone"}}
    with scripted(answer) as server:
        there = engine(server, kind, **named)
        assert there.capabilities.speakers == {"alloy"}
        with pytest.raises(InvalidOption, match="speaker cannot be 'mina-clone'"):
            studio(there).stream(request(sample, speaker="mina-clone"))
        sentence = Utterance("Hello.", "en", Options(speaker="mina-clone"))
        with pytest.raises(InvalidOption, match="there are: alloy"):  # whoever asks past the Studio
            list(there.speak(sentence, sample))
        assert server.requests == []
        list(studio(there).stream(request(mina)))
        assert "mina-clone" in server.requests[0].content.decode()
