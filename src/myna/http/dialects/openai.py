"""OpenAI's speech interface: what every OpenAI-like client already speaks."""

import base64
from collections.abc import Generator, Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from myna.core.languages import AUTO
from myna.core.speech import Chunk, Options, SpeechRequest
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat
from myna.http.call import Call, Managing, Speaking
from myna.http.errors import Problem, errors_as
from myna.http.frames import EVENT_STREAM, ByteFrames, base64_text, encode_chunks, server_sent
from myna.http.refusals import NotUnderstood
from myna.http.responses import Body
from myna.http.routes.answers import SPEAKING, refusals
from myna.studio.voices import Recording, add_voice

SAMPLE_RATE = 24000  # Hz of `pcm`, which has no header to tell it
MODEL = "myna"
LONGEST_INPUT = 4096  # characters, as OpenAI's own
DATA_URL = "data:"

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def envelope(problem: Problem) -> Response:
    """Tell a problem as OpenAI does."""
    status = 400 if problem.status == 422 else problem.status
    kind = "server_error" if status >= 500 else _TYPES.get(status, "invalid_request_error")
    error = {
        "message": problem.message,
        "type": kind,
        "param": problem.parameter or None,
        "code": problem.code,
    }
    return JSONResponse({"error": error}, status, problem.headers)


class ErrorDetail(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None
    code: str


class ErrorBody(BaseModel):
    """OpenAI's envelope of an error."""

    error: ErrorDetail


router = APIRouter(
    tags=["OpenAI"],
    route_class=errors_as(envelope),
    responses=refusals(*SPEAKING, 409, body=ErrorBody),
)


class VoiceId(BaseModel):
    """A voice named as an object."""

    id: str


class SpeechBody(BaseModel):
    """What OpenAI's clients send, and what others add to it. Other keys are ignored."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(MODEL, description="Any name; this server has one chain of engines.")
    input: str = Field(min_length=1, max_length=LONGEST_INPUT)
    voice: str | VoiceId | None = Field(None, description="A name in your voice library.")
    instructions: str | None = Field(None, description="For engines that take instructions.")
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = "mp3"
    speed: float = Field(1.0, ge=0.25, le=4)
    stream_format: Literal["audio", "sse"] = "audio"
    stream: bool = Field(False, description="An addition of others; sound always streams.")
    language: str | None = None
    lang_code: str | None = None
    seed: int | None = Field(None, ge=0, lt=2**32)
    ref_audio: str | None = Field(None, description="A recording to sound like: a data URL.")
    ref_text: str = Field("", description="The words said in it.")

    def request(self, voice: str | Voice) -> SpeechRequest:
        """Return what the Studio is asked for."""
        options = Options(speed=self.speed, seed=self.seed, instruction=self.instructions or "")
        language = self.language or self.lang_code or AUTO
        return SpeechRequest(self.input, voice, language.lower(), options)


@router.post("/v1/audio/speech", response_class=Response)
async def create_speech(body: SpeechBody, call: Speaking) -> Response:
    """Speak a text. `pcm` is 24 kHz, 16-bit little-endian, mono, without header."""
    request = body.request(await _voice(body, call))
    format = AudioFormat.named(body.response_format)
    rate = SAMPLE_RATE if format is AudioFormat.PCM else None
    if body.stream_format == "sse":
        frames = _events(format, rate, len(body.input))
        return call.stream(request, Body(frames, EVENT_STREAM, last_words=_last_event))
    return await call.audio(request, format, sample_rate=rate)


async def _voice(body: SpeechBody, call: Call) -> str | Voice:
    if body.ref_audio is not None:
        recording = Recording(_data_of(body.ref_audio), body.ref_text)
        return await call.clone(recording)
    if body.voice is None:
        raise NotUnderstood("voice is missing. GET /v1/audio/voices lists the names there are.")
    name = body.voice if isinstance(body.voice, str) else body.voice.id
    return call.service.settings.voice_aliases.get(name, name)


def _data_of(url: str) -> bytes:
    head, _, data = url.partition(",")
    if not head.startswith(DATA_URL) or not head.endswith(";base64"):
        raise NotUnderstood("ref_audio must be a data URL (data:audio/wav;base64,...).")
    try:
        return base64.b64decode(data, validate=True)
    except ValueError:  # of `binascii`, or letters beyond ASCII
        raise NotUnderstood(
            "ref_audio is not valid base64. Encode the bytes of the recording's file."
        ) from None


def _events(format: AudioFormat, sample_rate: int | None, n_characters: int) -> ByteFrames:
    """Return what turns speech into OpenAI's events. Tokens: characters in, 20 ms frames out."""

    def frames(chunks: Iterable[Chunk]) -> Generator[bytes]:
        seconds = 0.0
        for data, chunk in encode_chunks(chunks, format, sample_rate):
            if chunk is not None:
                seconds += chunk.audio.duration
            if data:
                yield server_sent({"type": "speech.audio.delta", "audio": base64_text(data)})
        frames_out = round(seconds * 50)
        usage = {
            "input_tokens": n_characters,
            "output_tokens": frames_out,
            "total_tokens": n_characters + frames_out,
        }
        yield server_sent({"type": "speech.audio.done", "usage": usage})

    return frames


def _last_event(problem: Problem) -> bytes:
    error = {"message": problem.message, "type": "server_error", "code": problem.code}
    return server_sent({"type": "error", "error": error})


@router.get("/v1/models")
async def list_models(call: Speaking) -> dict[str, Any]:
    """List what can be given as `model`: the one chain of engines."""
    return {"object": "list", "data": [_model(MODEL)]}


@router.get("/v1/models/{model}")
async def retrieve_model(model: str, call: Speaking) -> dict[str, Any]:
    """Describe a model: any name is the same chain of engines."""
    return _model(model)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": MODEL}


@router.get("/v1/audio/voices")
async def list_voices(call: Speaking) -> dict[str, Any]:
    """List your voices, under the names that different clients look for."""
    records = await call.in_thread(call.library.list)
    voices = [_described(record.name, record.created_at) for record in records]
    return {"object": "list", "voices": voices, "data": voices}


@router.post("/v1/audio/voices")
async def create_voice(
    call: Managing,
    name: Annotated[str, Form()],
    audio_sample: UploadFile,
    consent: Annotated[str, Form()] = "",
    transcript: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = AUTO,
) -> dict[str, Any]:
    """Add a voice from a recording. `transcript` and `language` are ours; better with them."""
    recording = Recording(await call.upload(audio_sample), transcript, language)
    studio, owner = call.service.studio, call.caller.owner
    record, _ = await call.work(
        lambda: add_voice(studio, name, recording, consent=consent, owner=owner)
    )
    return _described(record.name, record.created_at)


def _described(name: str, created_at: str) -> dict[str, Any]:
    created = datetime.fromisoformat(created_at).astimezone(UTC)
    return {
        "object": "audio.voice",
        "id": name,
        "name": name,
        "created_at": int(created.timestamp()),
    }
