"""How loud sound is, in plain measures. Decibels are relative to full scale."""

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio, Samples
from myna.dsp.runs import runs

QUIETEST = -120.0  # dB; below this nothing is told apart, not even digital silence

FULL_SCALE = 0.98  # peaks lower than this have not hit the end of the scale
FLATNESS = 1e-4  # how equal samples of a flat top are, relative to the peak
FLAT_SAMPLES = 3  # a rounded top is narrower than this


def decibels(amplitude: float) -> float:
    """Return an amplitude in dB, 0 at full scale and never below `QUIETEST`."""
    return max(QUIETEST, 20 * float(np.log10(max(amplitude, 1e-12))))


def amplitude(level: float) -> float:
    """Return a level in dB as an amplitude, 1 at full scale."""
    return float(10 ** (level / 20))


def peak(audio: Audio) -> float:
    """Return the largest absolute sample, 0 for no samples."""
    return float(np.abs(audio.samples).max(initial=0.0))


def rms(audio: Audio) -> float:
    """Return the root of the mean square, 0 for no samples."""
    if not len(audio.samples):
        return 0.0
    return float(np.sqrt(np.mean(np.square(audio.samples, dtype=np.float64))))


def frame_levels(audio: Audio, seconds: float = 0.02) -> npt.NDArray[np.float32]:
    """Return the level in dB of each stretch of `seconds`, end to end: (frames,).

    The last stretch may be shorter.
    """
    length = max(1, round(seconds * audio.sample_rate))
    if not len(audio.samples):
        return np.zeros(0, np.float32)
    starts = np.arange(0, len(audio.samples), length)
    sums = np.add.reduceat(np.square(audio.samples, dtype=np.float64), starts)
    counts = np.minimum(length, len(audio.samples) - starts)
    floor = 10 ** (QUIETEST / 10)
    return np.asarray(10 * np.log10(np.maximum(sums / counts, floor)), np.float32)


def at_level(audio: Audio, level: float) -> Audio:
    """Scale sound to an RMS of `level` dB. Silence stays silence."""
    now = rms(audio)
    return audio if now == 0 else Audio(audio.samples * (amplitude(level) / now), audio.sample_rate)


def clipped_share(audio: Audio) -> float:
    """Return the share of samples, 0 to 1, that lie in flat tops at full scale.

    A microphone amplifier driven too far cuts the tops off. From about 0.001 on it is heard.
    """
    magnitude: Samples = np.abs(audio.samples)
    top = min(1.0, peak(audio))  # lossy codecs overshoot where the original was cut
    if top < FULL_SCALE:
        return 0.0
    flat = runs(magnitude >= top * (1 - FLATNESS))
    lengths = flat[:, 1] - flat[:, 0]
    return float(lengths[lengths >= FLAT_SAMPLES].sum() / len(magnitude))
