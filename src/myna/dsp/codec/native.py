"""Recordings as they are stored, for edits that leave the rest untouched."""

import io
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio
from myna.core.errors import Unsupported
from myna.dsp.codec import wav
from myna.dsp.codec.formats import AudioFormat
from myna.dsp.codec.recording import Recording, Source, check_numbers, opened
from myna.dsp.codec.track import LAYOUTS, Track
from myna.dsp.resample import resample

Stored = npt.NDArray[Any]  # uint8, int16, int32, float32 or float64, as `bit_depth` says

_FLAC_BITS = slice(12, 14)  # bytes of STREAMINFO; bits 4 to 8 are the sample size less one


@dataclass(frozen=True, slots=True, eq=False)
class NativeAudio:
    """The samples of a recording, of every channel, exactly as stored.

    8-bit samples are unsigned with silence at 128, as in WAV; 16, 24 and 32-bit ones are signed,
    24-bit ones in an int32 with nothing in the upper byte but the sign. A lossy codec's samples
    are float32.
    """

    samples: Stored  # (samples, channels), read-only
    sample_rate: int  # Hz
    bit_depth: int
    """8, 16, 24, 32, or 64 for float64."""
    container: str
    """FFmpeg's name, such as "wav"."""
    codec: str
    """FFmpeg's name, such as "pcm_s24le"."""

    def __post_init__(self) -> None:
        if self.samples.ndim != 2:
            raise ValueError(f"Expected (samples, channels), got {self.samples.ndim} dimensions")
        view = self.samples.view()
        view.flags.writeable = False
        object.__setattr__(self, "samples", view)

    @property
    def is_float(self) -> bool:
        """Whether samples are fractions of full scale, and not integers."""
        return self.samples.dtype.kind == "f"

    @property
    def channels(self) -> int:
        """How many channels there are."""
        return int(self.samples.shape[1])

    def audio(self) -> Audio:
        """Return the mean of the channels, full scale at 1."""
        return Audio(self.fractions().mean(axis=1).astype(np.float32), self.sample_rate)

    def fractions(self) -> npt.NDArray[np.float64]:
        """Return every channel with full scale at 1: (samples, channels)."""
        if self.is_float:
            return self.samples.astype(np.float64)
        middle = 128 if self.bit_depth == 8 else 0
        return (self.samples.astype(np.float64) - middle) / 2.0 ** (self.bit_depth - 1)

    def between(self, first: int, last: int) -> Self:
        """Return the part from sample `first` to before sample `last`."""
        return replace(self, samples=self.samples[first:last])

    def stored(self, fractions: npt.NDArray[np.float64]) -> Stored:
        """Return fractions of full scale as samples of this recording's kind.

        The other way round from `fractions`, bit for bit; integers are clipped at full scale.
        """
        if self.is_float:
            return fractions.astype(self.samples.dtype)
        scale = 2.0 ** (self.bit_depth - 1)
        middle = 128 if self.bit_depth == 8 else 0
        whole = np.clip(np.round(fractions * scale), -scale, scale - 1) + middle
        return whole.astype(self.samples.dtype)


def decode_native(source: Source, *, max_seconds: float | None = None) -> NativeAudio:
    """Read a recording without changing a sample. Raises `BadAudio`."""
    with opened(source) as recording:
        parts, rate = [], 0
        for frame in recording.frames(max_seconds):
            parts.append(frame.channels())
            rate = frame.sample_rate
        samples = np.concatenate(parts, axis=1).T
        samples = samples[: recording.kept(len(samples))]
        check_numbers(recording.name, samples, rate)
        depth = _bit_depth(recording, samples)
        if depth == 24:
            samples = samples >> 8  # FFmpeg keeps 24 bits in the upper part of 32
        return NativeAudio(
            np.ascontiguousarray(samples),
            rate,
            depth,
            recording.container_name,
            recording.codec_name,
        )


def _bit_depth(recording: Recording, samples: Stored) -> int:
    bits = samples.dtype.itemsize * 8
    if recording.codec_name in ("pcm_s24le", "pcm_s24be"):
        return 24
    if recording.codec_name == "flac" and bits == 32:
        field = int.from_bytes(recording.extradata[_FLAC_BITS], "big")
        return 24 if (field >> 4 & 0x1F) < 24 else 32
    return bits


def encode_native(native: NativeAudio, format: AudioFormat) -> bytes:
    """Return a finished file of every channel.

    WAV holds every kind of sample and FLAC integers, both bit for bit (FLAC stores 8 bits as 16).
    Other formats are lossy. Raises `Unsupported` where the format cannot hold the samples.
    """
    if format is AudioFormat.WAV:
        return _wav(native)
    if format is AudioFormat.PCM:
        raise Unsupported("Raw pcm is mono 16-bit sound: choose wav to keep the recording as it is")
    file = io.BytesIO()
    if format is AudioFormat.FLAC:
        samples = _flac_samples(native)
        bit_depth = max(16, native.bit_depth)
        track = Track(
            format, native.sample_rate, file, channels=native.channels, bit_depth=bit_depth
        )
    else:
        rate = format.rate_for(native.sample_rate)
        samples = _resampled(native, rate)
        track = Track(format, rate, file, channels=native.channels)
    track.write(samples)
    track.close()
    return file.getvalue()


def _wav(native: NativeAudio) -> bytes:
    layout = wav.WavLayout(native.sample_rate, native.channels, native.bit_depth, native.is_float)
    little = native.samples.astype(native.samples.dtype.newbyteorder("<"))
    data = little.tobytes()
    if native.bit_depth == 24:
        data = little.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return wav.header(layout, len(native.samples)) + data + wav.padding(len(data))


def _flac_samples(native: NativeAudio) -> Stored:
    if native.is_float:
        raise Unsupported(
            f"FLAC holds integers and {native.codec} samples are fractions: choose wav"
        )
    _check_channels(native, len(LAYOUTS), AudioFormat.FLAC)
    if native.bit_depth == 8:
        return (native.samples.astype(np.int16) - 128) << 8
    return native.samples << 8 if native.bit_depth == 24 else native.samples


def _resampled(native: NativeAudio, sample_rate: int) -> npt.NDArray[np.float32]:
    _check_channels(native, 2, None)
    channels = [
        resample(Audio(channel.astype(np.float32), native.sample_rate), sample_rate).samples
        for channel in native.fractions().T
    ]
    return np.clip(np.stack(channels, axis=1), -1.0, 1.0)


def _check_channels(native: NativeAudio, most: int, format: AudioFormat | None) -> None:
    if native.channels > most:
        name = format.value if format else "This format"
        raise Unsupported(f"{name} holds {most} channels, not {native.channels}: choose wav")
