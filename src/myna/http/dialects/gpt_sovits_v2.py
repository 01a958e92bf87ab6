"""GPT-SoVITS's `api_v2.py`: `/tts` and the operations beside it."""

import errno
import os
from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from myna.core.errors import BadAudio, BadReference
from myna.core.speech import SpeechRequest
from myna.core.voice import Voice
from myna.http.call import Call, Speaking
from myna.http.dialects.gpt_sovits_routes import (
    ANSWERS,
    KEPT_STATUSES,
    NOTHING_TO_SAY,
    json_content,
    obeyed,
    parameters,
    refuse_methods,
    told,
)
from myna.http.dialects.gpt_sovits_speech import (
    RANDOM,
    SEEDS,
    Manner,
    answer,
    mixed,
    options,
    our_language,
    voice_of,
)
from myna.http.dialects.gpt_sovits_weights import NotChanged, change_weights
from myna.http.dialects.gpt_sovits_wire import (
    LANGUAGES,
    Reference,
    TtsFields,
    WireRefused,
    check_tts,
    read_tts_body,
    read_tts_query,
    run_inputs,
)
from myna.http.errors import Problem, errors_as
from myna.http.refusals import ReferenceNotFound
from myna.text.sentences import speakable

FAILED = "tts failed"
BAD_SEED = "Seed must be between 0 and 2**32 - 1"
OTHER_METHODS = ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"]


def envelope(problem: Problem) -> Response:
    """Tell a problem as api_v2.py does."""
    if problem.status in KEPT_STATUSES:
        return JSONResponse({"message": problem.message}, problem.status, problem.headers)
    status = 500 if problem.status >= 500 else 400
    return JSONResponse({"message": FAILED, "Exception": problem.message}, status)


router = APIRouter(tags=["GPT-SoVITS api_v2"], route_class=errors_as(envelope), responses=ANSWERS)


@router.get("/tts", response_class=Response, openapi_extra=parameters(TtsFields))
async def tts_by_query(call: Speaking) -> Response:
    """Speak what the query asks for."""

    async def spoken() -> Response:
        aux = await _paths_in_form(call.request)
        return await speak(call, read_tts_query(call.request.query_params.multi_items(), aux))

    return await told(spoken())


@router.post("/tts", response_class=Response, openapi_extra=json_content(TtsFields))
async def tts_by_body(call: Speaking) -> Response:
    """Speak what the JSON body asks for."""

    async def spoken() -> Response:
        kind = call.request.headers.get("content-type", "")
        return await speak(call, read_tts_body(await call.request.body(), kind))

    return await told(spoken())


async def speak(call: Call, fields: TtsFields) -> Response:
    """Speak what the fields ask for. Raises `WireRefused` for values upstream does not take."""
    check_tts(fields)
    inputs = run_inputs(fields)
    _check_inputs(inputs)
    reference = Reference(
        inputs["ref_audio_path"], inputs["prompt_text"], inputs["prompt_lang"].lower()
    )
    voice = await _voice(call, reference, others=inputs["aux_ref_audio_paths"] or ())
    _check_texts(inputs)
    chosen = options({**inputs, "speed": inputs["speed_factor"]}, seed=inputs["seed"])
    language = our_language(inputs["text_lang"], inputs["text"])
    request = SpeechRequest(inputs["text"], voice, language, chosen)
    streams = inputs["streaming_mode"] or inputs["return_fragment"]
    return await answer(call, request, Manner(inputs["media_type"], streams))


def failed(reason: str, message: str = FAILED) -> WireRefused:
    """Return the refusal by which api_v2.py reports what went wrong inside."""
    return WireRefused(400, {"message": message, "Exception": reason})


def _check_inputs(inputs: dict[str, Any]) -> None:
    """Check what upstream's synthesis refuses before it looks at the reference."""
    if inputs["seed"] != RANDOM and inputs["seed"] not in SEEDS:
        raise failed(BAD_SEED)
    for name in ("text_lang", "prompt_lang") if inputs["prompt_text"] else ("text_lang",):
        if inputs[name] not in LANGUAGES:
            raise failed(f"{name} must be in lower case: {inputs[name].lower()!r}.")
    if inputs["batch_size"] < 1:
        raise failed("batch_size must be 1 or more.")


def _check_texts(inputs: dict[str, Any]) -> None:
    if inputs["prompt_text"] and not inputs["prompt_text"].strip("\n"):
        raise failed("prompt_text has no words. Leave it out, or write what the recording says.")
    if not speakable(inputs["text"]):
        raise failed(NOTHING_TO_SAY)


async def _voice(
    call: Call,
    reference: Reference,
    message: str = FAILED,
    missing: str = "",
    others: Iterable[object] = (),
) -> Voice:
    try:
        return await mixed(call, await voice_of(call, reference, bounded=True), others)
    except ReferenceNotFound:
        raise failed(missing or f"{reference.path} not exists", message) from None
    except (BadAudio, BadReference) as error:
        raise failed(str(error), message) from None


async def _paths_in_form(request: Request) -> list[str]:
    """Return auxiliary references, which `GET /tts` takes from a form of all places."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return []
    form = await request.form()
    sent = form.getlist("aux_ref_audio_paths")
    return [str(item.filename) if isinstance(item, UploadFile) else item for item in sent]


@router.get("/set_refer_audio")
async def set_refer_audio(call: Speaking, refer_audio_path: str | None = None) -> Response:
    """Check a reference recording. `/tts` always names its own, so nothing is kept."""

    async def checked() -> Response:
        message = "set refer audio failed"
        if refer_audio_path is None:
            raise failed("Invalid file: None", message)
        missing = f"[Errno {errno.ENOENT}] {os.strerror(errno.ENOENT)}: {refer_audio_path!r}"
        await _voice(call, Reference(refer_audio_path), message, missing)
        return JSONResponse({"message": "success"})

    return await told(checked())


@router.get("/set_gpt_weights")
async def set_gpt_weights(call: Speaking, weights_path: str | None = None) -> Response:
    """Change the first network. Needs the setting `http.admin_operations` and an `admin` key."""
    return await told(_change_weights(call, "gpt", weights_path))


@router.get("/set_sovits_weights")
async def set_sovits_weights(call: Speaking, weights_path: str | None = None) -> Response:
    """Change the second network. Needs the setting `http.admin_operations` and an `admin` key."""
    return await told(_change_weights(call, "sovits", weights_path))


async def _change_weights(call: Call, network: str, path: str | None) -> Response:
    if not path:
        raise WireRefused(400, {"message": f"{network} weight path is required"})
    try:
        await change_weights(call, **{network: path})
    except NotChanged as error:
        raise failed(str(error), f"change {network} weight failed") from None
    return JSONResponse({"message": "success"})


@router.get("/control")
async def control(call: Speaking, command: str | None = None) -> Response:
    """Restart or stop. Needs the setting `http.admin_operations` and an `admin` key."""
    if command is None:
        return JSONResponse({"message": "command is required"}, 400)
    return obeyed(call, command)


refuse_methods(router, "/tts", OTHER_METHODS, "GET, POST")
for place in ("/set_refer_audio", "/set_gpt_weights", "/set_sovits_weights"):
    refuse_methods(router, place, [*OTHER_METHODS, "POST"], "GET")
refuse_methods(router, "/control", OTHER_METHODS, "GET")
