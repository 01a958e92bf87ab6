"""What is compared when two recordings of the same words are laid against each other."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio
from myna.dsp.spectrum import MelSettings, deltas, mfcc

HOP = 0.01  # seconds from frame to frame
SPEECH_LOUDNESS = 0.3  # of the way from a recording's quiet frames to its loud ones

Frames = npt.NDArray[np.float32]  # (frames, dimensions)
Values = npt.NDArray[np.float64]  # (frames,)
Mask = npt.NDArray[np.bool_]  # (frames,)

_SETTINGS = MelSettings(
    sample_rate=16000,
    n_mels=40,
    window_length=512,
    hop_length=160,
    fft_length=512,
    lowest=60.0,
    highest=7600.0,
)
_COEFFICIENTS = 13
_DECIBELS = 10 / np.log(10) / np.sqrt(_SETTINGS.n_mels)  # of the first coefficient: mean band level
_QUIETEST = 60.0  # dB below the loudest frame; what is under it is as good as silent
_LIFTER = np.linspace(1.0, 0.3, _COEFFICIENTS - 1, dtype=np.float32)  # fine structure counts less
_LEVEL_STEP = 4.0  # dB that count as much as one standard deviation of the first cepstrum
_LOWEST_LEVEL = 45.0  # dB below speech
_SLOPE_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Features:
    """A recording as frames 10 ms apart."""

    cepstra: Frames  # (frames, 12)
    level: Values  # dB
    loudness: Values
    """0 for the recording's quiet frames, 1 for its loud ones: its noise floor falls out."""

    @property
    def speech(self) -> Mask:
        """Frames loud enough to be speech."""
        return self.loudness > SPEECH_LOUDNESS


def features(audio: Audio) -> Features:
    """Analyse a recording: mel cepstra, level, and level between its own floor and top."""
    coefficients = mfcc(audio, _SETTINGS, _COEFFICIENTS)
    level = coefficients[:, 0].astype(np.float64) * _DECIBELS
    level = np.maximum(level, level.max() - _QUIETEST)
    quiet, loud = _floor_and_top(level)
    return Features(coefficients[:, 1:], level, (level - quiet) / max(loud - quiet, 1e-3))


def _floor_and_top(level: Values) -> tuple[float, float]:
    """Return the mean levels of the quiet and the loud frames, told apart as Otsu (1979) does."""
    if len(level) < 2:
        return float(level.min()), float(level.max())
    ordered = np.sort(level)
    below = np.arange(1, len(ordered))
    sums = np.cumsum(ordered)
    quiet = sums[:-1] / below
    loud = (sums[-1] - sums[:-1]) / (len(ordered) - below)
    best = int(np.argmax(below * (len(ordered) - below) * (loud - quiet) ** 2))
    return float(quiet[best]), float(loud[best])


def normalized(recording: Features, speech: Mask) -> Frames:
    """Return cepstra and level as the speaker's own mean and spread make them: (frames, 13)."""
    chosen = speech if speech.any() else np.ones_like(speech)
    spoken = recording.cepstra[chosen]
    cepstra = (recording.cepstra - spoken.mean(0)) / (spoken.std(0) + np.float32(1e-3)) * _LIFTER
    top = np.percentile(recording.level[chosen], 90)
    level = np.maximum(recording.level - top, -_LOWEST_LEVEL) / _LEVEL_STEP
    return np.hstack([cepstra, level[:, None].astype(np.float32)])


def with_slopes(frames: Frames) -> Frames:
    """Return the frames beside their weighted slopes: (frames, 26)."""
    slopes = deltas(frames) * np.float32(_SLOPE_WEIGHT)
    return np.asarray(np.hstack([frames, slopes]), np.float32)
