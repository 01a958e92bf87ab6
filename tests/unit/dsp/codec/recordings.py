"""Recordings made on the spot, in formats our encoder writes and in those it does not."""

import io
import struct

import av
import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio

RATE = 24000


def glide(seconds: float = 0.5, sample_rate: int = RATE, amplitude: float = 0.4) -> Audio:
    """A tone that rises, so that a shift in time shows."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    wave = amplitude * np.sin(2 * np.pi * (200 + 300 * time) * time)
    return Audio(wave.astype(np.float32), sample_rate)


def wav(
    data: bytes,
    *,
    channels: int = 1,
    sample_rate: int = RATE,
    bits: int = 16,
    code: int = 1,
    claimed: int | None = None,
) -> bytes:
    """A WAV file around raw samples, whose header may claim any size."""
    size = len(data) if claimed is None else claimed
    block = channels * bits // 8
    return (
        struct.pack("<4sI4s", b"RIFF", min(36 + size, 0xFFFFFFFF), b"WAVE")
        + struct.pack(
            "<4sIHHIIHH", b"fmt ", 16, code, channels, sample_rate, sample_rate * block, block, bits
        )
        + struct.pack("<4sI", b"data", size)
        + data
    )


def contained(audio: Audio, container: str, codec: str) -> bytes:
    """The sound in a container that only FFmpeg's own writer knows here."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=audio.sample_rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(audio.samples[None].copy(), format="flt", layout="mono")
        frame.sample_rate, frame.pts = audio.sample_rate, 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def silent_film() -> bytes:
    """A video without an audio stream."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=10, width=32, height=32, pix_fmt="yuv420p")
        for _ in range(3):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))))
        output.mux(stream.encode(None))
    return file.getvalue()


def likeness(heard: npt.NDArray[np.float32], original: npt.NDArray[np.float32]) -> float:
    """Correlation over what both have, 1 for the same wave."""
    length = min(len(heard), len(original))
    return float(np.corrcoef(heard[:length], original[:length])[0, 1])
