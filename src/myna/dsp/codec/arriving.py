"""Sound of unknown format that is still arriving."""

import struct

import numpy as np

from myna.core.audio import Audio
from myna.core.errors import BadAudio
from myna.dsp.codec.decoding import decode
from myna.dsp.codec.wav import EXTENSIBLE, FLOAT, INTEGER, LARGEST_PROMISE, WavLayout

LONGEST_HEADER = 65536  # bytes before the samples
_TYPES = {(16, False): "<i2", (32, False): "<i4", (32, True): "<f4"}


class StreamDecoder:
    """Turns bytes into mono sound as they come: WAV at once, other formats when they are whole.

    A WAV header may promise any length, or none at all as streams do: what comes counts, up to
    the promise. Raises `BadAudio` for what is not sound.
    """

    def __init__(self) -> None:
        self._waiting = b""
        self._layout: WavLayout | None = None
        self._left: int | None = None  # bytes of samples still promised
        self._is_other = False

    def feed(self, data: bytes) -> Audio | None:
        """Take the next bytes and return the sound that is ready, if any."""
        self._waiting += data
        if self._layout is None and not self._is_other:
            self._read_header()
        return self._samples() if self._layout else None

    def finish(self) -> Audio | None:
        """Return what can only be decoded now that all is there."""
        if self._layout:
            return None
        return decode(self._waiting) if self._waiting else None

    def _read_header(self) -> None:
        start = self._waiting
        if len(start) < 12:
            return
        if start[:4] != b"RIFF" or start[8:12] != b"WAVE":
            self._is_other = True
            return
        at, layout = 12, None
        while at + 8 <= len(start):
            name, size = struct.unpack_from("<4sI", start, at)
            if name == b"data" and layout:
                self._begin(layout, size, at + 8)
                return
            if name == b"fmt " and at + 8 + size <= len(start):
                layout = _layout(start[at + 8 : at + 8 + size])
            at += 8 + size + size % 2
        if len(start) > LONGEST_HEADER:
            self._is_other = True

    def _begin(self, layout: WavLayout, size: int, first: int) -> None:
        if (layout.bit_depth, layout.is_float) not in _TYPES:
            self._is_other = True
            return
        self._layout = layout
        self._left = size if 0 < size < LARGEST_PROMISE else None
        self._waiting = self._waiting[first:]

    def _samples(self) -> Audio | None:
        assert self._layout
        frame = self._layout.frame_bytes
        usable = len(self._waiting) if self._left is None else min(len(self._waiting), self._left)
        usable -= usable % frame
        if self._left is not None:
            self._left -= usable
        if not usable:
            return None
        kind = _TYPES[self._layout.bit_depth, self._layout.is_float]
        values = np.frombuffer(self._waiting[:usable], kind).astype(np.float32)
        self._waiting = self._waiting[usable:]
        if not self._layout.is_float:
            values *= np.float32(2.0 ** (1 - self._layout.bit_depth))
        mono = values.reshape(-1, self._layout.channels).mean(axis=1, dtype=np.float32)
        return Audio(mono, self._layout.sample_rate)


def _layout(content: bytes) -> WavLayout:
    if len(content) < 16:
        raise BadAudio("The WAV header is damaged: its format is cut short.")
    code, channels, rate, _, _, depth = struct.unpack_from("<HHIIHH", content)
    if code == EXTENSIBLE and len(content) >= 26:
        (code,) = struct.unpack_from("<H", content, 24)
    if code not in (INTEGER, FLOAT) or not channels or not rate:
        return WavLayout(max(1, rate), max(1, channels), 0)
    return WavLayout(rate, channels, depth, is_float=code == FLOAT)
