"""Another Myna."""

import json
import time
from collections.abc import Generator, MutableMapping
from contextlib import closing, suppress
from dataclasses import asdict, fields, replace
from typing import Any

from myna.core.engine import Capabilities, check_speaks
from myna.core.errors import BadReference, BadText, EngineError, MynaError
from myna.core.speech import Chunk, Options, Utterance
from myna.core.voice import Voice
from myna.engines.remote.acquaintance import Acquaintance
from myna.engines.remote.events import MEDIA_TYPE, SpeechEvents
from myna.engines.remote.fingerprints import fingerprint
from myna.engines.remote.knobs import Knobs
from myna.engines.remote.speaking import (
    PROBE_SECONDS,
    is_sayable,
    message,
    refusal,
    spoken,
)
from myna.engines.remote.transport import Ask, Transport
from myna.engines.remote.voices import wav_file

VOICES_KNOWN = 256
PATH = "/v1/speech"


class VoiceForgotten(EngineError):
    """The server does not know a voice that was sent to it before."""


class MynaEngine:
    """Speaks through another Myna, in any voice: its recording goes along the first time.

    Hands every option on; the engines there take what they know. A speaker of theirs needs no
    voice: none goes along.
    """

    def __init__(
        self,
        transport: Transport,
        memory: MutableMapping[str, bytes] | None = None,
        revision: str = "",
    ) -> None:
        """`memory` keeps what the server said of itself, and which voices it was sent."""
        self.name = transport.address.name
        self._transport = transport
        self._own_fingerprint = fingerprint("myna", transport.address.known_as, revision)
        self._server = Acquaintance(transport, self._own_fingerprint, memory)
        self._memory: MutableMapping[str, bytes] = {} if memory is None else memory
        self._knobs = Knobs(self.name, (field.name for field in fields(Options)))
        self._sent: dict[str, None] = {}  # ids of voices the server has had; threads may share it

    @property
    def capabilities(self) -> Capabilities:
        """What the server promised last; all languages until it was first reached."""
        return self._server.known.capabilities

    @property
    def fingerprint(self) -> str:
        """This server, and whatever it last said would make it sound different."""
        return f"{self._own_fingerprint}-{self._server.known.fingerprint}"

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield the sentence as it arrives. Raises `EngineError` where the server fails."""
        check_speaks(self.name, self.capabilities, utterance.language)
        self._knobs.tell(utterance.options, voice)
        return self._speak(utterance, replace(voice, auxiliary=()))  # one recording goes along

    def check(self) -> None:
        """Ask the server how it is. Raises `EngineError` with the reason."""
        self._server.ask(PROBE_SECONDS)

    def learn_speakers(self) -> None:
        """Ask the server what it can do by now, unless that was tried lately."""
        with suppress(EngineError):
            self._server.ask_if_due(PROBE_SECONDS)

    def _speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        if not is_sayable(utterance.text):
            return
        until = time.monotonic() + self._transport.patience.first_sound
        try:
            self._server.refresh(self._transport.patience.first_sound)
            yield from self._said(utterance, voice, until)
        except EngineError:
            self._server.forget_age()
            raise
        except BadText:  # nothing to say in it, by the server's rules
            return

    def _said(self, utterance: Utterance, voice: Voice, until: float) -> Generator[Chunk]:
        if utterance.options.speaker:  # one of the server's own, whatever the voice
            yield from self._heard(_by_name(utterance), until)
            return
        with closing(self._in_voice(utterance, voice, until)) as chunks:
            for chunk in chunks:
                self._remember(voice)
                yield chunk

    def _in_voice(self, utterance: Utterance, voice: Voice, until: float) -> Generator[Chunk]:
        """Name the voice by its id where the server has had it; it says so if it forgot."""
        if voice.id in self._sent or self._sent_key(voice) in self._memory:
            try:
                yield from self._heard(_by_name(utterance, voice_id=voice.id), until)
            except VoiceForgotten:
                self._sent.pop(voice.id, None)
            else:
                return
        yield from self._heard(_with_recording(utterance, voice), until)

    def _heard(self, ask: Ask, until: float) -> Generator[Chunk]:
        shown = self._transport.address.shown
        decoder = SpeechEvents(self.name, shown, times_words=self.capabilities.times_words)
        seconds = until - time.monotonic()
        yield from spoken(self._transport, ask, self._refused, decoder, seconds)

    def _sent_key(self, voice: Voice) -> str:
        return fingerprint("sent", self._transport.address.url, voice.id)

    def _remember(self, voice: Voice) -> None:
        if voice.id in self._sent:
            return
        self._sent[voice.id] = None
        self._memory[self._sent_key(voice)] = b"sent"
        for forgotten in list(self._sent)[:-VOICES_KNOWN]:
            self._sent.pop(forgotten, None)

    def _refused(self, status: int, content: bytes) -> MynaError:
        """Say whose mistake it was: only what any engine would refuse is the caller's."""
        match _code(content):
            case "voice_not_found":
                return VoiceForgotten(message(content))
            case "bad_reference" | "bad_audio":
                return BadReference(message(content))
            case "bad_text":
                return BadText(message(content))
        return refusal(self._transport, status, content)


def _by_name(utterance: Utterance, **voice: str) -> Ask:
    return Ask(
        PATH,
        json={"text": utterance.text, **voice, **_manner(utterance)},
        headers={"Accept": MEDIA_TYPE},
    )


def _with_recording(utterance: Utterance, voice: Voice) -> Ask:
    manner = {key: str(value) for key, value in _manner(utterance).items()}
    words = {"transcript": voice.transcript, "voice_language": voice.language}
    return Ask(
        PATH,
        form={"text": utterance.text, **words, **manner},
        files={"reference": ("reference.wav", wav_file(voice))},
        headers={"Accept": MEDIA_TYPE},
    )


def _manner(utterance: Utterance) -> dict[str, Any]:  # Any: this is the wire
    usual, chosen = asdict(Options()), asdict(utterance.options)
    knobs = {name: value for name, value in chosen.items() if value != usual[name]}
    return {"language": utterance.language, "format": "wav", **knobs}


def _code(content: bytes) -> str:
    try:
        return str(json.loads(content)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""
