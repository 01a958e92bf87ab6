"""`POST /tts/partial_regenerate`: a few words of a recording said anew, by character offsets."""

from pathlib import Path
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from myna.core.edit import Edit
from myna.core.errors import VoiceNotFound
from myna.core.speech import Options
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, decode_native, encode_native
from myna.http.call import Call, Speaking
from myna.http.errors import Problem, errors_as
from myna.http.routes.answers import SPEAKING, refusals
from myna.studio.editing.edit import EditRequest
from myna.studio.editing.report import report_json
from myna.studio.voices import Recording

REPORT_HEADER = "X-Edit-Report"
LANGUAGES = {"all_zh": "zh", "all_ja": "ja", "all_ko": "ko", "all_yue": "yue", "auto_yue": "auto"}


def envelope(problem: Problem) -> Response:
    """Tell a problem as GPT-SoVITS servers do: what the caller can mend is a 400."""
    status = 400 if problem.status in (404, 409, 413, 422) else problem.status
    body = {"message": "partial regeneration failed", "Exception": problem.message}
    return JSONResponse(body, status, problem.headers)


class ErrorBody(BaseModel):
    """What went wrong."""

    message: str
    Exception: str


STATUSES = tuple(status for status in SPEAKING if status not in (404, 409, 413, 422))

router = APIRouter(
    tags=["GPT-SoVITS"],
    route_class=errors_as(envelope),
    responses=refusals(*STATUSES, body=ErrorBody),
)


class Body(BaseModel):
    """A recording by path, all that is said in it, and what to say between two offsets."""

    original_audio_path: str = Field(min_length=1)
    original_text: str = Field(min_length=1)
    start_char_idx: int = Field(ge=0)
    end_char_idx: int = Field(ge=0)
    new_text: str
    ref_audio_path: str | None = Field(None, description="Unset: the recording's own voice.")
    prompt_text: str = ""
    prompt_lang: str = "auto"
    text_lang: str = "auto"
    sample_steps: int | None = Field(
        None, ge=1, le=128, description="Of engines that match a flow. Unset: the engine's choice."
    )
    speed_factor: float = Field(1.0, ge=0.25, le=4)
    media_type: Literal["wav", "flac"] = "wav"


@router.post("/tts/partial_regenerate", response_class=Response)
async def partial_regenerate(body: Body, call: Speaking) -> Response:
    """Answer with the changed recording; which samples were replaced is in `X-Edit-Report`."""
    recording = await call.reference(body.original_audio_path)
    voice = await _voice(body, call)
    format = AudioFormat.named(body.media_type)

    def work() -> tuple[bytes, str]:
        edited = call.service.studio.edit(_request(body, recording, voice, call))
        return encode_native(edited.recording, format), report_json(edited.report)

    content, report = await call.work(work)
    headers = {REPORT_HEADER: report.encode("ascii", "backslashreplace").decode()}
    headers = {name: " ".join(value.split()) for name, value in headers.items()}
    return Response(content, media_type=format.media_type, headers=headers)


def _request(body: Body, recording: Path, voice: Voice | None, call: Call) -> EditRequest:
    return EditRequest(
        decode_native(recording, max_seconds=call.service.studio.limits.audio_seconds),
        body.original_text,
        (Edit(body.start_char_idx, body.end_char_idx, body.new_text),),
        _language(body.text_lang),
        voice,
        options=Options(speed=body.speed_factor, sample_steps=body.sample_steps),
    )


async def _voice(body: Body, call: Call) -> Voice | None:
    """Return who speaks: a name in the library, a recording by path, or nobody else."""
    if not body.ref_audio_path:
        return None
    try:
        return await call.voice(body.ref_audio_path)
    except VoiceNotFound:
        path = await call.reference(body.ref_audio_path)
        return await call.clone(Recording(path, body.prompt_text, _language(body.prompt_lang)))


def _language(code: str) -> str:
    return LANGUAGES.get(code.lower(), code.lower())
