"""Send recorded requests to a server and compare its answers with the recorded ones."""

import http.client
import json
import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from myna.http.dialects.gpt_sovits_wire import Reference
from tests.dialects.records import Record, our_inputs

HEADER_LENGTH = 44  # bytes of a WAV file before its samples
TIMEOUT = 120.0  # seconds
NO_REFERENCE = Reference("none", None, None)  # with which nobody can speak


@dataclass(frozen=True)
class Answer:
    """What a server sent."""

    status: int
    headers: dict[str, str]
    content: bytes
    is_complete: bool

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    @property
    def message(self) -> str:
        return str(self.json.get("message", "")) if isinstance(self.json, dict) else ""

    @property
    def speaks(self) -> bool:
        """Whether it is sound, from beginning to end."""
        is_audio = self.headers.get("content-type", "").startswith("audio/")
        return self.status == 200 and is_audio and self.is_complete and len(self.content) > 1000

    @property
    def refuses(self) -> bool:
        """Whether it says what is wrong with the request, in an envelope of upstream's."""
        return self.status == 400 and bool(self.message)


@dataclass(frozen=True)
class Difference:
    """One thing that is not as recorded."""

    what: str
    recorded: object
    ours: object

    def __str__(self) -> str:
        return f"{self.what}: recorded {_short(self.recorded)}, ours {_short(self.ours)}"


@dataclass(frozen=True)
class Comparison:
    """A record, the answer we gave, and how they differ."""

    record: Record
    answer: Answer
    differences: tuple[Difference, ...]


def replay(records: Iterable[Record], url: str) -> Iterator[Comparison]:
    """Send the records in their order; yield how each answer compares."""
    default: Reference | None = None
    for record in records:
        needed = _default_behind(record, default)
        if needed != default:
            default = needed
            _choose(url, needed or NO_REFERENCE)
        differences = [*_input_differences(record, default)]
        answer = send(
            url, record.method, record.request["raw_target"], record.headers, record.content
        )
        differences += _answer_differences(record, answer)
        if record.path == "/change_refer" and answer.status == 200:
            default = _chosen(record)
        yield Comparison(record, answer, tuple(differences))


def _default_behind(record: Record, default: Reference | None) -> Reference | None:
    """Return the default reference that upstream's server had, whatever had set it.

    A session's earlier requests may not be among the records; its arguments may have set one.
    """
    names = ("refer_wav_path", "prompt_text", "prompt_language")
    if not record.is_v1 or record.path != "/" or all(map(record.values.get, names)):
        return default
    if record.inputs is not None:
        inputs = record.inputs
        return Reference(inputs["ref_wav_path"], inputs["prompt_text"], inputs["prompt_language"])
    return None if record.status == 400 else default


def _choose(url: str, default: Reference) -> None:
    """Give this caller a default reference."""
    values = {
        "refer_wav_path": default.path,
        "prompt_text": default.text,
        "prompt_language": default.language,
    }
    query = "&".join(f"{name}={quote(str(value))}" for name, value in values.items() if value)
    send(url, "GET", f"/change_refer?{query}")


def _chosen(record: Record) -> Reference:
    names = ("refer_wav_path", "prompt_text", "prompt_language")
    return Reference(*(record.values.get(name) for name in names))


def send(
    url: str,
    method: str,
    target: str,
    headers: Iterable[tuple[str, str]] = (),
    content: bytes = b"",
) -> Answer:
    """Send one request over a connection of its own, with no header it does not ask for."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if content or method == "POST":
            connection.putheader("Content-Length", str(len(content)))
        connection.endheaders(content or None)
        response = connection.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        try:
            return Answer(response.status, received, response.read(), is_complete=True)
        except http.client.IncompleteRead as cut:
            return Answer(response.status, received, cut.partial, is_complete=False)
    finally:
        connection.close()


def _input_differences(record: Record, default: Reference | None) -> Iterator[Difference]:
    if record.inputs is None:
        return
    ours = our_inputs(record, default)
    if not isinstance(ours, dict):
        yield Difference("inputs", record.inputs, ours)
        return
    for name in sorted(record.inputs.keys() | ours.keys()):
        recorded, mine = record.inputs.get(name), ours.get(name)
        if not _same(recorded, mine):
            yield Difference(f"input {name}", recorded, mine)


def _same(recorded: object, mine: object) -> bool:
    """Whether two values are the same JSON: 1 and 1.0 differ, NaN is NaN."""
    if isinstance(recorded, float) and isinstance(mine, float) and math.isnan(recorded):
        return math.isnan(mine)
    return json.dumps(recorded, sort_keys=True) == json.dumps(mine, sort_keys=True)


def _answer_differences(record: Record, answer: Answer) -> Iterator[Difference]:
    if record.status != answer.status:
        yield Difference("status", record.status, (answer.status, _told(answer)))
        return
    if record.is_complete != answer.is_complete:
        yield Difference("end", record.response["end"], answer.is_complete)
    yield from _header_differences(record, answer)
    yield from _body_differences(record, answer)


def _header_differences(record: Record, answer: Answer) -> Iterator[Difference]:
    recorded: dict[str, str] = record.response["headers"]
    for name in ("content-type", "allow", "transfer-encoding"):
        if recorded.get(name) != answer.headers.get(name):
            yield Difference(name, recorded.get(name), answer.headers.get(name))
    if ("content-length" in recorded) != ("content-length" in answer.headers):
        yield Difference(
            "content-length", *(h.get("content-length") for h in (recorded, answer.headers))
        )
    places = [_place(headers.get("location", "")) for headers in (recorded, answer.headers)]
    if places[0] != places[1]:
        yield Difference("location", *places)


def _place(location: str) -> str:
    return urlsplit(location)._replace(scheme="", netloc="").geturl()


def _body_differences(record: Record, answer: Answer) -> Iterator[Difference]:
    body = record.body
    match body["kind"]:
        case "json":
            if not _same(body["json"], answer.json):
                yield Difference("body", body["json"], _told(answer))
        case "text":
            if body["text"] != answer.content.decode(errors="replace"):
                yield Difference("body", body["text"], _told(answer))
        case "empty":
            if answer.content:
                yield Difference("body", b"", _told(answer))
        case "json-summary":
            yield Difference("body", "their OpenAPI", "ours")
        case "audio":
            yield from _sound_differences(record, answer)


def _sound_differences(record: Record, answer: Answer) -> Iterator[Difference]:
    body = record.body
    container = _container(answer.content)
    if not body["container"].startswith(container):
        yield Difference("container", body["container"], container)
    elif container == "wav":
        yield from _wav_differences(body, answer.content)
    elif container == "ogg":
        streams = sum(page[1] & 2 for page in _pages(answer.content)) // 2
        if streams != body["logical_streams"]:
            yield Difference("ogg streams", body["logical_streams"], streams)
    if body.get("all_zero") or not any(answer.content[HEADER_LENGTH:]):
        yield Difference("silence", bool(body.get("all_zero")), not any(answer.content[44:]))


def _container(content: bytes) -> str:
    if content[:4] == b"RIFF":
        return "wav"
    if content[:4] == b"OggS":
        return "ogg"
    return "adts" if content[:1] == b"\xff" and content[1] & 0xF6 == 0xF0 else "none"


def _pages(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each page of an Ogg file begins, and its flags."""
    at = content.find(b"OggS")
    while at >= 0:
        yield at, content[at + 5]
        at = content.find(b"OggS", at + 4)


def _wav_differences(body: dict[str, Any], content: bytes) -> Iterator[Difference]:
    """Compare headers: all but the rate, and sizes only in what they promise."""
    recorded = bytes.fromhex(body["first44_hex"])
    mine = content[:HEADER_LENGTH]
    promises = [_sizes(recorded, body["bytes"]), _sizes(mine, len(content))]
    if promises[0] != promises[1]:
        yield Difference("sizes in the header", *promises)
    kept = [header[8:24] + header[32:40] for header in (recorded, mine)]
    if kept[0] != kept[1]:
        yield Difference("header", kept[0], kept[1])
    again = content.count(b"RIFF")
    if again != body["riff_headers_in_body"]:
        yield Difference("headers in the body", body["riff_headers_in_body"], again)


def _sizes(header: bytes, length: int) -> tuple[object, ...]:
    riff, data = struct.unpack("<I", header[4:8])[0], struct.unpack("<I", header[40:44])[0]
    is_exact = (riff, data) == (length - 8, length - HEADER_LENGTH)
    return ("exact",) if is_exact else (riff, data)


def _told(answer: Answer) -> object:
    return answer.content[:44] if answer.speaks else answer.json or answer.content[:200]


def _short(value: object, length: int = 200) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= length else text[:length] + "…"
