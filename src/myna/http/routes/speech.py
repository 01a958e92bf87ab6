"""Text in, speech out."""

import json
from collections.abc import Generator, Iterable
from dataclasses import fields
from typing import Any, Literal, Self

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from myna.core.audio import Audio
from myna.core.speech import Chunk, Options, SpeechRequest
from myna.core.timing import TimedText
from myna.core.voice import NO_VOICE, Voice
from myna.dsp.codec import AudioFormat, encode_file
from myna.dsp.resample import resample
from myna.http.call import Call, Speaking
from myna.http.errors import Problem, detail, errors_as, native_error
from myna.http.frames import (
    EVENT_STREAM,
    ByteFrames,
    base64_text,
    encode_chunks,
    server_sent,
)
from myna.http.refusals import NotUnderstood
from myna.http.responses import Body
from myna.http.routes.answers import SPEAKING, refusals
from myna.studio.voices import Recording

router = APIRouter(tags=["Speech"], route_class=errors_as(native_error))

Format = Literal["wav", "flac", "mp3", "opus", "aac", "pcm"]
Language = Literal["auto", "ko", "en", "ja", "zh", "yue"]

MOST_AUXILIARY = 16  # voices
MOST_FIELDS = 50  # of a form
_KNOBS = {field.name for field in fields(Options)}


class Manner(BaseModel):
    """How to say something, and how to send it. An engine ignores a knob it does not have."""

    model_config = ConfigDict(extra="forbid")

    language: Language = Field("auto", description="`auto` finds it sentence by sentence.")
    engine: str | None = Field(None, description="One engine instead of the configured chain.")
    speed: float = Field(1.0, ge=0.25, le=4, description="Relative to the voice's own pace.")
    temperature: float = Field(1.0, ge=0, le=2, description="How varied the reading is.")
    seed: int | None = Field(
        None, ge=0, lt=2**32, description="The same seed says it the same way."
    )
    sentence_pause: float = Field(
        0.25, ge=0, le=10, description="Seconds of silence between sentences."
    )
    top_k: int | None = Field(
        None,
        ge=1,
        le=1024,
        description="Of how many most probable continuations one is drawn. Unset: the engine's.",
    )
    top_p: float | None = Field(
        None, ge=0, le=1, description="The probability these have together. Unset: the engine's."
    )
    repetition_penalty: float = Field(
        1.35, ge=1, le=2, description="How much what was said becomes less probable."
    )
    retries: int = Field(
        1, ge=0, le=5, description="How often a sentence that went wrong is drawn again, unheard."
    )
    sample_steps: int | None = Field(
        None, ge=1, le=128, description="Of engines that match a flow. Unset: the engine's choice."
    )
    instruction: str = Field(
        "", max_length=500, description="How to say it, in words: for `cosyvoice`."
    )
    speaker: str = Field(
        "", max_length=200, description="A speaker the engine brings along, in place of the voice."
    )
    format: Format = Field("wav", description="`pcm` is 16-bit little-endian without header.")
    sample_rate: int | None = Field(
        None, ge=8000, le=48000, description="Hz. Unset: the engine's. Told in `X-Sample-Rate`."
    )
    timestamps: bool = Field(False, description="Time every word.")

    def request(self, text: str, voice: str | Voice) -> SpeechRequest:
        """Return what the Studio is asked for."""
        options = Options(**self.model_dump(include=_KNOBS))
        return SpeechRequest(text, voice, self.language, options, self.engine, self.timestamps)


class SpeechBody(Manner):
    """What to say, in which voice: one of the library, or one whose recording came before.

    A speaker the engine brings along needs none.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "The kettle is on.", "voice": "sample"},
                {"text": "차 한 잔 드릴까요?", "voice": "sample", "format": "mp3"},
            ]
        }
    )

    text: str = Field(min_length=1, description="Any length up to the server's bound.")
    voice: str | None = Field(
        None, min_length=1, max_length=200, description="A name in your voice library."
    )
    voice_id: str | None = Field(
        None,
        pattern="^[0-9a-f]{32}$",
        description="Instead: the id of a voice of yours, or of one you sent as a recording "
        "lately. 404 `voice_not_found` where the server has forgotten it.",
    )
    auxiliary: list[str] = Field(
        [],
        max_length=MOST_AUXILIARY,
        description="More voices of yours whose timbre is mixed in, by engines that can.",
    )
    stream: bool = Field(
        True, description="Send sound as it is made. False: all at once, exact sizes in headers."
    )

    @model_validator(mode="after")
    def _one_voice(self) -> Self:
        given = (self.voice is not None) + (self.voice_id is not None)
        if given > 1 or not (given or self.speaker):
            raise ValueError("give either voice or voice_id, or a speaker")
        return self


class SpeechForm(Manner):
    """What to say, in the voice of a recording that comes along."""

    text: str = Field(min_length=1, description="Any length up to the server's bound.")
    transcript: str = Field("", description="The words said in the reference.")
    voice_language: Language = Field("auto", description="The language of the reference.")
    stream: bool = True


class Word(BaseModel):
    """A word and when it is said, in seconds from the start."""

    text: str
    start: float
    end: float

    @classmethod
    def of(cls, word: TimedText) -> "Word":
        """Return a word as it is sent."""
        return cls(text=word.text, start=round(word.start, 4), end=round(word.end, 4))


class TimedSpeech(BaseModel):
    """A whole speech with its word times."""

    audio: str = Field(description="The sound in the asked format, base64.")
    format: Format
    duration: float = Field(description="Seconds.")
    words: list[Word]
    engines: list[str]
    own_voices: list[str] = Field(
        description="Engines among them that spoke in a voice of their own, not the one asked for."
    )


def _documented() -> dict[str, Any]:  # Any: OpenAPI's own shape
    form = SpeechForm.model_json_schema()
    form["properties"]["reference"] = {
        "type": "string",
        "format": "binary",
        "description": "1 to 30 seconds of someone speaking, any audio format.",
    }
    form["required"].append("reference")
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": SpeechBody.model_json_schema()},
                "multipart/form-data": {"schema": form},
            },
        }
    }


_EVENT = {
    "type": "object",
    "description": "One event; `data` is JSON with the same `type`.",
    "properties": {
        "event": {"enum": ["audio", "words", "done", "error"]},
        "data": {"type": "string"},
    },
    "required": ["event", "data"],
}
_SOUND = {
    "description": "The speech. Chunked while it is made, or whole with `stream: false`. With "
    "`timestamps`, or for `Accept: text/event-stream`, events of the types `audio` (base64 parts "
    "of one file), `words`, `done`, `error`; with `stream: false` as well, one JSON object.",
    "content": {
        **{
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in sorted({f.media_type.split(";")[0] for f in AudioFormat})
        },
        EVENT_STREAM: {"schema": _EVENT},
        "application/json": {"schema": TimedSpeech.model_json_schema()},
    },
}


@router.post(
    "/v1/speech",
    response_class=Response,
    responses={200: _SOUND, **refusals(*SPEAKING)},
    openapi_extra=_documented(),
)
async def speak(call: Speaking) -> Response:
    """Speak a text, in a voice of the library (JSON) or of a recording that comes along (form)."""
    content_type = call.request.headers.get("content-type", "").split(";")[0].strip().lower()
    manner: SpeechBody | SpeechForm
    if content_type == "multipart/form-data":
        manner, voice = await _from_form(call)
        request = manner.request(manner.text, voice)
    else:
        manner = await _from_json(call.request)
        request = manner.request(manner.text, await _voice(call, manner))
    return await _answer(call, request, manner, stream=manner.stream)


async def _voice(call: Call, body: SpeechBody) -> str | Voice:
    if body.voice_id is not None:
        return await call.mixed(await call.voice_by_id(body.voice_id), body.auxiliary)
    return await call.mixed(body.voice or NO_VOICE, body.auxiliary)


async def _answer(call: Call, request: SpeechRequest, manner: Manner, *, stream: bool) -> Response:
    format = AudioFormat.named(manner.format)
    wants_events = EVENT_STREAM in call.request.headers.get("accept", "")
    if stream and (manner.timestamps or wants_events):
        frames = _events(format, manner.sample_rate)
        return call.stream(request, Body(frames, EVENT_STREAM, last_words=_last_event))
    if stream:
        return await call.audio(request, format, sample_rate=manner.sample_rate)
    if manner.timestamps:
        return await _timed(call, request, manner)
    return await call.finished_audio(request, format, sample_rate=manner.sample_rate)


def _events(format: AudioFormat, sample_rate: int | None) -> ByteFrames:
    """Return what turns speech into events: sound, the words known by then, the end."""

    def frames(chunks: Iterable[Chunk]) -> Generator[bytes]:
        duration, engines = 0.0, dict[str, None]()
        last = Chunk(Audio.silence(0.0, 1))
        for data, chunk in encode_chunks(chunks, format, sample_rate):
            words: tuple[TimedText, ...] = ()
            if chunk is not None:
                duration += chunk.audio.duration
                engines[chunk.engine] = None
                words = chunk.words
            event = b""
            if chunk is not None:
                last = chunk
            if data:
                event += server_sent(_sound_event(data, last), "audio")
            if words:
                sent = [Word.of(word).model_dump() for word in words]
                event += server_sent({"type": "words", "words": sent}, "words")
            if event:
                yield event
        done = {"type": "done", "duration": round(duration, 4), "engines": list(engines)}
        yield server_sent(done, "done")

    return frames


def _sound_event(data: bytes, chunk: Chunk) -> dict[str, Any]:  # Any: JSON
    """Return a stretch of sound; what is not usual of it is told."""
    event: dict[str, Any] = {"type": "audio", "audio": base64_text(data)}  # Any: JSON
    if chunk.fell_back:
        event["fell_back"] = True
    if not chunk.cloned:
        event["cloned"] = False
    return event


def _last_event(problem: Problem) -> bytes:
    return server_sent({"type": "error", "error": detail(problem).model_dump()}, "error")


async def _timed(call: Call, request: SpeechRequest, manner: Manner) -> Response:
    speech = await call.speak(request)
    format = AudioFormat.named(manner.format)
    rate = manner.sample_rate or speech.audio.sample_rate
    encoded = await call.in_thread(lambda: encode_file(resample(speech.audio, rate), format))
    answer = TimedSpeech(
        audio=base64_text(encoded),
        format=manner.format,
        duration=round(speech.audio.duration, 4),
        words=[Word.of(word) for word in speech.words],
        engines=list(speech.engines),
        own_voices=list(speech.own_voices),
    )
    return JSONResponse(answer.model_dump())


async def _from_json(request: Request) -> SpeechBody:
    try:
        return SpeechBody.model_validate(json.loads(await request.body()))
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
    except (ValueError, RecursionError):
        raise NotUnderstood("The body is not JSON. Send JSON, or a multipart form.") from None


async def _from_form(call: Call) -> tuple[SpeechForm, Voice]:
    async with call.request.form(max_files=1, max_fields=MOST_FIELDS) as form:
        given = dict(form)
        reference = given.pop("reference", None)
        try:
            manner = SpeechForm.model_validate(given)
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from None
        if not isinstance(reference, UploadFile):
            raise NotUnderstood("The form lacks the file `reference`: a recording to sound like.")
        content = await call.upload(reference)
    recording = Recording(content, manner.transcript, manner.voice_language)
    return manner, await call.clone(recording)
