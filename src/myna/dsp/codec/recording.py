"""An encoded recording, opened: its frames as they come, its faults by name."""

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer

from myna.core.errors import BadAudio
from myna.dsp.codec.wav import promised_frames

Source = Path | bytes | BinaryIO

# Only files that hold their own sound: a playlist could make the machine read other files.
CONTAINERS = (
    "wav,w64,aiff,au,caf,flac,mp3,ogg,aac,amr,asf,avi,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
)
LOWEST_RATE, HIGHEST_RATE = 4000, 384_000  # Hz
MOST_CHANNELS = 8  # PyAV reads beyond the memory of planar frames with more
START_BYTES = 65536  # of a file, searched for what its header promises
TOLERATED_DAMAGE = 0.05  # share of packets that players skip, too
TOLERATED_LOSS = 3000  # samples a header may promise too much, such as a codec's padding
LONGEST_PADDING = 8192  # samples a codec adds at the end to fill its last packet


@contextmanager
def opened(source: Source, max_bytes: int | None = None) -> Iterator["Recording"]:
    """Open encoded sound, or raise `BadAudio`."""
    with _file(source, max_bytes) as (name, file):
        file.seek(0)
        start = file.read(START_BYTES)
        file.seek(0)
        if not start:
            raise BadAudio(f"{name} is empty (0 bytes). Record or copy it again.")
        try:
            options = {"format_whitelist": CONTAINERS}
            container = av.open(file, "r", options=options, metadata_errors="replace")
        except av.FFmpegError as error:
            raise _unreadable(name, error) from error
        with container:
            yield Recording(name, container, start)


@contextmanager
def _file(source: Source, max_bytes: int | None) -> Iterator[tuple[str, BinaryIO]]:
    """Yield what to call the source, and the source as a file to seek in."""
    if isinstance(source, bytes):
        _check_size(len(source), max_bytes)
        yield "The uploaded audio", io.BytesIO(source)
    elif isinstance(source, Path):
        with _open(source) as file:
            if not file.seekable():  # a pipe with a name
                yield repr(source.name), _read(file, max_bytes)
            else:
                _check_size(file.seek(0, io.SEEK_END), max_bytes)
                yield repr(source.name), file
    else:
        yield "The uploaded audio", _read(source, max_bytes)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except IsADirectoryError:
        raise BadAudio(f"{path.name!r} is a directory: name a recording in it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadAudio(f"Cannot open {path.name!r}: {reason}. Check the path.") from None


def _read(file: BinaryIO, max_bytes: int | None) -> BinaryIO:
    """Read the rest of a file, one byte over the limit at most."""
    content = file.read(-1 if max_bytes is None else max_bytes + 1)
    _check_size(len(content), max_bytes)
    return io.BytesIO(content)


def _check_size(size: int, max_bytes: int | None) -> None:
    if max_bytes is not None and size > max_bytes:
        raise BadAudio(
            f"The audio file is larger than the {max_bytes} bytes allowed. Send a shorter part, "
            "or compress it (FLAC, Opus)."
        )


def _unreadable(name: str, error: av.FFmpegError) -> BadAudio:
    return BadAudio(
        f"{name} cannot be read as audio ({error.strerror}). Expected wav, flac, mp3, ogg, opus, "
        "m4a, aac or webm; it may be another kind of file, or cut short."
    )


@dataclass(slots=True)
class _Count:
    frames: int = 0
    packets: int = 0
    damaged: int = 0


class Recording:
    """One audio stream of an open container, to be read once."""

    def __init__(self, name: str, container: InputContainer, start: bytes) -> None:
        self.name = name
        self._container = container
        if not container.streams.audio:
            kind = "a video without sound" if container.streams.video else "no audio stream"
            raise BadAudio(f"{name} has {kind}: there is nothing to hear in it.")
        self._stream = container.streams.audio[0]
        if self._stream.codec_context is None:  # PyAV before 18 would crash on decoding it
            raise BadAudio(
                f"{name} cannot be read as audio (unknown codec). Convert it to wav or flac first."
            )
        self._start = start
        self._count = _Count()

    @property
    def container_name(self) -> str:
        """FFmpeg's name of the container, such as "wav" or "matroska,webm"."""
        return str(self._container.format.name)

    @property
    def codec_name(self) -> str:
        """FFmpeg's name of the codec, such as "pcm_s16le"."""
        return str(self._stream.codec_context.name)

    @property
    def extradata(self) -> bytes:
        """What the container says to the codec."""
        return bytes(self._stream.codec_context.extradata or b"")

    def frames(self, max_seconds: float | None = None) -> Iterator["Frame"]:
        """Yield decoded frames, or raise `BadAudio` at the first fault or past `max_seconds`."""
        rate, layout = 0, None
        for frame in self._decoded():
            rate = _checked_rate(self.name, frame.sample_rate)
            found = (rate, frame.format.name, frame.layout.nb_channels)
            if found != (layout or found):
                raise BadAudio(
                    f"{self.name} changes its sample rate, its sample type or its channels on the "
                    "way: convert it to wav or flac first."
                )
            layout = found
            if frame.layout.nb_channels > MOST_CHANNELS:
                raise BadAudio(
                    f"{self.name} says it has {frame.layout.nb_channels} channels; up to "
                    f"{MOST_CHANNELS} are read. Mix it down first."
                )
            self._count.frames += frame.samples
            if max_seconds is not None and self._count.frames > max_seconds * rate:
                raise BadAudio(
                    f"{self.name} is longer than the {max_seconds:g} s allowed. Send a shorter "
                    "part of it."
                )
            yield Frame(frame, rate)
        self._check_end(rate)

    def kept(self, length: int) -> int:
        """Return how many of all `length` samples are sound and not a codec's padding."""
        is_exact = self.codec_name == "vorbis" or self.container_name.startswith("mov")
        duration = self._duration() if is_exact or self._is_indexed_mp3() else None
        if duration is None or not 0 < length - duration < LONGEST_PADDING:
            return length
        return duration

    def _decoded(self) -> Iterator[av.AudioFrame]:
        count = self._count
        try:
            for packet in self._container.demux(self._stream):
                count.packets += 1
                try:
                    yield from packet.decode()
                except av.error.InvalidDataError:
                    count.damaged += 1
        except av.FFmpegError as error:
            raise _unreadable(self.name, error) from error

    def _check_end(self, rate: int) -> None:
        count = self._count
        if not count.frames:
            raise BadAudio(f"{self.name} holds no sound: its stream is empty or damaged.")
        promised = self._promised()
        if promised and count.frames < promised - TOLERATED_LOSS:
            raise BadAudio(
                f"{self.name} is cut short or damaged: its header promises {promised / rate:.2f} s "
                f"and {count.frames / rate:.2f} s can be read. Copy or record it again."
            )
        if count.damaged > TOLERATED_DAMAGE * count.packets + 1:
            raise BadAudio(
                f"{self.name} is damaged: {count.damaged} of {count.packets} packets cannot be "
                "decoded. Copy or record it again."
            )

    def _promised(self) -> int | None:
        """Return the length in samples where a header states it; estimates do not count."""
        if self.codec_name.startswith("pcm") and self.container_name == "wav":
            return promised_frames(self._start)
        counted = self.container_name in ("flac", "aiff", "au") or self._is_indexed_mp3()
        return self._duration() if counted else None

    def _is_indexed_mp3(self) -> bool:
        """Say whether an MP3 file counts its frames; else its duration is an estimate."""
        return self.container_name == "mp3" and (b"Xing" in self._start or b"Info" in self._start)

    def _duration(self) -> int | None:
        stream = self._stream
        if stream.duration is None or stream.time_base is None:
            return None
        return round(stream.duration * stream.time_base * stream.codec_context.sample_rate)


def _checked_rate(name: str, rate: int) -> int:
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise BadAudio(
            f"{name} says its sample rate is {rate} Hz; speech is read at {LOWEST_RATE} to "
            f"{HIGHEST_RATE} Hz."
        )
    return rate


class Frame:
    """A stretch of decoded sound."""

    def __init__(self, frame: av.AudioFrame, sample_rate: int) -> None:
        self._frame = frame
        self.sample_rate = sample_rate

    @property
    def sample_format(self) -> str:
        """FFmpeg's name of the sample type, such as "s16"."""
        return str(self._frame.format.packed.name)

    def channels(self) -> npt.NDArray[Any]:  # of the type the file has
        """Return the samples as decoded: (channels, samples)."""
        values = self._frame.to_ndarray()
        if self._frame.format.is_planar:
            return np.asarray(values)
        return np.asarray(values.reshape(-1, self._frame.layout.nb_channels).T)

    def mono(self) -> npt.NDArray[np.float32]:
        """Return the mean of the channels, full scale at 1."""
        values = self.channels()
        with np.errstate(over="ignore", invalid="ignore"):
            mixed = values.mean(axis=0, dtype=np.float64)
            if values.dtype.kind != "f":
                middle, scale = _INTEGER_SCALE[values.dtype.name]
                mixed = (mixed - middle) / scale
            return np.asarray(mixed, np.float32)


_INTEGER_SCALE = {
    "uint8": (128.0, 128.0),
    "int16": (0.0, 2.0**15),
    "int32": (0.0, 2.0**31),
    "int64": (0.0, 2.0**63),
}


def check_numbers(name: str, samples: npt.NDArray[Any], rate: int) -> None:
    """Raise `BadAudio` for samples that are NaN or infinite: (samples, ...)."""
    if samples.dtype.kind == "f" and not np.isfinite(samples).all():
        at = math.floor(np.argwhere(~np.isfinite(samples))[0][0] / rate * 100) / 100
        raise BadAudio(
            f"{name} holds samples that are not numbers (NaN or infinite), first at {at:.2f} s. "
            "Export it again from the program that made it."
        )
