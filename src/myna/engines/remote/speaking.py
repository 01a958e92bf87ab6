"""A sentence asked for, its sound handed on as it comes: what all remote engines share."""

import json
import time
import unicodedata
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from myna.core.audio import Audio
from myna.core.errors import (
    BadAudio,
    EngineBusy,
    EngineError,
    EngineTimeout,
    SynthesisFailed,
)
from myna.core.speech import Chunk
from myna.dsp.codec import StreamDecoder
from myna.engines.remote.transport import SERVER_ERRORS, Ask, Refused, Transport

LONGEST_CHUNK = 0.5  # seconds
LONGEST_REASON = 300  # characters of a server's words
PROBE_SECONDS = 2.0  # a server that is well says so at once


class Decoder(Protocol):
    """Turns what a server sends into chunks."""

    def feed(self, data: bytes) -> Iterable[Chunk]:
        """Take the next bytes; return what can be heard."""

    def finish(self) -> Iterable[Chunk]:
        """All bytes are there: return the rest. Raises `EngineError` where more had to come."""


@dataclass(frozen=True, slots=True)
class SoundDecoder:
    """For servers that send a file of sound and nothing else."""

    engine: str
    cloned: bool
    sound: StreamDecoder

    def feed(self, data: bytes) -> Iterable[Chunk]:
        """Take the next bytes of the file; return what can be heard."""
        return self._cut(self.sound.feed(data))

    def finish(self) -> Iterable[Chunk]:
        """Return what could only be read once the file was whole."""
        return self._cut(self.sound.finish())

    def _cut(self, audio: Audio | None) -> list[Chunk]:
        return [Chunk(part, (), self.engine, cloned=self.cloned) for part in parts(audio)]


def parts(audio: Audio | None) -> list[Audio]:
    """Cut sound into parts that can be handed on soon."""
    if audio is None:
        return []
    size = round(LONGEST_CHUNK * audio.sample_rate)
    samples = audio.samples
    return [
        Audio(samples[at : at + size], audio.sample_rate) for at in range(0, len(samples), size)
    ]


def spoken(
    transport: Transport, ask: Ask, refused: Refused, decoder: Decoder, seconds: float | None = None
) -> Generator[Chunk]:
    """Ask a server for a sentence and yield its sound as it comes.

    `seconds` bounds the wait for the first sound; by default the transport's patience does.
    Silence alone is no answer: some servers send it when they failed. Raises `EngineError`.
    """
    patience = transport.patience
    until = time.monotonic() + (patience.first_sound if seconds is None else seconds)
    held: list[Chunk] = []
    has_sounded = False
    with closing(transport.open(ask, refused)) as channel:
        has_more = True
        while has_more:
            try:
                piece = channel.get(until - time.monotonic())
            except TimeoutError:
                raise _late(transport, has_sounded=has_sounded) from None
            has_more = piece is not None
            for chunk in _heard(transport, decoder, piece):
                has_sounded = has_sounded or bool(np.any(chunk.audio.samples))
                held.append(chunk)
                if has_sounded:
                    yield from held
                    held = []
                    until = time.monotonic() + patience.stall
    if not has_sounded:
        raise SynthesisFailed(f"{transport.address.shown} sent no sound.")


def _heard(transport: Transport, decoder: Decoder, piece: bytes | None) -> Iterable[Chunk]:
    try:
        return decoder.finish() if piece is None else decoder.feed(piece)
    except BadAudio as error:
        raise SynthesisFailed(f"{transport.address.shown} sent no sound: {error}") from None


def _late(transport: Transport, *, has_sounded: bool) -> EngineTimeout:
    patience = transport.patience
    if has_sounded:
        return transport.too_slow(f"fell silent in mid-sentence for {patience.stall:g} seconds")
    return transport.too_slow(f"made no sound within {patience.first_sound:g} seconds")


def check_well(transport: Transport, ask: Ask) -> None:
    """Knock at a server's door. Raises `EngineError` with the reason where it cannot speak.

    A server that does not know what it is asked (404 …) is there all the same.
    """
    answer = transport.knock(ask, PROBE_SECONDS)
    if answer.status in (401, 403, 429) or answer.status in SERVER_ERRORS:
        raise refusal(transport, answer.status, answer.content)


def refusal(transport: Transport, status: int, content: bytes) -> EngineError:
    """Return the error for a status that every server means in the same way."""
    who, name = transport.address.shown, transport.address.name
    told = message(content)
    if status in (401, 403):
        return SynthesisFailed(
            f"{who} refused the key ({status}): {told}. Check `remotes.{name}.key`."
        )
    if status in (429, 503):
        return EngineBusy(f"{who} takes no more for now ({status}): {told}")
    if status in (408, 504):
        return EngineTimeout(f"{who} took too long ({status}): {told}")
    return SynthesisFailed(f"{who} failed with status {status}: {told}")


def message(content: bytes) -> str:
    """Return the reason in a refusal, in whichever of the known envelopes it comes."""
    text = content.decode("utf-8", "replace").strip()
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if isinstance(body, dict):
        error = body.get("error")
        inner = error if isinstance(error, dict) else body
        told = [inner.get(key) for key in ("message", "Exception", "detail", "error")]
        text = ": ".join(str(part) for part in told if part) or text
    return text[:LONGEST_REASON] or "it gave no reason"


def is_sayable(text: str) -> bool:
    """Whether there is a letter, a figure or a sign that has a name."""
    return any(unicodedata.category(character)[0] in "LNS" for character in text)
