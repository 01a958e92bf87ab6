"""The header of a WAV file, written and read."""

import struct
from dataclasses import dataclass

UNKNOWN_SIZE = 0xFFFFFFFF  # what a stream says of its length
LARGEST_PROMISE = 0x7F000000  # bytes; programs that stream write this or more, or 0
INTEGER, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
# What follows the two bytes of the plain code in an extensible header.
_SUBFORMAT_TAIL = bytes.fromhex("000000001000800000aa00389b71")


@dataclass(frozen=True, slots=True)
class WavLayout:
    """How the samples behind a header lie."""

    sample_rate: int
    channels: int = 1
    bit_depth: int = 16
    is_float: bool = False

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return self.channels * self.bit_depth // 8


def header(layout: WavLayout, frames: int | None) -> bytes:
    """Return everything before the first sample. `frames` of None: a stream of unknown length."""
    code = FLOAT if layout.is_float else INTEGER
    extended = layout.channels > 2 or (layout.bit_depth > 16 and not layout.is_float)
    format = struct.pack(
        "<HHIIHH",
        EXTENSIBLE if extended else code,
        layout.channels,
        layout.sample_rate,
        layout.sample_rate * layout.frame_bytes,
        layout.frame_bytes,
        layout.bit_depth,
    )
    if extended:
        format += struct.pack("<HHIH", 22, layout.bit_depth, 0, code) + _SUBFORMAT_TAIL
    fact = b""
    if layout.is_float:
        fact = struct.pack("<4sII", b"fact", 4, UNKNOWN_SIZE if frames is None else frames)
    size = None if frames is None else frames * layout.frame_bytes
    rest = 4 + 8 + len(format) + len(fact) + 8
    return (
        struct.pack("<4sI4s", b"RIFF", _size(size, rest), b"WAVE")
        + struct.pack("<4sI", b"fmt ", len(format))
        + format
        + fact
        + struct.pack("<4sI", b"data", _size(size, 0))
    )


def padding(data_bytes: int) -> bytes:
    """Return what fills a chunk up to an even number of bytes."""
    return b"\0" * (data_bytes % 2)


def _size(data_bytes: int | None, rest: int) -> int:
    if data_bytes is None:
        return UNKNOWN_SIZE
    return min(rest + data_bytes + data_bytes % 2 if rest else data_bytes, UNKNOWN_SIZE)


def promised_frames(start: bytes) -> int | None:
    """Return how many frames the header at the start of a file says there are.

    None where it says nothing: another format, a stream, or a header longer than `start`.
    """
    if start[:4] != b"RIFF" or start[8:12] != b"WAVE":
        return None
    at, frame_bytes = 12, 0
    while at + 8 <= len(start):
        name, size = struct.unpack_from("<4sI", start, at)
        if name == b"fmt " and at + 22 <= len(start):
            (frame_bytes,) = struct.unpack_from("<H", start, at + 20)
        if name == b"data":
            is_known = 0 < size < LARGEST_PROMISE and frame_bytes > 0
            return size // frame_bytes if is_known else None
        at += 8 + size + size % 2
    return None
