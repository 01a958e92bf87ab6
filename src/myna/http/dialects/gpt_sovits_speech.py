"""How both GPT-SoVITS interfaces speak: references to voices, values to options, sound to wire."""

import math
import posixpath
import struct
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from myna.core.errors import BadReference, InvalidOption, VoiceNotFound
from myna.core.languages import AUTO
from myna.core.speech import (
    REPETITION_PENALTY_RANGE,
    SAMPLE_STEPS_RANGE,
    SENTENCE_PAUSE_RANGE,
    SPEED_RANGE,
    TEMPERATURE_RANGE,
    TOP_K_RANGE,
    TOP_P_RANGE,
    Chunk,
    Options,
    SpeechRequest,
)
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, encode_file
from myna.http.call import SAMPLE_RATE_HEADER, Call
from myna.http.dialects.gpt_sovits_wire import Reference
from myna.http.frames import ByteFrames, encode_chunks
from myna.http.refusals import ReferenceNotFound
from myna.http.responses import Body
from myna.storage.recent import Recent
from myna.studio.studio import collect
from myna.studio.voices import Recording
from myna.text.languages import detect

FORMATS = {
    "wav": AudioFormat.WAV,
    "raw": AudioFormat.PCM,
    "ogg": AudioFormat.OPUS,
    "aac": AudioFormat.AAC,
    "mp3": AudioFormat.MP3,
    "flac": AudioFormat.FLAC,
}
OWN_TYPES = {"raw": "audio/raw", "ogg": "audio/ogg"}
"""Media types that differ from ours."""
SHORTEST, LONGEST = 3.0, 10.0  # seconds of a reference for api_v2.py
OUTSIDE = "Reference audio is outside the 3-10 second range, please choose another one!"
SEEDS = range(2**32)
RANDOM = -1  # the seed that asks for any
CALLERS_KEPT = 1024
SAMPLING = {
    "temperature": TEMPERATURE_RANGE,
    "top_k": TOP_K_RANGE,
    "top_p": TOP_P_RANGE,
    "repetition_penalty": REPETITION_PENALTY_RANGE,
    "sample_steps": SAMPLE_STEPS_RANGE,
}
"""How to draw, and within what."""
COUNTS = {"top_k", "sample_steps"}
THEIRS = {"top_k": 15, "top_p": 1, "sample_steps": 32}
"""Upstream's defaults, sent or not, leave the choice to the engine."""


class Remembered:
    """What the server keeps between requests for these interfaces."""

    def __init__(self) -> None:
        self.defaults: Recent[Reference] = Recent(CALLERS_KEPT)
        """The reference each caller chose by `/change_refer`, never another caller's."""
        self.misfits: Recent[bool] = Recent(CALLERS_KEPT)
        """Recordings that do not say the prompt text sent with them."""

    @classmethod
    def by(cls, call: Call) -> "Remembered":
        """Return what this caller's server remembers."""
        state = call.request.app.state
        if not hasattr(state, "gpt_sovits"):
            state.gpt_sovits = cls()
        kept: Remembered = state.gpt_sovits
        return kept


@dataclass(frozen=True, slots=True)
class Manner:
    """How the sound is to be sent."""

    media_type: str = "wav"
    streams: bool = False
    chunked: bool = False
    """Send even finished sound in chunks, as api.py does."""


# ---- voices -------------------------------------------------------------------------------------


async def voice_of(call: Call, reference: Reference, *, bounded: bool) -> Voice:
    """Return the voice a client means: a name in its library, or a recording named by path.

    `bounded`: recordings must last 3 to 10 s, as api_v2.py wants them. The prompt text counts
    where it fits the recording; clients send approximate ones, which upstream never checks, so a
    text that is not what is said is left out. Raises `ReferenceNotFound`, `BadReference`.
    """
    path = str(reference.path)
    if (name := await library_name(call, path)) is not None:
        return await call.voice(name)
    try:
        voice = await _recorded(call, reference, path)
    except ReferenceNotFound:
        stem = posixpath.splitext(posixpath.basename(path))[0]
        named = None if path.startswith("/") else await library_name(call, stem)
        if named is None:
            raise
        return await call.voice(named)
    if bounded and not SHORTEST <= voice.reference.duration <= LONGEST:
        raise BadReference(OUTSIDE)
    return voice


async def mixed(call: Call, voice: Voice, paths: Iterable[object]) -> Voice:
    """Add more recordings, named as references are; what is not there is left out, as upstream."""
    recordings = []
    for path in paths:
        try:
            other = await voice_of(call, Reference(str(path)), bounded=False)
        except ReferenceNotFound:
            continue
        recordings.append(other.reference)
    return replace(voice, auxiliary=tuple(recordings)) if recordings else voice


async def library_name(call: Call, name: str) -> str | None:
    """Return how a voice is really called that a client may have lower-cased."""
    try:
        return (await call.in_thread(lambda: call.library.record(name))).name
    except VoiceNotFound:
        records = await call.in_thread(call.library.list)
    return next((kept.name for kept in records if kept.name.lower() == name.lower()), None)


async def _recorded(call: Call, reference: Reference, path: str) -> Voice:
    file = await call.reference(_without_dots(path))
    transcript = str(reference.text or "").strip()
    language = our_language(str(reference.language or AUTO), transcript)
    misfits = Remembered.by(call).misfits
    key = repr((str(file), file.stat().st_mtime_ns, transcript, language))
    if transcript and not misfits.get(key):
        try:
            return await call.clone(Recording(file, transcript, language))
        except BadReference:
            misfits.put(key, True)
    return await call.clone(Recording(file, "", language))


def _without_dots(path: str) -> str:
    """Resolve `..` by the letter; what would leave the directory stays refused."""
    return posixpath.normpath(path) if ".." in path.split("/") else path


# ---- values -------------------------------------------------------------------------------------


def our_language(code: str, text: str) -> str:
    """Return our language for one of theirs: mixed with English or not is ours to find out."""
    if code == "auto_yue":
        return detect(text, "yue")
    return AUTO if code == "auto" else code.removeprefix("all_")


def options(values: Mapping[str, float], *, seed: int) -> Options:
    """Return our options; numbers beyond our ranges come as near as they may.

    values: `speed`, `fragment_interval`, and any of `SAMPLING`. Raises `InvalidOption`.
    """
    speed, pause = values["speed"], values["fragment_interval"]
    if not (math.isfinite(speed) and speed > 0):
        raise InvalidOption("speed", speed, "give a number above 0")
    if not math.isfinite(pause):
        raise InvalidOption("fragment_interval", pause, "give seconds")
    sampling: dict[str, Any] = {  # Any: one of them counts, the others measure
        name: _within(bounds, values[name])
        for name, bounds in SAMPLING.items()
        if name in values and values[name] == values[name]  # NaN is not
    }
    for name in COUNTS & sampling.keys():
        sampling[name] = int(sampling[name])
    chosen = {name: value for name, value in sampling.items() if THEIRS.get(name) != value}
    return Options(
        speed=_within(SPEED_RANGE, speed),
        seed=None if seed == RANDOM else seed,
        sentence_pause=_within(SENTENCE_PAUSE_RANGE, pause),
        **chosen,
    )


def _within(bounds: tuple[float, float], value: float) -> float:
    return min(max(value, bounds[0]), bounds[1])


# ---- sound --------------------------------------------------------------------------------------


async def answer(call: Call, request: SpeechRequest, manner: Manner) -> Response:
    """Speak: one header and then sound as it comes, or all at once with exact sizes."""
    format = FORMATS[manner.media_type]
    media_type = OWN_TYPES.get(manner.media_type, format.media_type)
    if manner.streams or manner.chunked:
        rate = format.rate_for(call.service.studio.engine.capabilities.sample_rate)
        frames = _finished(format) if manner.chunked else _streamed(format, rate)
        return call.stream(request, Body(frames, media_type, {SAMPLE_RATE_HEADER: str(rate)}))
    response = await call.finished_audio(request, format)
    response.headers["Content-Type"] = media_type
    return response


def _streamed(format: AudioFormat, rate: int) -> ByteFrames:
    """Return what streams one file; WAV begins with upstream's header, which promises no sound."""
    is_wav = format is AudioFormat.WAV

    def frames(chunks: Iterable[Chunk]) -> Generator[bytes]:
        has_begun = False
        for data, _ in encode_chunks(chunks, AudioFormat.PCM if is_wav else format, rate):
            if is_wav and not has_begun:
                yield empty_wav(rate)
            has_begun = True
            if data:
                yield data

    return frames


def _finished(format: AudioFormat) -> ByteFrames:
    def frames(chunks: Iterable[Chunk]) -> Generator[bytes]:
        yield encode_file(collect(chunks).audio, format)

    return frames


def empty_wav(sample_rate: int) -> bytes:
    """Return the 44 bytes of a WAV file without samples, as upstream begins its streams."""
    sizes = struct.pack("<IHHIIHH", 16, 1, 1, sample_rate, 2 * sample_rate, 2, 16)
    return struct.pack("<4sI8s", b"RIFF", 36, b"WAVEfmt ") + sizes + struct.pack("<4sI", b"data", 0)
