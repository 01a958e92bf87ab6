"""Recordings a GPT-SoVITS server can read: it is told a path, and must find the file there."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from myna.core.voice import Voice
from myna.engines.remote.transport import Ask, Transport
from myna.engines.remote.voices import VoiceNames, no_voice, wav_file

UPLOAD = "/v1/voices"
"""Where servers with a voice library, such as Myna, take recordings under a name."""
LONGEST = 10.0  # seconds; api_v2.py refuses more
DONE = (200, 201, 409)  # 409: it is there already

Share = Callable[[bytes], str]
"""Puts a WAV file where the server finds it and returns how the server calls it."""


@dataclass(frozen=True, slots=True)
class Located:
    """A recording the server can read, and the words in it."""

    path: str
    transcript: str
    language: str
    is_asked_for: bool = True
    """Whether it is the voice asked for; otherwise it is one of the server's own."""


class References:
    """Finds a voice's recording on a server, or brings it there once."""

    def __init__(self, transport: Transport, names: VoiceNames, share: Share | None) -> None:
        self._transport = transport
        self._names = names
        self._share = share
        self._lock = threading.Lock()
        self._takes_uploads: bool | None = None  # None: nobody has asked yet
        self._brought: dict[str, Located] = {}  # by voice id

    def of(self, voice: Voice, language: str, seconds: float) -> Located:
        """Return where the recording is: as set, shared, uploaded, or another voice's.

        `seconds` bounds how long that may take. Raises `SynthesisFailed` where there is no way,
        `EngineTimeout`, `EngineUnreachable`.
        """
        known = self._names.find(voice, language)
        if known and known.is_asked_for:
            return Located(known.name, voice.transcript, voice.language)
        until = time.monotonic() + seconds
        brought = self._brought.get(voice.id)
        if brought is None:
            if not self._lock.acquire(timeout=seconds):
                raise self._transport.too_slow("is still busy with another recording")
            try:
                brought = self._brought.get(voice.id) or self._bring(voice, until)
            finally:
                self._lock.release()
        if brought:
            return brought
        if known:
            return Located(known.name, "", language, is_asked_for=False)
        raise no_voice(self._transport.address.name, voice, language)

    def forget(self, voice: Voice) -> None:
        """Bring it again next time: the server did not find it."""
        self._brought.pop(voice.id, None)

    def _bring(self, voice: Voice, until: float) -> Located | None:
        brought = None
        if self._share:
            brought = self._shared(voice, self._share)
        elif self._offers_upload(until) and self._upload(voice, until):
            brought = Located(_name(voice), voice.transcript, voice.language)
        if brought:
            self._brought[voice.id] = brought
        return brought

    def _shared(self, voice: Voice, share: Share) -> Located:
        if voice.reference.duration <= LONGEST:
            return Located(share(wav_file(voice)), voice.transcript, voice.language)
        # What is said in the part that is kept, nobody knows.
        part = Voice(voice.reference.between(0.0, LONGEST - 0.1), "", voice.language)
        return Located(share(wav_file(part)), "", voice.language)

    def _offers_upload(self, until: float) -> bool:
        if self._takes_uploads is None:
            ask = Ask("/openapi.json", "GET")
            answer = self._transport.knock(ask, until - time.monotonic())
            self._takes_uploads = _has_route(answer.content)
        return self._takes_uploads

    def _upload(self, voice: Voice, until: float) -> bool:
        form = {
            "name": _name(voice),
            "transcript": voice.transcript,
            "language": voice.language,
            "consent": "uploaded by a Myna that speaks through this server",
        }
        ask = Ask(UPLOAD, form=form, files={"audio": ("reference.wav", wav_file(voice))})
        status = self._transport.knock(ask, until - time.monotonic()).status
        if status in (401, 403):
            self._takes_uploads = False  # not from us
        return status in DONE


def _name(voice: Voice) -> str:
    return f"myna-{voice.id[:16]}"


def _has_route(description: bytes) -> bool:
    try:
        return "post" in json.loads(description)["paths"][UPLOAD]
    except (ValueError, KeyError, TypeError):
        return False
