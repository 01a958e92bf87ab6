"""The interface of CosyVoice's FastAPI server: forms in, raw 16-bit sound at 24 kHz out."""

from typing import Annotated

from fastapi import APIRouter, Form, UploadFile
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from myna.core.engine import has_speaker
from myna.core.speech import Options, SpeechRequest
from myna.core.voice import NO_VOICE
from myna.dsp.codec import AudioFormat
from myna.http.call import Call, Speaking
from myna.http.errors import Problem, errors_as
from myna.http.routes.answers import SPEAKING, refusals
from myna.studio.voices import Recording

SAMPLE_RATE = 24000  # Hz


class Detail(BaseModel):
    """What went wrong."""

    detail: str


def envelope(problem: Problem) -> Response:
    """Tell a problem as FastAPI does."""
    return JSONResponse({"detail": problem.message}, problem.status, problem.headers)


router = APIRouter(
    tags=["CosyVoice"],
    route_class=errors_as(envelope),
    responses=refusals(*SPEAKING, body=Detail),
)

_FORM = Form(media_type="multipart/form-data")


class PresetForm(BaseModel):
    """A text, and who says it."""

    tts_text: str = Field(min_length=1)
    spk_id: str = Field(
        min_length=1, max_length=200, description="A speaker of the model, else a library voice."
    )


class InstructedPresetForm(PresetForm):
    """A text, who says it, and how."""

    instruct_text: str = Field(max_length=500)


class CrossLingualForm(BaseModel):
    """A text, and a recording to sound like."""

    tts_text: str = Field(min_length=1)
    prompt_wav: UploadFile


class ZeroShotForm(CrossLingualForm):
    """A text, a recording to sound like, and the words in it."""

    prompt_text: str = ""


class InstructedForm(CrossLingualForm):
    """A text, a recording to sound like, and how to say it."""

    instruct_text: str = Field(max_length=500)


async def sft(call: Speaking, form: Annotated[PresetForm, _FORM]) -> Response:
    """Say a text as a speaker."""
    return await _as_speaker(call, form, "")


async def zero_shot(call: Speaking, form: Annotated[ZeroShotForm, _FORM]) -> Response:
    """Say a text in the voice of a recording whose words are known."""
    return await _cloned(call, form, form.prompt_text, Options())


async def cross_lingual(call: Speaking, form: Annotated[CrossLingualForm, _FORM]) -> Response:
    """Say a text in the voice of a recording in any language."""
    return await _cloned(call, form, "", Options())


async def instruct(call: Speaking, form: Annotated[InstructedPresetForm, _FORM]) -> Response:
    """Say a text as a speaker, as instructed."""
    return await _as_speaker(call, form, form.instruct_text)


async def instruct2(call: Speaking, form: Annotated[InstructedForm, _FORM]) -> Response:
    """Say a text in the voice of a recording, as instructed."""
    return await _cloned(call, form, "", Options(instruction=form.instruct_text))


for _path, _speak in (
    ("/inference_sft", sft),
    ("/inference_zero_shot", zero_shot),
    ("/inference_cross_lingual", cross_lingual),
    ("/inference_instruct", instruct),
    ("/inference_instruct2", instruct2),
):
    router.post(_path, response_class=Response)(_speak)
    router.get(_path, response_class=Response, include_in_schema=False)(_speak)


async def _as_speaker(call: Call, form: PresetForm, instruction: str) -> Response:
    """Speak as a speaker the engine brings along, or else in the library voice of that name."""
    engine = call.service.studio.engine
    if await call.in_thread(lambda: has_speaker(engine, form.spk_id)):
        options = Options(instruction=instruction, speaker=form.spk_id)
        return await _answer(call, SpeechRequest(form.tts_text, NO_VOICE, options=options))
    options = Options(instruction=instruction)
    return await _answer(call, SpeechRequest(form.tts_text, form.spk_id, options=options))


async def _cloned(call: Call, form: CrossLingualForm, said: str, options: Options) -> Response:
    voice = await call.clone(Recording(await call.upload(form.prompt_wav), said))
    return await _answer(call, SpeechRequest(form.tts_text, voice, options=options))


async def _answer(call: Call, request: SpeechRequest) -> Response:
    return await call.audio(request, AudioFormat.PCM, sample_rate=SAMPLE_RATE)
