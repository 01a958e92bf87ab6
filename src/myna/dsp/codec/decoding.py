"""Encoded sound in, `Audio` out."""

from pathlib import Path

import numpy as np

from myna.core.audio import Audio
from myna.dsp.codec.recording import Source, check_numbers, opened
from myna.dsp.resample import resample


def decode(
    source: Source,
    *,
    sample_rate: int | None = None,
    max_seconds: float | None = None,
    max_bytes: int | None = None,
) -> Audio:
    """Read a recording of any format, rate and channel count as mono.

    Decoding stops as soon as `max_seconds` have passed, so a file of hours costs no more than
    the limit. WAV and FLAC come out sample for sample. Raises `BadAudio`, naming the file
    without its folder.

    >>> from myna.dsp.codec import AudioFormat, encode_file
    >>> recording = encode_file(Audio.silence(1.0, 44100), AudioFormat.MP3)
    >>> decode(recording, sample_rate=24000, max_seconds=900).duration
    1.0
    """
    with opened(source, max_bytes) as recording:
        parts, rate = [], 0
        for frame in recording.frames(max_seconds):
            parts.append(frame.mono())
            rate = frame.sample_rate
        samples = np.concatenate(parts)
        samples = samples[: recording.kept(len(samples))]
        check_numbers(recording.name, samples, rate)
    audio = Audio(samples, rate)
    return audio if sample_rate is None else resample(audio, sample_rate)


def load_audio(path: str | Path) -> Audio:
    """Read a recording from a file. Raises `BadAudio`."""
    return decode(Path(path))
