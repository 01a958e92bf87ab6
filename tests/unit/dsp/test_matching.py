import numpy as np
import pytest

from myna.core.audio import Audio
from myna.dsp.background import background, continued
from myna.dsp.filters import filtered, impulse
from myna.dsp.matching import matching_gains
from myna.dsp.seams import Pause

RATE = 16000


def hiss(level: float, seconds: float = 2.0, seed: int = 0) -> Audio:
    samples = np.random.default_rng(seed).normal(0, level, round(seconds * RATE))
    return Audio(samples.astype(np.float32), RATE)


def band_level(audio: Audio, low: float, high: float) -> float:
    power = np.square(np.abs(np.fft.rfft(audio.samples)))
    frequencies = np.fft.rfftfreq(len(audio.samples), 1 / RATE)
    return 10 * float(np.log10(power[(frequencies >= low) & (frequencies < high)].mean()))


def shaped(audio: Audio, gains: np.ndarray) -> Audio:
    return Audio(filtered(audio.samples, impulse(gains, RATE)), RATE)


def test_a_filter_has_its_gains_and_no_delay():
    click = np.zeros(2001, np.float32)
    click[1000] = 1.0
    response = filtered(click, impulse(np.linspace(1.0, 0.0, 257), RATE))
    assert int(response.argmax()) == 1000
    assert np.allclose(response[900:1101], response[1100:899:-1], atol=1e-6)
    spectrum = np.abs(np.fft.rfft(response))
    assert spectrum[500] == pytest.approx(0.5, abs=0.02)


def test_level_and_tilt_come_over():
    ours = hiss(0.02)
    theirs = shaped(hiss(0.1, seed=1), np.linspace(1.5, 0.5, 257))
    matched = shaped(ours, matching_gains(ours, theirs))
    for low, high in ((200, 1000), (3000, 4000), (6000, 7500)):
        assert band_level(matched, low, high) == pytest.approx(
            band_level(theirs, low, high), abs=2.5
        )


def test_little_sound_brings_its_level_and_hardly_a_tilt():
    ours = hiss(0.02, seconds=0.06)
    theirs = shaped(hiss(0.1, seconds=0.06, seed=1), np.linspace(2.0, 0.1, 257))
    gains = matching_gains(ours, theirs)
    assert gains.max() / gains.min() < 2.0


def test_silence_matches_nothing():
    assert np.array_equal(matching_gains(hiss(0.1), Audio.silence(1.0, RATE)), np.ones(257))
    assert np.array_equal(matching_gains(Audio.silence(1.0, RATE), hiss(0.1)), np.ones(257))


def test_the_background_goes_on_at_its_level_and_colour():
    room = shaped(hiss(0.01), np.linspace(2.0, 0.2, 257))
    density = background(room.samples, RATE, [Pause(0.2, 0.8), Pause(1.2, 1.8)])
    assert density is not None
    more = Audio(continued(density, RATE, RATE, seed=5), RATE)
    assert len(more.samples) == RATE
    for low, high in ((200, 1000), (3000, 4000), (6000, 7500)):
        assert band_level(more, low, high) + 3 == pytest.approx(
            band_level(room, low, high), abs=1.5
        )


def test_noise_is_the_same_for_the_same_seed():
    density = np.ones(161)
    one, same, other = (continued(density, 500, RATE, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


@pytest.mark.parametrize("pauses", [[], [Pause(0.5, 0.55)]])
def test_without_a_pause_no_background_is_known(pauses: list[Pause]):
    assert background(hiss(0.1).samples, RATE, pauses) is None
