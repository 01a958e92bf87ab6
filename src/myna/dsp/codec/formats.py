"""The formats speech is written in."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Self

from myna.core.errors import InvalidOption


class AudioFormat(Enum):
    """A way to write sound down."""

    WAV = "wav"
    """16-bit samples behind a header."""
    FLAC = "flac"
    """16-bit samples, compressed without loss."""
    MP3 = "mp3"
    """A finished file states its length, give or take 50 samples; a stream does not."""
    OPUS = "opus"
    """In an Ogg stream, always at 48 kHz."""
    AAC = "aac"
    """In ADTS frames. A file decodes a little longer than it is: ADTS cannot say where it ends."""
    PCM = "pcm"
    """Little-endian 16-bit samples and nothing else."""

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the format of this name, in any case."""
        try:
            return cls(name.lower())
        except ValueError:
            raise InvalidOption("format", name, f"choose one of {_names()}") from None

    @classmethod
    def of(cls, path: str | Path) -> Self:
        """Return the format a file's suffix promises."""
        suffix = Path(path).suffix.lower()
        for format in cls:
            if suffix in _TRAITS[format].suffixes:
                return format
        known = ", ".join(suffix for traits in _TRAITS.values() for suffix in traits.suffixes)
        raise InvalidOption("file name", Path(path).name, f"end it in one of {known}")

    @property
    def media_type(self) -> str:
        """What HTTP calls it."""
        return _TRAITS[self].media_type

    @property
    def suffix(self) -> str:
        """The usual end of a file's name, with its dot."""
        return _TRAITS[self].suffixes[0]

    @property
    def sample_rates(self) -> tuple[int, ...]:
        """The rates it can hold in Hz, rising. Empty: any."""
        return _TRAITS[self].sample_rates

    def rate_for(self, sample_rate: int) -> int:
        """Return the rate at which sound of `sample_rate` is written: the next one it can hold."""
        if not self.sample_rates or sample_rate in self.sample_rates:
            return sample_rate
        higher = [rate for rate in self.sample_rates if rate > sample_rate]
        return min(higher, default=max(self.sample_rates))


def _names() -> str:
    return ", ".join(format.value for format in AudioFormat)


@dataclass(frozen=True, slots=True)
class _Traits:
    media_type: str
    suffixes: tuple[str, ...]
    sample_rates: tuple[int, ...] = ()


_TRAITS = {
    AudioFormat.WAV: _Traits("audio/wav", (".wav", ".wave")),
    AudioFormat.FLAC: _Traits("audio/flac", (".flac",)),
    AudioFormat.MP3: _Traits(
        "audio/mpeg",
        (".mp3",),
        (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    ),
    AudioFormat.OPUS: _Traits("audio/ogg; codecs=opus", (".opus", ".ogg", ".oga"), (48000,)),
    AudioFormat.AAC: _Traits(
        "audio/aac",
        (".aac",),
        (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000),
    ),
    AudioFormat.PCM: _Traits("audio/pcm", (".pcm", ".raw")),
}
