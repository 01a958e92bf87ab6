"""`Audio` in, encoded sound out."""

import io
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio
from myna.core.errors import StorageError
from myna.dsp.codec.formats import AudioFormat
from myna.dsp.codec.track import Track
from myna.dsp.codec.wav import WavLayout, header
from myna.dsp.resample import Resampler

_TOTAL_SAMPLES = slice(21, 26)  # bytes of a FLAC file whose low 36 bits say how long it is


class Encoder:
    """Encodes sound that is still arriving.

    Bytes come out as soon as the format has them, the first long before the last chunk exists.
    A rate the format cannot hold is changed on the way. A stream does not know its length: give
    `finished_samples` where you do, and WAV and FLAC headers are exact.

    >>> encoder = Encoder(AudioFormat.OPUS, 24000)
    >>> page = encoder.encode(Audio.silence(0.5, 24000)) + encoder.finish()
    """

    def __init__(
        self, format: AudioFormat, sample_rate: int, *, finished_samples: int | None = None
    ) -> None:
        self._resampler = Resampler(sample_rate, format.rate_for(sample_rate))
        self._expected = finished_samples
        self._received = 0
        self._finished = False
        self._writer: _Writer
        if format in (AudioFormat.WAV, AudioFormat.PCM):
            start = b""
            if format is AudioFormat.WAV:
                start = header(WavLayout(sample_rate), finished_samples)
            self._writer = _PlainWriter(start)
        else:
            self._writer = _CodedWriter(format, self._resampler.target_rate, finished_samples)

    def encode(self, audio: Audio) -> bytes:
        """Take the next chunk and return what can be sent: maybe nothing yet."""
        if self._finished:
            raise ValueError("This encoder is finished: make a new one for another sound")
        self._received += len(audio.samples)
        return self._writer.write(self._resampler.process(audio))

    def finish(self) -> bytes:
        """Return the rest of the stream; nothing more can be encoded."""
        if self._finished:
            return b""
        self._finished = True
        if self._expected is not None and self._received != self._expected:
            raise ValueError(f"Promised {self._expected} samples, got {self._received}")
        return self._writer.write(self._resampler.finish()) + self._writer.finish()


class _Writer(Protocol):
    def write(self, audio: Audio) -> bytes: ...

    def finish(self) -> bytes: ...


class _PlainWriter:
    """16-bit samples as they are, behind what starts the file."""

    def __init__(self, start: bytes) -> None:
        self._start = start

    def write(self, audio: Audio) -> bytes:
        start, self._start = self._start, b""
        return start + audio.pcm16()

    def finish(self) -> bytes:
        return self._start


class _CodedWriter:
    """A track and the bytes that have left it."""

    def __init__(self, format: AudioFormat, sample_rate: int, total: int | None) -> None:
        self._outbox = _Outbox()
        self._format = format
        self._track = Track(format, sample_rate, self._outbox)
        if format is AudioFormat.FLAC and total is not None:
            self._outbox.waiting[_TOTAL_SAMPLES] = _with_total(
                self._outbox.waiting[_TOTAL_SAMPLES], total
            )

    def write(self, audio: Audio) -> bytes:
        self._track.write(_coded_samples(audio, self._format))
        return self._outbox.take()

    def finish(self) -> bytes:
        self._track.close()
        return self._outbox.take()


class _Outbox:
    """A sink that cannot seek, like a socket."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def write(self, data: bytes) -> int:
        self.waiting += data
        return len(data)

    def take(self) -> bytes:
        taken, self.waiting = bytes(self.waiting), bytearray()
        return taken


def _with_total(field: bytes | bytearray, total: int) -> bytes:
    """Return the field of a FLAC header with the low 36 bits set to the length in samples."""
    bits = int.from_bytes(field, "big") | (total & (2**36 - 1))
    return bits.to_bytes(len(field), "big")


def _coded_samples(
    audio: Audio, format: AudioFormat
) -> npt.NDArray[np.int16] | npt.NDArray[np.float32]:
    if format is AudioFormat.FLAC:
        return np.frombuffer(audio.pcm16(), "<i2").astype(np.int16)[:, None]
    return np.clip(audio.samples, -1.0, 1.0)[:, None]


def encode_file(audio: Audio, format: AudioFormat) -> bytes:
    """Return a finished file with exact lengths in its headers."""
    if format in (AudioFormat.WAV, AudioFormat.PCM):
        encoder = Encoder(format, audio.sample_rate, finished_samples=len(audio.samples))
        return encoder.encode(audio) + encoder.finish()
    resampler = Resampler(audio.sample_rate, format.rate_for(audio.sample_rate))
    file = io.BytesIO()
    track = Track(format, resampler.target_rate, file)
    for part in (resampler.process(audio), resampler.finish()):
        track.write(_coded_samples(part, format))
    track.close()
    return file.getvalue()


def save_audio(path: str | Path, audio: Audio, format: AudioFormat | None = None) -> None:
    """Write a finished file. The format is the suffix's, unless given."""
    content = encode_file(audio, format or AudioFormat.of(path))
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise StorageError(f"Cannot write {str(path)!r}: {error.strerror}.") from error
