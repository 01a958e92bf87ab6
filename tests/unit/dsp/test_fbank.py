import numpy as np

from myna.dsp.fbank import kaldi_fbank


def _tone(frequency: float, seconds: float = 0.5) -> np.ndarray:
    times = np.arange(round(16000 * seconds)) / 16000
    return np.sin(2 * np.pi * frequency * times).astype(np.float32)


def test_frames_lie_wholly_inside_the_sound() -> None:
    assert kaldi_fbank(np.zeros(399, np.float32)).shape == (0, 80)
    assert kaldi_fbank(np.zeros(400, np.float32)).shape == (1, 80)
    assert kaldi_fbank(np.zeros(16000, np.float32)).shape == (98, 80)


def test_silence_is_at_the_floor() -> None:
    floor = np.log(np.finfo(np.float32).eps)
    np.testing.assert_allclose(kaldi_fbank(np.zeros(1600, np.float32)), floor, rtol=1e-6)


def test_a_constant_is_silence() -> None:
    np.testing.assert_allclose(
        kaldi_fbank(np.full(1600, 0.5, np.float32)), np.log(np.finfo(np.float32).eps), rtol=1e-6
    )


def test_a_higher_tone_is_in_a_higher_band() -> None:
    bands = [int(kaldi_fbank(_tone(f)).mean(axis=0).argmax()) for f in (200, 1000, 4000)]
    assert bands == sorted(bands)
    assert len(set(bands)) == 3


def test_twice_the_level_is_four_times_the_energy() -> None:
    noise = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    quiet, loud = kaldi_fbank(noise), kaldi_fbank(2 * noise)
    np.testing.assert_allclose(loud - quiet, np.log(4), atol=1e-3)
