"""Sound whose tops are cut off: a microphone amplifier driven too far."""

import numpy as np

from myna.core.audio import Audio, Samples
from myna.dsp.runs import runs

FULL_SCALE = 0.98  # peaks lower than this have not hit the end of the scale
FLATNESS = 1e-4  # how equal samples of a flat top are, relative to the peak
FLAT_SAMPLES = 3  # a rounded top is narrower than this


def clipped_share(audio: Audio) -> float:
    """Return the share of samples, 0 to 1, that lie in flat tops at full scale.

    From about 0.001 on it is heard.
    """
    magnitude: Samples = np.abs(audio.samples)
    top = min(1.0, float(magnitude.max(initial=0.0)))  # lossy codecs overshoot what was cut
    if top < FULL_SCALE:
        return 0.0
    flat = runs(magnitude >= top * (1 - FLATNESS))
    lengths = flat[:, 1] - flat[:, 0]
    return float(lengths[lengths >= FLAT_SAMPLES].sum() / len(magnitude))
