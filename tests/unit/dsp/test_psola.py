import numpy as np
import pytest

from myna.core.audio import Audio
from myna.dsp.pitch import track_pitch
from myna.dsp.psola import with_prosody

RATE = 16000


def vowel(frequency: float = 140.0, seconds: float = 0.6) -> Audio:
    """Make a buzz with a resonance at 700 Hz."""
    time = np.arange(round(seconds * RATE)) / RATE
    harmonics = np.arange(1, int(4000 / frequency)) * frequency
    weights = 1 / (1 + ((harmonics - 700) / 150) ** 2)
    sound = (weights[:, None] * np.cos(2 * np.pi * harmonics[:, None] * time)).sum(axis=0)
    return Audio((0.1 * sound).astype(np.float32), RATE)


def middle_pitch(audio: Audio) -> float:
    track = track_pitch(audio)
    return float(np.median(track[track > 0]))


def resonance(audio: Audio) -> float:
    power = np.square(np.abs(np.fft.rfft(audio.samples)))
    frequencies = np.fft.rfftfreq(len(audio.samples), 1 / RATE)
    return float((power * frequencies).sum() / power.sum())


@pytest.mark.parametrize("semitones", [-4, -2, 3])
def test_the_pitch_moves_and_the_colour_stays(semitones: float):
    audio = vowel()
    pitch = track_pitch(audio)
    moved = with_prosody(audio, pitch, np.full(len(pitch), semitones * np.log(2) / 12))
    assert len(moved.samples) == len(audio.samples)
    assert 12 * np.log2(middle_pitch(moved) / middle_pitch(audio)) == pytest.approx(
        semitones, abs=0.4
    )
    assert resonance(moved) == pytest.approx(resonance(audio), rel=0.1)


@pytest.mark.parametrize("stretch", [0.75, 1.3])
def test_the_pace_changes_and_the_pitch_stays(stretch: float):
    audio = vowel()
    pitch = track_pitch(audio)
    paced = with_prosody(audio, pitch, np.zeros(len(pitch)), stretch)
    assert len(paced.samples) == round(stretch * len(audio.samples))
    assert middle_pitch(paced) == pytest.approx(middle_pitch(audio), rel=0.02)
    assert np.std(paced.samples[1000:-1000]) == pytest.approx(np.std(audio.samples), rel=0.2)


def test_what_would_not_be_heard_is_not_done():
    audio = vowel()
    pitch = track_pitch(audio)
    assert with_prosody(audio, pitch, np.full(len(pitch), 0.001), 1.005) is audio


def test_noise_can_be_stretched():
    hiss = Audio(np.random.default_rng(0).normal(0, 0.1, RATE // 2).astype(np.float32), RATE)
    pitch = np.zeros(1 + RATE // 2 // 80, np.float32)
    longer = with_prosody(hiss, pitch, np.zeros(len(pitch)), 1.2)
    assert np.std(longer.samples) == pytest.approx(0.1, rel=0.25)


def test_a_single_sample_comes_back():
    audio = Audio(np.ones(1, np.float32), RATE)
    assert with_prosody(audio, np.zeros(1, np.float32), np.ones(1)) is audio
