"""One coded stream of sound in a container."""

import weakref
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol, cast

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream

from myna.dsp.codec.formats import AudioFormat

# Orders in which FLAC, and FFmpeg with it, count channels.
LAYOUTS = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")
# Bytes leave at once, and the same sound is the same bytes (else Ogg draws a serial number).
PROMPTLY = {"flush_packets": "1", "fflags": "+bitexact"}


class Sink(Protocol):
    """Where coded bytes go. One that can `seek` and `read` gets exact lengths in its headers."""

    def write(self, data: bytes, /) -> int:
        """Take some bytes, and return how many."""


@dataclass(frozen=True, slots=True)
class _Coding:
    container: str
    codec: str
    sample_format: str
    bit_rate: int | None = None  # bits per second and channel
    container_options: dict[str, str] = field(default_factory=dict)


_CODINGS = {
    AudioFormat.FLAC: _Coding(
        "flac", "flac", "s16", container_options={"metadata_header_padding": "0"}
    ),
    AudioFormat.MP3: _Coding(
        "mp3", "libmp3lame", "fltp", 96_000, container_options={"id3v2_version": "0"}
    ),
    # A page per packet: by default a page is held back until a second is in it.
    AudioFormat.OPUS: _Coding(
        "ogg", "libopus", "flt", 64_000, container_options={"page_duration": "20000"}
    ),
    AudioFormat.AAC: _Coding("adts", "aac", "fltp", 96_000),
}


class Track:
    """Writes samples to a sink, coded; bytes leave as soon as the codec has them."""

    def __init__(
        self,
        format: AudioFormat,
        sample_rate: int,
        sink: Sink,
        *,
        channels: int = 1,
        bit_depth: int = 16,
    ) -> None:
        coding = _CODINGS[format]
        self._sample_rate = sample_rate
        self._layout = LAYOUTS[channels - 1]
        self._sample_format = "s32" if bit_depth > 16 else coding.sample_format
        self._written = 0
        self._container = av.open(
            sink,
            "w",
            format=coding.container,
            container_options={**PROMPTLY, **coding.container_options},
        )
        # A listener who hangs up leaves a track half written; PyAV before 18 crashes the process
        # on a container that is freed before it is closed.
        self._close = weakref.finalize(self, self._container.close)
        options = {}
        if bit_depth > 16:  # the encoder calls 32 bits experimental; the format knows them
            options = {"bits_per_raw_sample": str(bit_depth), "strict": "experimental"}
        stream = self._container.add_stream(
            coding.codec,
            rate=sample_rate,
            layout=self._layout,
            format=self._sample_format,
            options=options,
        )
        self._stream = cast("AudioStream", stream)
        if coding.bit_rate:
            self._stream.bit_rate = coding.bit_rate * channels
        self._container.start_encoding()

    def write(self, samples: npt.NDArray[Any]) -> None:  # int16, int32 or float32
        """Code samples: (samples, channels), integers for FLAC and floats for the others."""
        if not len(samples):
            return
        is_planar = self._sample_format.endswith("p")
        values = samples.T if is_planar else samples.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(values), format=self._sample_format, layout=self._layout
        )
        frame.sample_rate = self._sample_rate
        frame.time_base = Fraction(1, self._sample_rate)
        frame.pts = self._written
        self._written += len(samples)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Write what the codec still holds, and the end of the file."""
        self._container.mux(self._stream.encode(None))
        self._close()
