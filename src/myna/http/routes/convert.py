"""A recording in, the same words at the same pace in another voice out."""

from typing import Annotated

from fastapi import APIRouter, Form, UploadFile
from pydantic import BaseModel, Field
from starlette.responses import Response

from myna.core.engine import converting
from myna.core.speech import ConversionRequest, Options
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, decode
from myna.http.call import SAMPLE_RATE_HEADER, Call, Speaking
from myna.http.errors import errors_as, native_error
from myna.http.frames import encoded
from myna.http.refusals import NotUnderstood
from myna.http.responses import Body
from myna.http.routes.answers import SPEAKING, refusals
from myna.http.routes.speech import Format
from myna.studio.voices import Recording

router = APIRouter(tags=["Speech"], route_class=errors_as(native_error))


class ConversionForm(BaseModel):
    """A recording, and the voice to say it in."""

    audio: UploadFile = Field(description="The recording, in any audio format.")
    voice: str | None = Field(None, description="A name in your voice library.")
    reference: UploadFile | None = Field(None, description="Instead: a recording to sound like.")
    engine: str | None = Field(None, description="One engine; unset: the first that can.")
    speed: float = Field(1.0, ge=0.25, le=4, description="Relative to the recording's pace.")
    format: Format = "wav"
    sample_rate: int | None = Field(None, ge=8000, le=48000, description="Hz. Unset: 24000.")


@router.post(
    "/v1/convert",
    response_class=Response,
    responses={
        200: {
            "description": "The recording in the other voice, chunked while it is made.",
            "content": {
                media_type: {"schema": {"type": "string", "format": "binary"}}
                for media_type in sorted({f.media_type.split(";")[0] for f in AudioFormat})
            },
        },
        **refusals(*SPEAKING),
    },
)
async def convert(
    call: Speaking, form: Annotated[ConversionForm, Form(media_type="multipart/form-data")]
) -> Response:
    """Say a recording again, at its pace, in another voice."""
    studio = call.service.studio
    engine = studio.engine_named(form.engine)
    converting(engine)
    voice = await _voice(call, form)
    content = await call.upload(form.audio)
    longest = studio.limits.audio_seconds
    source = await call.work(lambda: decode(content, max_seconds=longest))
    format = AudioFormat.named(form.format)
    rate = format.rate_for(form.sample_rate or engine.capabilities.sample_rate)
    request = ConversionRequest(source, voice, Options(speed=form.speed), form.engine)
    headers = {SAMPLE_RATE_HEADER: str(rate)}
    return call.converted(request, Body(encoded(format, rate), format.media_type, headers))


async def _voice(call: Call, form: ConversionForm) -> Voice:
    if (form.voice is None) == (form.reference is None):
        raise NotUnderstood("Send either the name `voice` or the file `reference`.")
    if form.reference is None:
        return await call.voice(form.voice or "")
    return await call.clone(Recording(await call.upload(form.reference)))
