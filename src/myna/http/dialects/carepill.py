"""CarePill's interface: reminders in a family member's voice."""

import time
from typing import Annotated

from fastapi import APIRouter, Form, UploadFile
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from myna.core.speech import SpeechRequest
from myna.dsp.codec import AudioFormat, encode_file
from myna.http.call import Call, Open
from myna.http.errors import Problem, errors_as
from myna.http.frames import base64_text
from myna.http.routes.answers import SPEAKING, refusals
from myna.storage.keys import Scope
from myna.storage.voices import NewVoice, VoiceRecord
from myna.studio.voices import Recording, check_recording

USER_VOICE = "user-{user_id}"
"""The voice of a user among the voices of the key's owner, who alone can reach it."""


def envelope(problem: Problem) -> Response:
    """Tell a problem as CarePill's clients expect it."""
    body = {"success": False, "error": problem.message, "code": problem.code}
    return JSONResponse(body, problem.status, problem.headers)


class ErrorBody(BaseModel):
    """What went wrong."""

    success: bool
    error: str
    code: str


router = APIRouter(
    tags=["CarePill"],
    route_class=errors_as(envelope),
    responses=refusals(*SPEAKING, body=ErrorBody),
)

UserId = Annotated[str, Form(min_length=1, max_length=100, pattern=r"^[\w.@+-]+$")]


class SpokenText(BaseModel):
    """A text, said."""

    success: bool = True
    audio_base64: str
    """A WAV file."""
    processing_time_ms: int
    text_length: int


class KeptVoice(BaseModel):
    """A user's sample, kept."""

    success: bool = True
    voice_id: str
    duration: float
    """Seconds."""
    warnings: list[str]


@router.post("/api/v1/tts")
async def speak(
    call: Open,
    text: Annotated[str, Form(min_length=1)],
    user_id: UserId,
    api_key: Annotated[str, Form()],
) -> SpokenText:
    """Say a text in the voice of a user, of whoever holds the key."""
    started = time.perf_counter()
    holder = await _holder(call, api_key, Scope.SPEAK)
    speech = await holder.speak(SpeechRequest(text, USER_VOICE.format(user_id=user_id)))
    encoded = await call.in_thread(lambda: encode_file(speech.audio, AudioFormat.WAV))
    return SpokenText(
        audio_base64=base64_text(encoded),
        processing_time_ms=round((time.perf_counter() - started) * 1000),
        text_length=len(text),
    )


@router.post("/api/v1/voices")
async def keep_voice(
    call: Open,
    user_id: UserId,
    api_key: Annotated[str, Form()],
    audio: UploadFile,
    transcript: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = "auto",
) -> KeptVoice:
    """Keep a sample of a user's voice, in place of an earlier one."""
    holder = await _holder(call, api_key, Scope.VOICES)
    recording = Recording(await holder.upload(audio), transcript, language)
    name = USER_VOICE.format(user_id=user_id)
    record, warnings = await holder.work(lambda: _replaced(holder, name, recording))
    return KeptVoice(
        voice_id=record.voice_id, duration=record.duration_seconds, warnings=list(warnings)
    )


@router.get("/health")
async def health(call: Open) -> dict[str, str]:
    """Answer that the server is there."""
    return {"status": "healthy"}


async def _holder(call: Call, api_key: str, scope: Scope) -> Call:
    holder = await call.as_holder(api_key)
    holder.caller.check(scope)
    return holder


def _replaced(holder: Call, name: str, recording: Recording) -> tuple[VoiceRecord, tuple[str, ...]]:
    """Name a recording that has passed its check; only then is an earlier one given up."""
    made = check_recording(holder.service.studio, recording)
    assert isinstance(recording.source, bytes)
    new = NewVoice(made.voice, recording.source, ".audio")
    return holder.library.add(name, new, replace=True), made.warnings
