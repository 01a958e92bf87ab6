"""From chunks of speech to bytes on the wire."""

import base64
import json
from collections.abc import Callable, Generator, Iterable
from typing import Any

from myna.core.speech import Chunk
from myna.dsp.codec import AudioFormat, Encoder
from myna.dsp.resample import Resampler

ByteFrames = Callable[[Iterable[Chunk]], Generator[bytes]]

EVENT_STREAM = "text/event-stream"


def encoded(format: AudioFormat, sample_rate: int | None = None) -> ByteFrames:
    """Return what encodes speech as it comes: one header, then frames of `format`.

    `sample_rate` in Hz changes the rate; by default it stays the engine's.
    """

    def frames(chunks: Iterable[Chunk]) -> Generator[bytes]:
        for data, _ in encode_chunks(chunks, format, sample_rate):
            if data:
                yield data

    return frames


def encode_chunks(
    chunks: Iterable[Chunk], format: AudioFormat, sample_rate: int | None = None
) -> Generator[tuple[bytes, Chunk | None]]:
    """Yield each chunk with what of the encoded stream it gave, maybe nothing; last the rest."""
    encoder: Encoder | None = None
    for chunk in chunks:
        if encoder is None:
            rate = chunk.audio.sample_rate
            resampler = Resampler(rate, sample_rate or rate)
            encoder = Encoder(format, sample_rate or rate)
        yield encoder.encode(resampler.process(chunk.audio)), chunk
    if encoder is not None:
        yield encoder.encode(resampler.finish()) + encoder.finish(), None


def server_sent(data: dict[str, Any] | str, event: str = "") -> bytes:
    """Return one server-sent event; a dictionary is sent as JSON."""
    # Any, dict: this is the wire
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {text}\n\n".encode()


def base64_text(data: bytes) -> str:
    """Return bytes as text for JSON."""
    return base64.b64encode(data).decode("ascii")
