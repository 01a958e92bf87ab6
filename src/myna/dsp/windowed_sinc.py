"""Another rate by a short windowed sinc, as what neural models were trained on was prepared."""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from myna.core.audio import Samples

ZERO_CROSSINGS = 6  # of the sinc, to each side
ROLLOFF = 0.99  # of the lower Nyquist frequency


def windowed_sinc(samples: Samples, source_rate: int, target_rate: int) -> Samples:
    """Return the same sound at another rate; its length is rounded up.

    Interpolates with a sinc under a Hann window (Smith, Digital Audio Resampling). `resample` is
    steeper; this one is for what a network compares with recordings that went through it.
    """
    if source_rate == target_rate:
        return samples
    common = math.gcd(source_rate, target_rate)
    source, target = source_rate // common, target_rate // common
    weights = _weights(source, target)  # (phases, taps)
    numbers = np.arange(-(-target * len(samples) // source))
    before = numbers * source // target
    phases = numbers % target
    reach = weights.shape[1] // 2
    padded = np.pad(samples, reach)
    made = np.zeros(len(numbers), np.float32)
    for tap in range(weights.shape[1]):
        made += padded[before + tap] * weights[phases, tap]
    return made


@lru_cache(maxsize=16)
def _weights(source: int, target: int) -> npt.NDArray[np.float32]:
    """Return what each phase takes of the samples around it: (target, twice the reach)."""
    cutoff = min(1.0, target / source) * ROLLOFF
    reach = math.ceil(ZERO_CROSSINGS / cutoff) + 1
    behind = np.arange(target) * source % target / target  # of the sample before
    distances = np.arange(-reach, reach) - behind[:, None]
    crossings = np.clip(distances * cutoff, -ZERO_CROSSINGS, ZERO_CROSSINGS)
    window = np.cos(crossings * (np.pi / ZERO_CROSSINGS / 2)) ** 2
    return np.asarray(np.sinc(crossings) * window * cutoff, np.float32)
