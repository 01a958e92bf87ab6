"""What clients of GPT-SoVITS send, read as its two servers read it: pure functions, no speech."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

Fields = TypeVar("Fields", bound=BaseModel)
Pairs = Sequence[tuple[str, str]]

VERSION = "v2"  # of the models whose languages are accepted
LANGUAGES = (
    *("auto", "auto_yue", "en", "zh", "ja", "yue", "ko"),
    *("all_zh", "all_ja", "all_yue", "all_ko"),
)
SPLIT_METHODS = ("cut0", "cut1", "cut2", "cut3", "cut4", "cut5")
MEDIA_TYPES = ("wav", "raw", "ogg", "aac")
BAD_MODE = "the value of streaming_mode must be 0, 1, 2, 3(int) or true/false(bool)"
NOT_AN_OBJECT = "Input should be a valid dictionary or object to extract fields from"

NAMES_OF_LANGUAGES = {
    "中文": "all_zh",
    "粤语": "all_yue",
    "英文": "en",
    "日文": "all_ja",
    "韩文": "all_ko",
    "中英混合": "zh",
    "粤英混合": "yue",
    "日英混合": "ja",
    "韩英混合": "ko",
    "多语种混合": "auto",
    "多语种混合(粤语)": "auto_yue",
} | {code: code for code in LANGUAGES}
"""What api.py calls languages."""

CUT_MARKS = frozenset(",.;?!、，。？！；：…")

Detail = dict[str, Any]  # Any: FastAPI's own description of a value it does not take


class WireRefused(Exception):
    """The request cannot be read, or its values are not taken: a status and a body."""

    def __init__(self, status: int, body: Any) -> None:  # Any: this is the wire
        super().__init__(body)
        self.status = status
        self.body = body


class TtsFields(BaseModel):
    """What `/tts` takes, with the defaults of api_v2.py; other keys are ignored."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())

    text: str = None  # type: ignore[assignment]  # upstream's own default: null is refused
    text_lang: str = None  # type: ignore[assignment]
    ref_audio_path: str = None  # type: ignore[assignment]
    aux_ref_audio_paths: list[Any] = None  # type: ignore[assignment]
    prompt_lang: str = None  # type: ignore[assignment]
    prompt_text: str = ""
    top_k: int = 15
    top_p: float = 1
    temperature: float = 1
    text_split_method: str = "cut5"
    batch_size: int = 1
    batch_threshold: float = 0.75
    split_bucket: bool = True
    speed_factor: float = 1.0
    fragment_interval: float = 0.3
    seed: int = -1
    media_type: str = "wav"
    streaming_mode: bool | int = False
    parallel_infer: bool = True
    repetition_penalty: float = 1.35
    sample_steps: int = 32
    super_sampling: bool = False
    overlap_length: int = 2
    min_chunk_length: int = 16


class RootFields(BaseModel):
    """What `/` of api.py takes in a query; other keys are ignored."""

    model_config = ConfigDict(extra="ignore")

    refer_wav_path: str | None = None
    prompt_text: str | None = None
    prompt_language: str | None = None
    text: str | None = None
    text_language: str | None = None
    cut_punc: str | None = None
    top_k: int = 15
    top_p: float = 1.0
    temperature: float = 1.0
    speed: float = 1.0
    inp_refs: list[str] = []
    sample_steps: int = 32
    if_sr: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A recording named by path, and the words said in it."""

    path: str | None = None
    text: str | None = None
    language: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether api.py would speak with it."""
        return bool(self.path and self.text and self.language)


# ---- api_v2.py ----------------------------------------------------------------------------------


def read_tts_query(query: Pairs, aux: Sequence[str] = ()) -> TtsFields:
    """Read `GET /tts`. Auxiliary paths come in a form, never in the query. Raises `WireRefused`."""
    values: dict[str, Any] = {key: value for key, value in query if key != "aux_ref_audio_paths"}
    if aux:
        values["aux_ref_audio_paths"] = list(aux)
    fields = _validated(TtsFields, values, "query")
    return fields.model_copy(
        update={
            "text_lang": fields.text_lang and fields.text_lang.lower(),
            "prompt_lang": fields.prompt_lang and fields.prompt_lang.lower(),
        }
    )


def read_tts_body(content: bytes, content_type: str) -> TtsFields:
    """Read `POST /tts`. Raises `WireRefused`."""
    return tts_fields(json_body(content, content_type))


def tts_fields(body: Any) -> TtsFields:  # Any: whatever JSON holds
    """Read a JSON body's values. Raises `WireRefused`."""
    return _validated(TtsFields, body, "body")


def check_tts(fields: TtsFields) -> None:
    """Check values in upstream's order, in upstream's words. Raises `WireRefused`."""
    problem = (
        _required("ref_audio_path", fields.ref_audio_path)
        or _required("text", fields.text)
        or _language_problem("text_lang", fields.text_lang)
        or _language_problem("prompt_lang", fields.prompt_lang)
        or _choice_problem("media_type: ", fields.media_type, MEDIA_TYPES)
        or _choice_problem("text_split_method:", fields.text_split_method, SPLIT_METHODS)
        or ("" if fields.streaming_mode in (0, 1, 2, 3) else BAD_MODE)
    )
    if problem:
        raise WireRefused(400, {"message": problem})


def run_inputs(fields: TtsFields) -> dict[str, Any]:
    """Return what api_v2.py hands to its synthesis for a request that passed the check."""
    mode = int(fields.streaming_mode)
    return fields.model_dump() | {
        "streaming_mode": mode in (2, 3),
        "return_fragment": mode == 1,
        "fixed_length_chunk": mode == 3,
    }


def _required(name: str, value: str | None) -> str:
    return "" if value else f"{name} is required"


def _language_problem(name: str, value: str | None) -> str:
    missing = _required(name, value)
    if missing or value is None or value.lower() in LANGUAGES:
        return missing
    return f"{name}: {value} is not supported in version {VERSION}"


def _choice_problem(start: str, value: str, choices: Sequence[str]) -> str:
    return "" if value in choices else f"{start}{value} is not supported"


# ---- api.py -------------------------------------------------------------------------------------


def read_root_query(query: Pairs) -> dict[str, Any]:
    """Read `GET /` of api.py. Raises `WireRefused`."""
    values: dict[str, Any] = dict(query)
    values["inp_refs"] = [value for key, value in query if key == "inp_refs"]
    return _validated(RootFields, values, "query").model_dump()


def root_values(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read a JSON body for `/` of api.py, which checks no types."""
    return {name: body.get(name, default) for name, default in RootFields().model_dump().items()}


def bound_arguments(
    values: Mapping[str, Any], default: Reference | None = None, default_cut: str = ""
) -> dict[str, Any]:
    """Return what api.py hands to its synthesis. Raises `WireRefused` where it cannot."""
    given = Reference(values["refer_wav_path"], values["prompt_text"], values["prompt_language"])
    reference = given if given.is_complete else default or Reference()
    if not reference.is_complete:
        raise WireRefused(400, {"code": 400, "message": "未指定参考音频且接口无预设"})
    if not isinstance(values["text"], str):
        raise WireRefused(400, {"code": 400, "message": "text is required, and must be text."})
    marks = default_cut if values["cut_punc"] is None else str(values["cut_punc"])
    kept = ("text_language", "top_k", "top_p", "temperature", "speed", "inp_refs", "sample_steps")
    return {
        "ref_wav_path": reference.path,
        "prompt_text": reference.text,
        "prompt_language": reference.language,
        "text": cut_at(values["text"], marks),
        **{name: values[name] for name in kept},
        "if_sr": values["if_sr"],
        "spk": "default",
    }


def cut_at(text: str, marks: str) -> str:
    """Put a line break behind each of these marks; marks that end nothing are not marks."""
    cutting = CUT_MARKS.intersection(marks)
    if cutting:
        lines = [""]
        for character in text.strip("\n"):
            lines[-1] += character
            if character in cutting:
                lines.append("")
        text = "\n".join(lines)
    while "\n\n" in text:
        text = text.replace("\n\n", "\n")
    return text


# ---- JSON and types, as FastAPI reads them ------------------------------------------------------


def json_body(content: bytes, content_type: str) -> Any:  # Any: whatever JSON holds
    """Return a JSON body, or raise `WireRefused` in FastAPI's words."""
    missing = {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}
    if not content:
        raise _invalid(missing)
    if not _is_json(content_type):
        shown = content.decode(errors="replace")
        raise _invalid(
            {"type": "model_attributes_type", "loc": ["body"], "msg": NOT_AN_OBJECT, "input": shown}
        )
    try:
        body = json.loads(content)
    except json.JSONDecodeError as error:
        problem = {"type": "json_invalid", "loc": ["body", error.pos], "msg": "JSON decode error"}
        raise _invalid(problem | {"input": {}, "ctx": {"error": error.msg}}) from None
    except (UnicodeDecodeError, RecursionError):
        raise WireRefused(400, {"detail": "There was an error parsing the body"}) from None
    if body is None:
        raise _invalid(missing)
    return body


def _is_json(content_type: str) -> bool:
    message = Message()
    message["content-type"] = content_type or "application/octet-stream"
    subtype = message.get_content_subtype()
    is_json = subtype == "json" or subtype.endswith("+json")
    return message.get_content_maintype() == "application" and is_json


def _validated(model: type[Fields], values: Any, place: str) -> Fields:  # Any: not validated yet
    try:
        return model.model_validate(values, from_attributes=True)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        raise _invalid(*(_detail(dict(problem), place) for problem in details)) from None


def _detail(problem: Detail, place: str) -> Detail:
    return problem | {"loc": [place, *problem["loc"]], "input": _showable(problem["input"])}


def _showable(value: Any) -> Any:  # Any: whatever was sent
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _showable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_showable(item) for item in value]
    return value


def _invalid(*details: Detail) -> WireRefused:
    return WireRefused(422, {"detail": list(details)})
