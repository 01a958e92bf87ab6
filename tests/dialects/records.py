"""Recorded requests and answers, and what a request must become before it is spoken."""

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from myna.http.dialects.gpt_sovits_wire import (
    Reference,
    WireRefused,
    bound_arguments,
    check_tts,
    read_root_query,
    read_tts_body,
    read_tts_query,
    root_values,
    run_inputs,
)

DEFAULT_REFERENCE = re.compile(r"-dr (\S+) -dt (\S+) -dl (\S+)")
DEFAULT_CUT = re.compile(r"-cp (\S+)")
REFERENCE_KEYS = ("ref_audio_path", "aux_ref_audio_paths", "refer_wav_path", "refer_audio_path")
PAD_LENGTH = 2_000_000  # characters


@dataclass(frozen=True)
class Record:
    """One request and how upstream's server answered it."""

    data: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @property
    def state(self) -> str:
        """Which session of upstream's server it belongs to."""
        return str(self.data["server_state"])

    @property
    def is_v1(self) -> bool:
        return self.id.startswith("v1")

    @property
    def request(self) -> dict[str, Any]:
        return dict(self.data["request"])

    @property
    def method(self) -> str:
        return str(self.request["method"])

    @property
    def path(self) -> str:
        return str(self.request["path"])

    @property
    def response(self) -> dict[str, Any]:
        return dict(self.data["response"])

    @property
    def status(self) -> int | None:
        """None: no answer."""
        status: int | None = self.response["status"]
        return status

    @property
    def body(self) -> dict[str, Any]:
        return dict(self.response.get("body") or {"kind": "empty"})

    @property
    def message(self) -> str:
        """The text of an error."""
        content = self.body.get("json")
        return str(content.get("message", "")) if isinstance(content, dict) else ""

    @property
    def exception(self) -> str | None:
        content = self.body.get("json")
        return content.get("Exception") if isinstance(content, dict) else None

    @property
    def inputs(self) -> dict[str, Any] | None:
        """What upstream's server handed to its synthesis, if it came to that."""
        return (self.data.get("pipeline") or {}).get("run_inputs")

    @property
    def is_complete(self) -> bool:
        return self.response["end"] == "complete"

    @property
    def fails_in_speech(self) -> bool:
        """Upstream sent silence, nothing, or cut the answer."""
        return self.status is None or (
            self.status == 200
            and (not self.is_complete or self.body["kind"] == "empty" or self.is_silent)
        )

    @property
    def is_silent(self) -> bool:
        return bool(self.body.get("all_zero"))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        query = str(self.request["raw_target"]).partition("?")[2]
        return parse_qsl(query, keep_blank_values=True)

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.request["headers"]]

    def header(self, name: str) -> str:
        return dict((key.lower(), value) for key, value in self.headers).get(name.lower(), "")

    @property
    def content(self) -> bytes:
        """The body as it was sent."""
        request = self.request
        if "body_base64" in request:
            return base64.b64decode(request["body_base64"])
        if request.get("body_text") is not None:
            return str(request["body_text"]).encode()
        if request.get("body_json") is not None:
            return json.dumps(request["body_json"], ensure_ascii=False).encode()
        return self._long_body() if request.get("body_note") else b""

    def _long_body(self) -> bytes:
        """Rebuild a body too long to be stored, from the note and what became of it."""
        if self.inputs is None:
            return b""
        known = {name: self.inputs[name] for name in ("text_lang", "ref_audio_path", "prompt_lang")}
        known |= {name: self.inputs[name] for name in ("prompt_text", "text_split_method", "text")}
        if int(self.request["body_bytes"]) > PAD_LENGTH:
            known["pad"] = "x" * PAD_LENGTH
        return json.dumps(known, ensure_ascii=False).encode()

    @property
    def values(self) -> dict[str, Any]:
        """The parameters by name, from wherever they came."""
        values: dict[str, Any] = dict(self.pairs)
        try:
            body = json.loads(self.content)
        except ValueError:
            body = None
        return values | body if isinstance(body, dict) else values

    @property
    def reference_paths(self) -> set[str]:
        """Every path the request names as a recording."""
        pairs = [*self.pairs, *parse_qsl(self.content.decode("latin-1"))]
        named = [value for key, value in pairs if key in REFERENCE_KEYS]
        for key in REFERENCE_KEYS:
            value = self.values.get(key)
            named += value if isinstance(value, list) else [value]
        if (default := self.default) is not None:
            named.append(default.path)
        return {path for path in named if isinstance(path, str)}

    @property
    def default(self) -> Reference | None:
        """The reference the session was started with."""
        found = DEFAULT_REFERENCE.search(self.state)
        return Reference(*found.groups()) if found else None

    @property
    def default_cut(self) -> str:
        found = DEFAULT_CUT.search(self.state)
        return found.group(1) if found else ""


def load(path: Path) -> list[Record]:
    """Return the records of a file, in their order."""
    return [Record(data) for data in json.loads(path.read_text("utf-8"))]


def our_inputs(record: Record, default: Reference | None) -> Any:
    """Return what our reading makes of a request: inputs, or the refusal (status, body)."""
    try:
        if record.is_v1:
            if record.method == "GET":
                values = read_root_query(record.pairs)
            else:
                values = root_values(json.loads(record.content))
            return bound_arguments(values, default, record.default_cut)
        if record.method == "GET":
            form = "urlencoded" in record.header("content-type")
            aux = [value for _, value in parse_qsl(record.content.decode())] if form else []
            fields = read_tts_query(record.pairs, aux)
        else:
            fields = read_tts_body(record.content, record.header("content-type"))
        check_tts(fields)
        return run_inputs(fields)
    except WireRefused as refused:
        return refused.status, refused.body
