"""How much a voice changes from one side of a place to the other."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from myna.core.audio import Audio, Samples
from myna.dsp.pitch import HOP, PitchTrack
from myna.dsp.spectrum import MelSettings, log_mel

_WINDOW = 0.02  # seconds compared on each side
_GAP = 0.01  # seconds left out on each side: the fade itself
_PITCH_GAP = 0.02  # seconds left out on each side: frames there hear both
_PITCH_REACH = 0.12  # seconds from the place to the nearest voiced frame
_DECIBELS_PER_NEPER = 10 / np.log(10)  # of power
_RATE = 16000  # Hz at which spectra are compared


@dataclass(frozen=True, slots=True)
class Jump:
    """How far sound jumps at one place."""

    level: float
    """dB."""
    flux: float
    """dB: the mean distance of mel bands, level included."""
    pitch: float | None
    """Semitones; None where a side is not voiced."""


def measure_jump(audio: Audio, pitch: PitchTrack, sample: int) -> Jump:
    """Compare 20 ms on both sides of `sample`, leaving out 10 ms on each.

    `pitch` is the track of `audio`, in Hz per 5 ms.
    """
    window, gap = (round(seconds * audio.sample_rate) for seconds in (_WINDOW, _GAP))
    before = audio.samples[max(0, sample - gap - window) : max(0, sample - gap)]
    after = audio.samples[sample + gap : sample + gap + window]
    bands = np.abs(_bands(after, audio.sample_rate) - _bands(before, audio.sample_rate))
    return Jump(
        abs(_level(after) - _level(before)),
        float(bands.mean()) * _DECIBELS_PER_NEPER,
        _pitch_jump(pitch, sample / audio.sample_rate),
    )


def _level(samples: Samples) -> float:
    power = float(np.mean(np.square(samples))) if len(samples) else 0.0
    return 10 * float(np.log10(power + 1e-8))


def _bands(samples: Samples, sample_rate: int) -> Samples:
    """Return the log-mel bands of one short window: (bands,), floored at -80 dB or so."""
    settings = _settings(sample_rate)
    mel = log_mel(Audio(samples, sample_rate), settings)
    return np.asarray(np.maximum(mel[len(mel) // 2], np.log(1e-5)))


@lru_cache(maxsize=16)
def _settings(sample_rate: int) -> MelSettings:
    window = round(_WINDOW * sample_rate)
    size = 1 << (window - 1).bit_length()
    return MelSettings(
        sample_rate, 24, window, max(1, window // 2), size, highest=min(_RATE, sample_rate) / 2
    )


def _pitch_jump(pitch: PitchTrack, seconds: float) -> float | None:
    at, gap, reach = (round(time / HOP) for time in (seconds, _PITCH_GAP, _PITCH_REACH))
    before = pitch[max(0, at - reach) : max(0, at - gap)]
    after = pitch[at + gap : at + reach]
    before, after = before[before > 0], after[after > 0]
    if not len(before) or not len(after):
        return None
    return float(12 * abs(np.log2(np.median(after[:3]) / np.median(before[-3:]))))
