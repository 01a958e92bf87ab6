"""GPT-SoVITS's older `api.py` on `/`, and what SillyTavern and VoiceStudio call there."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import Scope

from myna.core.errors import BadAudio, BadReference, InvalidOption
from myna.core.speech import SpeechRequest
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
    FORMATS,
    RANDOM,
    Manner,
    Remembered,
    answer,
    library_name,
    mixed,
    options,
    our_language,
    voice_of,
)
from myna.http.dialects.gpt_sovits_v2 import speak as speak_tts
from myna.http.dialects.gpt_sovits_weights import NotChanged, change_weights
from myna.http.dialects.gpt_sovits_wire import (
    NAMES_OF_LANGUAGES,
    Reference,
    RootFields,
    WireRefused,
    bound_arguments,
    read_root_query,
    root_values,
    tts_fields,
)
from myna.http.errors import Problem, errors_as
from myna.http.refusals import ReferenceNotFound
from myna.text.sentences import speakable

SILENCE_BETWEEN = 0.3  # seconds, after every line of api.py
NO_REFERENCE = '缺少任意一项以下参数: "path", "text", "language"'
NUMBERS = {"speed": 1.0, "temperature": 1.0, "top_k": 15.0, "top_p": 1.0, "sample_steps": 32.0}
KEYS = frozenset(RootFields.model_fields)
SEEING = ("GET", "HEAD")


def envelope(problem: Problem) -> Response:
    """Tell a problem as api.py does."""
    status = problem.status
    if status not in KEPT_STATUSES:
        status = 500 if status >= 500 else 400
    return JSONResponse({"code": status, "message": problem.message}, status, problem.headers)


class RootRoute(errors_as(envelope)):  # type: ignore[misc]  # a class made by a function
    """Leaves `GET /` to a web page where a browser asks for one."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match unless a browser wants to see something and asks for no speech."""
        if scope["type"] == "http" and scope["path"] == "/" and scope["method"] in SEEING:
            request = Request(scope)
            wants_page = "text/html" in request.headers.get("accept", "")
            if wants_page and not KEYS.intersection(request.query_params):
                return Match.NONE, {}
        matched: tuple[Match, Scope] = super().matches(scope)
        return matched


router = APIRouter(tags=["GPT-SoVITS api"], route_class=RootRoute, responses=ANSWERS)


@router.get("/", openapi_extra=parameters(RootFields))
async def speak_query(call: Speaking) -> Response:
    """Speak what the query asks for; without one, answer that the server is there."""
    query = call.request.query_params.multi_items()
    if not query:
        return JSONResponse({"code": 0, "message": "Ready. Send text, text_language and so on."})

    async def spoken() -> Response:
        return await _speak(call, read_root_query(query))

    return await told(spoken())


@router.post("/", openapi_extra=json_content(RootFields))
async def speak_body(call: Speaking) -> Response:
    """Speak what the JSON body asks for, in the names of api.py, api_v2.py or SillyTavern.

    Without a body the query counts, as VoiceStudio sends it.
    """

    async def spoken() -> Response:
        content = await call.request.body()
        query = call.request.query_params.multi_items()
        if not content and query:
            named = [("speed" if name == "speed_factor" else name, value) for name, value in query]
            return await _speak(call, read_root_query(named))
        body = json_object(content)
        if name := body.get("target_voice") or body.get("speaker"):
            return await _speak_as(call, str(name), body)
        if {"text_lang", "ref_audio_path"} & set(body):
            return await speak_tts(call, tts_fields(body))
        return await _speak(call, root_values(body))

    return await told(spoken())


@router.get("/speakers")
async def list_speakers(call: Speaking) -> Response:
    """List your voices, for SillyTavern."""
    records = await call.in_thread(call.library.list)
    return JSONResponse(
        [
            {"name": kept.name, "voice_id": kept.name, "preview_url": "", "lang": kept.language}
            for kept in records
        ]
    )


async def _speak(call: Call, values: Mapping[str, Any]) -> Response:
    """Speak what api.py's values ask for. The answer is one WAV file, in chunks."""
    arguments = bound_arguments(await _with_named_voice(call, values), _default(call))
    voice_language = _language(arguments["prompt_language"], "prompt_language")
    language = _language(arguments["text_language"], "text_language")
    if not speakable(arguments["text"]):
        raise WireRefused(400, {"code": 400, "message": NOTHING_TO_SAY})
    reference = Reference(arguments["ref_wav_path"], arguments["prompt_text"], voice_language)
    try:
        voice = await voice_of(call, reference, bounded=False)
        if isinstance(arguments["inp_refs"], list):
            voice = await mixed(call, voice, arguments["inp_refs"])
        numbers = {
            name: _number(name, arguments[name], default) for name, default in NUMBERS.items()
        }
        chosen = options({**numbers, "fragment_interval": SILENCE_BETWEEN}, seed=RANDOM)
    except (ReferenceNotFound, BadAudio, BadReference, InvalidOption) as error:
        raise WireRefused(400, {"code": 400, "message": str(error)}) from None
    text = arguments["text"]
    request = SpeechRequest(text, voice, our_language(language, text), chosen)
    return await answer(call, request, Manner(chunked=True))


async def _speak_as(call: Call, name: str, body: Mapping[str, Any]) -> Response:
    """Speak as a voice of the library, for SillyTavern's adapter and its CosyVoice provider."""
    media_type = str(body.get("media_type", "wav")).lower()
    media_type = "wav" if media_type == "auto" else media_type
    if media_type not in FORMATS:
        raise WireRefused(400, {"message": f"media_type: {media_type} is not supported"})
    text = body.get("text")
    if not text or not isinstance(text, str):
        raise WireRefused(400, {"message": "text is required"})
    language = _language(body.get("text_lang", "auto"), "text_lang")
    voice = await call.voice(await library_name(call, name) or name)
    streams = body.get("streaming", body.get("streaming_mode", False))
    request = SpeechRequest(text, voice, our_language(language, text))
    is_streamed = str(streams).lower() not in ("false", "0", "none", "")
    return await answer(call, request, Manner(media_type, is_streamed))


async def _with_named_voice(call: Call, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fill in the prompt of a voice of the library, which brings its own."""
    path = values["refer_wav_path"]
    named = await library_name(call, path) if path and isinstance(path, str) else None
    if named is None:
        return values
    own = {"prompt_text": values["prompt_text"] or named}
    return {**values, **own, "prompt_language": values["prompt_language"] or "auto"}


def _default(call: Call) -> Reference | None:
    return Remembered.by(call).defaults.get(call.caller.id)


def _language(code: Any, name: str) -> str:  # Any: JSON is not checked before
    known = NAMES_OF_LANGUAGES.get(str(code).lower())
    if known is None:
        choices = ", ".join(NAMES_OF_LANGUAGES)
        raise WireRefused(
            400, {"code": 400, "message": f"{name} cannot be {code!r}: choose one of {choices}."}
        )
    return known


def _number(name: str, value: Any, default: float) -> float:  # Any: JSON is not checked before
    try:
        return default if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidOption(name, value, "give a number") from None


def json_object(content: bytes) -> dict[str, Any]:
    """Return a JSON object, whatever it is declared as. Raises `WireRefused`."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise WireRefused(400, {"code": 400, "message": "The body must be a JSON object."})
    return body


# ---- what changes the server --------------------------------------------------------------------


@router.get("/change_refer")
async def change_refer_by_query(
    call: Speaking,
    refer_wav_path: str | None = None,
    prompt_text: str | None = None,
    prompt_language: str | None = None,
) -> Response:
    """Choose the reference of your later requests that name none. Others keep theirs."""
    return await told(_change_refer(call, Reference(refer_wav_path, prompt_text, prompt_language)))


@router.post("/change_refer")
async def change_refer_by_body(call: Speaking) -> Response:
    """Choose the reference of your later requests that name none. Others keep theirs."""

    async def changed() -> Response:
        body = json_object(await call.request.body())
        parts = (body.get(name) for name in ("refer_wav_path", "prompt_text", "prompt_language"))
        return await _change_refer(call, Reference(*parts))

    return await told(changed())


async def _change_refer(call: Call, reference: Reference) -> Response:
    if not (reference.path or reference.text or reference.language):
        raise WireRefused(400, {"code": 400, "message": NO_REFERENCE})
    Remembered.by(call).defaults.put(call.caller.id, reference)
    return JSONResponse({"code": 0, "message": "Success"})


@router.get("/set_model")
async def set_model_by_query(
    call: Speaking, gpt_model_path: str | None = None, sovits_model_path: str | None = None
) -> Response:
    """Change the networks. Needs the setting `http.admin_operations` and an `admin` key."""
    return await _set_model(call, gpt_model_path, sovits_model_path)


@router.post("/set_model")
async def set_model_by_body(call: Speaking) -> Response:
    """Change the networks. Needs the setting `http.admin_operations` and an `admin` key."""

    async def changed() -> Response:
        body = json_object(await call.request.body())
        return await _set_model(call, body.get("gpt_model_path"), body.get("sovits_model_path"))

    return await told(changed())


async def _set_model(call: Call, gpt: object, sovits: object) -> Response:
    paths = [str(path) if path else None for path in (gpt, sovits)]
    try:
        if any(paths):
            await change_weights(call, *paths)
        else:
            call.check_admin()
    except NotChanged as error:
        return JSONResponse({"code": 400, "message": str(error)}, 400)
    return JSONResponse({"code": 0, "message": "Success"})


@router.post("/control")
async def control_by_body(call: Speaking) -> Response:
    """Restart or stop. Needs the setting `http.admin_operations` and an `admin` key."""

    async def controlled() -> Response:
        return obeyed(call, json_object(await call.request.body()).get("command"))

    return await told(controlled())


refuse_methods(router, "/", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"], "GET, POST")
for path in ("/change_refer", "/set_model"):
    refuse_methods(router, path, ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"], "GET, POST")
