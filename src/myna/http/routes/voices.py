"""The caller's voice library."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from myna.dsp.codec import AudioFormat, encode_file
from myna.http.call import Managing, Speaking
from myna.http.errors import errors_as, native_error
from myna.http.routes.answers import refusals
from myna.http.routes.speech import Format, Language
from myna.storage.voices import NAME_LENGTH, VoiceRecord
from myna.studio.reference_check import judged
from myna.studio.voices import Recording, add_voice

router = APIRouter(prefix="/v1/voices", tags=["Voices"], route_class=errors_as(native_error))

NOTE_LENGTH = 2000  # characters
_READING = refusals(401, 403, 404, 422, 429)
_WRITING = refusals(400, 401, 403, 404, 408, 409, 413, 422, 429, 503, 504)


class VoiceInfo(BaseModel):
    """A voice: its name, what was recorded, who speaks, and on what permission."""

    name: str
    id: str = Field(description="Digest of the recording and its transcript.")
    language: str
    transcript: str
    speaker: str = Field(description="Who is speaking; empty if nobody said.")
    consent: str = Field(description="On what permission it is used; empty if nobody said.")
    duration: float = Field(description="Seconds.")
    sample_rate: int
    created_at: str = Field(description="ISO 8601, UTC.")

    @classmethod
    def of(cls, record: VoiceRecord) -> "VoiceInfo":
        """Return a record as it is sent."""
        return cls(
            name=record.name,
            id=record.voice_id,
            language=record.language,
            transcript=record.transcript,
            speaker=record.speaker,
            consent=record.consent,
            duration=record.duration_seconds,
            sample_rate=record.sample_rate,
            created_at=record.created_at,
        )


class VoiceList(BaseModel):
    """Every voice of the caller, by name."""

    voices: list[VoiceInfo]


class NewVoiceInfo(VoiceInfo):
    """A voice just added."""

    warnings: list[str] = Field(description="What would make it better.")


class RemarkInfo(BaseModel):
    """Something that would make a voice better."""

    code: str
    message: str


class VoiceQuality(BaseModel):
    """What a voice's recording is like."""

    speech: float = Field(description="Seconds in which somebody speaks.")
    noise: float = Field(description="dB by which the speech is above its background.")
    clipped: float = Field(description="Share of samples cut off at full scale.")
    level: float = Field(description="Of the speech, in dB of full scale.")
    remarks: list[RemarkInfo] = Field(description="What would make it better.")


class NewVoiceForm(BaseModel):
    """A recording about to become a voice."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=NAME_LENGTH)
    audio: UploadFile = Field(description="1 to 30 seconds, any audio format.")
    transcript: str = Field("", description="The words said in it.")
    language: Language = "auto"
    speaker: str = Field("", max_length=NOTE_LENGTH)
    consent: str = Field("", max_length=NOTE_LENGTH)


class PackedVoiceForm(BaseModel):
    """A voice that was exported."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile = Field(description="What `GET /v1/voices/NAME/export` gave.")
    name: str | None = Field(
        None, min_length=1, max_length=NAME_LENGTH, description="Another name for it."
    )


class VoiceChange(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "me too"}]})

    name: str | None = Field(None, min_length=1, max_length=NAME_LENGTH)
    speaker: str | None = Field(None, max_length=NOTE_LENGTH)
    consent: str | None = Field(None, max_length=NOTE_LENGTH)


@router.get("", responses=_READING)
async def list_voices(call: Speaking) -> VoiceList:
    """List your voices."""
    records = await call.in_thread(call.library.list)
    return VoiceList(voices=[VoiceInfo.of(record) for record in records])


@router.post("", status_code=201, responses=_WRITING)
async def add(
    call: Managing, given: Annotated[NewVoiceForm, Form(media_type="multipart/form-data")]
) -> NewVoiceInfo:
    """Add a voice: a recording, its words, who is speaking and on what permission."""
    recording = Recording(await call.upload(given.audio), given.transcript, given.language)
    record, warnings = await call.work(
        lambda: add_voice(
            call.service.studio,
            given.name,
            recording,
            speaker=given.speaker,
            consent=given.consent,
            owner=call.caller.owner,
        )
    )
    return NewVoiceInfo(**VoiceInfo.of(record).model_dump(), warnings=list(warnings))


@router.post("/import", status_code=201, responses=_WRITING)
async def unpack(
    call: Managing, given: Annotated[PackedVoiceForm, Form(media_type="multipart/form-data")]
) -> VoiceInfo:
    """Add a voice that was exported, here or elsewhere."""
    packed = await call.upload(given.file)
    record = await call.work(lambda: call.library.import_(packed, given.name))
    return VoiceInfo.of(record)


@router.get("/{name}", responses=_READING)
async def show(call: Speaking, name: str) -> VoiceInfo:
    """Show a voice."""
    return VoiceInfo.of(await call.in_thread(lambda: call.library.record(name)))


@router.patch("/{name}", responses=_WRITING)
async def change(call: Managing, name: str, wanted: VoiceChange) -> VoiceInfo:
    """Rename a voice, or change what is said of it."""

    def changed() -> VoiceRecord:
        call.library.change(
            name, new_name=wanted.name, speaker=wanted.speaker, consent=wanted.consent
        )
        return call.library.record(wanted.name or name)

    return VoiceInfo.of(await call.in_thread(changed))


@router.delete("/{name}", status_code=204, responses=_READING)
async def remove(call: Managing, name: str) -> None:
    """Remove a voice and its recording."""
    await call.in_thread(lambda: call.library.remove(name))


_SOUND: dict[int | str, dict[str, Any]] = {  # Any: FastAPI's own shape
    200: {
        "description": "The recording, as mono.",
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in sorted({f.media_type.split(";")[0] for f in AudioFormat})
        },
    }
}


@router.get("/{name}/reference", response_class=Response, responses=_SOUND | _READING)
async def play(call: Speaking, name: str, format: Annotated[Format, Query()] = "wav") -> Response:
    """Play a voice's recording."""
    voice = await call.voice(name)
    chosen = AudioFormat.named(format)
    content = await call.in_thread(lambda: encode_file(voice.reference, chosen))
    return Response(content, media_type=chosen.media_type)


@router.get("/{name}/quality", responses=_WRITING)
async def quality(call: Speaking, name: str) -> VoiceQuality:
    """Judge a voice's recording: length, noise, clipping, and whether it says its transcript."""
    voice = await call.voice(name)
    found = await call.work(lambda: judged(voice.reference, voice.transcript, voice.language))
    return VoiceQuality.model_validate(asdict(found))


_PACKED: dict[int | str, dict[str, Any]] = {  # Any: FastAPI's own shape
    200: {
        "description": "A zip: what is known of the voice, its recording as given and as mono.",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/{name}/export", response_class=Response, responses=_PACKED | _READING)
async def pack(call: Speaking, name: str) -> Response:
    """Pack a voice into one file that another Myna can import."""
    content = await call.in_thread(lambda: call.library.export(name))
    return Response(content, media_type="application/zip")
