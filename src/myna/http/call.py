"""One request being served: who calls, and everything a route may ask for on their behalf."""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from myna.core.errors import TextTooLong, VoiceNotFound
from myna.core.speech import Chunk, ConversionRequest, Speech, SpeechRequest
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, encode_file
from myna.dsp.resample import resample
from myna.http.auth import Caller
from myna.http.frames import encoded
from myna.http.references import resolve_reference
from myna.http.refusals import BodyTooLarge, Forbidden
from myna.http.responses import Body, SpokenResponse, unless_hung_up
from myna.http.service import Service
from myna.storage.keys import Scope
from myna.storage.voices import VoiceLibrary
from myna.studio.studio import collect
from myna.studio.voices import Recording

Result = TypeVar("Result")

SAMPLE_RATE_HEADER = "X-Sample-Rate"
OWN_VOICE_HEADER = "X-Own-Voice"
"""Engines that spoke in a voice of their own, not in the one asked for; beyond ASCII as in URLs."""


class Call:
    """What a route does for its caller. Every method stays within the caller's own voices."""

    def __init__(self, service: Service, caller: Caller, request: Request) -> None:
        self.service = service
        self.caller = caller
        self.request = request

    @property
    def library(self) -> VoiceLibrary:
        """The caller's voices. Its methods block: use `in_thread`."""
        return self.service.studio.voices.of(self.caller.owner)

    async def voice(self, name: str) -> Voice:
        """Return the caller's voice of this name. Raises `VoiceNotFound`."""
        return await self.in_thread(lambda: self.service.voice(self.caller.owner, name))

    async def reference(self, path: str) -> Path:
        """Return the recording a client names by path. Raises `ReferenceNotFound`."""
        directory = self.service.settings.reference_directory
        return await self.in_thread(lambda: resolve_reference(directory, path))

    async def clone(self, recording: Recording) -> Voice:
        """Make a voice of a recording that is in no library. Raises `BadAudio`, `BadReference`."""
        voice = (await self.work(lambda: self.service.clone(recording))).voice
        self.service.keep(self.caller.id, voice)
        return voice

    async def voice_by_id(self, voice_id: str) -> Voice:
        """Return a voice the caller sent lately or has in its library. Raises `VoiceNotFound`."""
        kept = self.service.kept(self.caller.id, voice_id)
        if kept is not None:
            return kept
        for record in await self.in_thread(self.library.list):
            if record.voice_id == voice_id:
                return await self.voice(record.name)
        raise VoiceNotFound(voice_id)

    async def mixed(self, voice: str | Voice, others: Sequence[str]) -> str | Voice:
        """Add the recordings of other voices of the caller's, by name, to a voice."""
        if not others:
            return voice
        main = voice if isinstance(voice, Voice) else await self.voice(voice)
        recordings = [(await self.voice(name)).reference for name in others]
        return replace(main, auxiliary=tuple(recordings))

    async def upload(self, file: UploadFile) -> bytes:
        """Return an uploaded file's content, within `limits.upload_bytes`."""
        limit = self.service.studio.limits.upload_bytes
        content = await file.read(limit + 1)
        if len(content) > limit:
            raise BodyTooLarge(limit)
        return content

    async def audio(
        self, request: SpeechRequest, format: AudioFormat, *, sample_rate: int | None = None
    ) -> Response:
        """Answer with the speech while it is made: one header, then sound as it comes.

        `sample_rate` in Hz, by default the engine's, is told in `X-Sample-Rate`.
        """
        rate = format.rate_for(sample_rate or self._engine_rate(request))
        headers = {SAMPLE_RATE_HEADER: str(rate)}
        return self.stream(request, Body(encoded(format, rate), format.media_type, headers))

    async def finished_audio(
        self, request: SpeechRequest, format: AudioFormat, *, sample_rate: int | None = None
    ) -> Response:
        """Answer with the whole speech at once: exact sizes in its headers."""
        rate = format.rate_for(sample_rate or self._engine_rate(request))
        speech = await self.speak(request)
        content = await self.in_thread(lambda: encode_file(resample(speech.audio, rate), format))
        headers = {SAMPLE_RATE_HEADER: str(rate)}
        if speech.own_voices:
            headers[OWN_VOICE_HEADER] = ", ".join(map(quote, speech.own_voices))
        return Response(content, media_type=format.media_type, headers=headers)

    def stream(self, request: SpeechRequest, body: Body) -> Response:
        """Answer with the speech while it is made, in frames of the dialect's own."""
        return SpokenResponse(self.service, self.caller.id, lambda: self._chunks(request), body)

    def converted(self, request: ConversionRequest, body: Body) -> Response:
        """Answer with a recording in another voice, while it is made."""

        def make() -> Generator[Chunk]:
            return self.service.studio.convert(request)

        return SpokenResponse(self.service, self.caller.id, make, body)

    async def speak(self, request: SpeechRequest) -> Speech:
        """Return the whole speech; stops when the client hangs up."""
        limit = self.service.settings.whole_text_characters
        if isinstance(request.text, str) and len(request.text) > limit:
            raise TextTooLong(len(request.text), limit)
        return await self.unless_hung_up(self._speak(replace(request, whole=True)))

    async def work(self, work: Callable[[], Result]) -> Result:
        """Do heavy work that is no speech: bounded like speech, run in a thread."""
        return await self.unless_hung_up(self.service.stage.work(work, self.caller.id))

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """Do light work that blocks, such as asking the library."""
        return await asyncio.to_thread(work)

    async def unless_hung_up(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do work and give up when the client does."""
        return await unless_hung_up(self.request.receive, work)

    async def as_holder(self, key: str) -> "Call":
        """Return this call on behalf of whoever has this key, for keys in unusual places."""
        caller = await self.service.access.holder(key)
        await self.service.rates.count(caller.id)
        return Call(self.service, caller, self.request)

    def check_admin(self) -> None:
        """Raise unless the server allows admin operations and the caller may do them."""
        if not self.service.settings.admin_operations:
            raise Forbidden(
                "This changes what the server runs, which is switched off. Whoever runs it can "
                "allow it with the setting `http.admin_operations` and a key with the scope "
                "'admin'."
            )
        self.caller.check(Scope.ADMIN)

    def _chunks(self, request: SpeechRequest) -> Generator[Chunk]:
        return self.service.studio.stream(self._within_tenant(request))

    def _within_tenant(self, request: SpeechRequest) -> SpeechRequest:
        if isinstance(request.voice, Voice):
            return request
        return replace(request, voice=self.service.voice(self.caller.owner, request.voice))

    async def _speak(self, request: SpeechRequest) -> Speech:
        heard: list[Chunk] = []
        make = self.service.metrics.watched(lambda: self._chunks(request))
        async with self.service.stage.place(self.caller.id) as place:
            async for chunk in place.play(make, _as_they_are):
                heard.append(chunk)
        return collect(heard)

    def _engine_rate(self, request: SpeechRequest) -> int:
        return self.service.studio.engine_named(request.engine).capabilities.sample_rate


def _as_they_are(chunks: Iterable[Chunk]) -> Generator[Chunk]:
    yield from chunks


def called_by(scope: Scope | None) -> Callable[[Request], Coroutine[Any, Any, Call]]:
    """Return a dependency: a caller who may do this, within their rate. None: anybody."""

    async def call(request: Request) -> Call:
        service: Service = request.app.state.service
        if scope is None:
            return Call(service, NOBODY, request)
        caller = await service.access.caller(request)
        caller.check(scope)
        await service.rates.count(caller.id)
        return Call(service, caller, request)

    return call


NOBODY = Caller("nobody", "", frozenset(), is_known=False)
Speaking = Annotated[Call, Depends(called_by(Scope.SPEAK))]
Managing = Annotated[Call, Depends(called_by(Scope.VOICES))]
Open = Annotated[Call, Depends(called_by(None))]
