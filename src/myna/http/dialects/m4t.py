"""The voice-clone route of m4t servers: a recording and a text in, base64 sound out."""

import time
from typing import Annotated

from fastapi import APIRouter, Form, UploadFile
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from myna.core.speech import SpeechRequest
from myna.dsp.codec import AudioFormat, encode_file
from myna.http.call import Speaking
from myna.http.errors import Problem, errors_as
from myna.http.frames import base64_text
from myna.http.routes.answers import SPEAKING, refusals
from myna.studio.voices import Recording

LANGUAGES = {
    "eng": "en",
    "cmn": "zh",
    "cmn_hant": "zh",
    "zho": "zh",
    "kor": "ko",
    "jpn": "ja",
    "all_zh": "zh",
    "all_ja": "ja",
    "all_ko": "ko",
    "all_yue": "yue",
}
"""What their clients call our languages; our own codes are taken as they are."""


def envelope(problem: Problem) -> Response:
    """Tell a problem as FastAPI does, and of a missing engine what to do."""
    body: dict[str, str | bool] = {"detail": problem.message}
    if problem.status == 503:
        body |= {"service_available": False, "suggestion": "Try again later; see GET /v1/engines."}
    return JSONResponse(body, problem.status, problem.headers)


class ErrorBody(BaseModel):
    """What went wrong."""

    detail: str
    service_available: bool | None = None
    suggestion: str | None = None


router = APIRouter(
    tags=["m4t"],
    route_class=errors_as(envelope),
    responses=refusals(*SPEAKING, body=ErrorBody),
)


class ClonedVoice(BaseModel):
    """A text said in the voice of a recording."""

    task: str = "voice_clone"
    output_audio_base64: str
    """A WAV file."""
    output_sample_rate: int
    text_length: int
    output_duration: float
    """Seconds."""
    processing_time: float
    """Seconds."""
    service_available: bool = True


class CloneForm(BaseModel):
    """A recording, the words in it, and a text to say in its voice."""

    audio: UploadFile
    text: str = Field(min_length=1)
    text_language: str = "auto"
    prompt_text: str = ""
    prompt_language: str = "auto"
    cut_punc: str | None = Field(None, description="Ignored: sentences find their own ends.")


@router.post("/v1/voice-clone")
async def clone_voice(
    call: Speaking, form: Annotated[CloneForm, Form(media_type="multipart/form-data")]
) -> ClonedVoice:
    """Say a text in the voice of a recording."""
    started = time.perf_counter()
    content = await call.upload(form.audio)
    recording = Recording(content, form.prompt_text, language_of(form.prompt_language))
    voice = await call.clone(recording)
    speech = await call.speak(SpeechRequest(form.text, voice, language_of(form.text_language)))
    encoded = await call.in_thread(lambda: encode_file(speech.audio, AudioFormat.WAV))
    return ClonedVoice(
        output_audio_base64=base64_text(encoded),
        output_sample_rate=speech.audio.sample_rate,
        text_length=len(form.text),
        output_duration=round(speech.audio.duration, 3),
        processing_time=round(time.perf_counter() - started, 3),
    )


def language_of(code: str) -> str:
    """Return our code for theirs, in any case; an unknown one is left for the Studio to refuse."""
    return LANGUAGES.get(code.lower(), code.lower())
