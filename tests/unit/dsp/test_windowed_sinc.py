import numpy as np
import pytest

from myna.core.audio import Samples
from myna.dsp.windowed_sinc import windowed_sinc


def _tone(frequency: float, sample_rate: int) -> Samples:
    times = np.arange(sample_rate // 2) / sample_rate
    return (0.5 * np.sin(2 * np.pi * frequency * times)).astype(np.float32)


@pytest.mark.parametrize(
    ("source", "target"), [(44100, 32000), (32000, 16000), (22050, 24000), (44099, 16001)]
)
def test_a_tone_keeps_its_shape_at_another_rate(source: int, target: int) -> None:
    tone, expected = _tone(1000, source), _tone(1000, target)
    got = windowed_sinc(tone, source, target)
    assert len(got) == -(-len(tone) * target // source)
    assert np.abs(got[200:-200] - expected[200 : len(got) - 200]).max() < 2e-3


def test_a_tone_above_the_new_half_rate_disappears() -> None:
    got = windowed_sinc(_tone(11000, 32000), 32000, 16000)
    assert np.abs(got[200:-200]).max() < 5e-3


def test_sound_at_the_right_rate_and_no_sound_stay_as_they_are() -> None:
    tone = _tone(500, 16000)
    assert windowed_sinc(tone, 16000, 16000) is tone
    assert len(windowed_sinc(tone[:0], 44100, 16000)) == 0
