import numpy as np
import pytest

from myna.core.audio import Audio
from myna.dsp.fades import fade_out

RATE = 8000


@pytest.mark.parametrize("length", [0, 1, 30, 400])
def test_a_fade_falls_to_nothing_and_touches_only_the_end(length: int):
    audio = Audio(np.full(length, 0.5, np.float32), RATE)
    faded = fade_out(audio, 0.005).samples
    assert len(faded) == length
    assert np.all(np.diff(faded) <= 0)
    np.testing.assert_array_equal(faded[:-40], audio.samples[:-40])
    assert np.all(np.abs(faded[-1:]) <= (0.01 if length >= 40 else 0.36))
