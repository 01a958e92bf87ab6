"""Where somebody speaks, and what there is besides.

Speech is told from its background by energy: the level in the band of speech, frame by frame,
against how loud the loudest and how quiet the quietest frames are. This tells speech from noise
that stays, not from music or from other voices.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio
from myna.dsp.resample import resample
from myna.dsp.runs import Mask, runs, without_short
from myna.dsp.spectrum import stft_magnitude

QUIETEST = -120.0  # dB; below this nothing is told apart, not even digital silence
SAMPLE_RATE = 16000  # Hz at which it is looked for
WINDOW_LENGTH = 400  # samples, 25 ms
HOP_LENGTH = 160  # samples, 10 ms
BAND = (120.0, 7000.0)  # Hz: above hum and rumble, up to the hiss of fricatives

LOUD_FRAMES = 30  # 0.3 s; the loudest frames, whose median is the level of speech
QUIET_SHARE = 0.1  # of the frames, taken to be background
SILENT_LEVEL = -65.0  # dB; where the loudest is below this nobody speaks
STEADY_RANGE = 8.0  # dB; sound that varies less is one thing throughout
DEEPEST = 50.0  # dB below speech; a quieter background makes no difference
SURE, LIKELY = 0.45, 0.25  # of the way up from background to speech
LEAST_RISE = 4.0  # dB above the background, however noisy

SHORTEST_SPEECH = 6  # frames; what is shorter is a click
SHORTEST_PAUSE = 12  # frames; what is shorter is the closure of a plosive
EDGE = 2  # frames added to both sides, where speech begins and ends softly
NOISE_MARGIN = 5  # frames around speech that are not taken for background


def activity(audio: Audio) -> list[tuple[float, float]]:
    """Return where there is speech, as (start, end) in seconds, in order and apart."""
    found = runs(_analyse(audio).active) * HOP_LENGTH / SAMPLE_RATE
    half = HOP_LENGTH / SAMPLE_RATE / 2
    return [
        (max(0.0, float(start) - half), min(audio.duration, float(end) - half))
        for start, end in found
    ]


def active_level(audio: Audio) -> float:
    """Return the level in dB of the speech alone, without its pauses."""
    analysis = _analyse(audio)
    return _mean_level(analysis.levels[analysis.active])


def signal_to_noise(audio: Audio) -> float:
    """Return by how many dB speech is above its background: 0 where there is no speech.

    An estimate from energies in the band of speech: noise that comes and goes counts as speech.
    """
    analysis = _analyse(audio)
    if not analysis.active.any():
        return 0.0
    both, noise = _mean_level(analysis.levels[analysis.active]), analysis.noise
    speech = max(1e-12, 10 ** (both / 10) - 10 ** (noise / 10))
    return max(0.0, 10 * float(np.log10(speech)) - noise)


@dataclass(frozen=True, slots=True, eq=False)
class _Analysis:
    levels: npt.NDArray[np.float32]  # dB, (frames,)
    active: Mask  # (frames,)
    noise: float  # dB


def _analyse(audio: Audio) -> _Analysis:
    levels = _band_levels(audio)
    active = _active(levels)
    return _Analysis(levels, active, _noise(levels, active))


def _band_levels(audio: Audio) -> npt.NDArray[np.float32]:
    """Return the level of the band of speech in each frame: (frames,), in dB."""
    samples = resample(audio, SAMPLE_RATE).samples
    power = np.square(stft_magnitude(samples, WINDOW_LENGTH, HOP_LENGTH))
    low, high = (round(edge * WINDOW_LENGTH / SAMPLE_RATE) for edge in BAND)
    # Parseval: both halves of the spectrum, over the length and the energy of a Hann window.
    energy = 2 * power[:, low : high + 1].sum(axis=1) / (WINDOW_LENGTH**2 * 3 / 8)
    return np.asarray(10 * np.log10(np.maximum(energy, 10 ** (QUIETEST / 10))), np.float32)


def _active(levels: npt.NDArray[np.float32]) -> Mask:
    speech = float(np.median(np.sort(levels)[-LOUD_FRAMES:]))
    if speech < SILENT_LEVEL:
        return np.zeros(len(levels), np.bool_)
    background = max(float(np.quantile(levels, QUIET_SHARE)), speech - DEEPEST)
    span = speech - background
    if span < STEADY_RANGE:
        return np.ones(len(levels), np.bool_)
    sure = levels > background + max(LEAST_RISE, SURE * span)
    likely = levels > background + max(LEAST_RISE, LIKELY * span)
    grown = np.zeros_like(likely)
    for start, end in runs(likely):
        grown[start:end] = sure[start:end].any()
    joined = ~without_short(~grown, SHORTEST_PAUSE)
    return _widened(without_short(joined, SHORTEST_SPEECH), EDGE)


def _widened(mask: Mask, frames: int) -> Mask:
    """Return the mask with every run longer by `frames` on both sides."""
    window = np.ones(2 * frames + 1, np.int_)
    return np.asarray(np.convolve(mask, window)[frames : frames + len(mask)] > 0)


def _noise(levels: npt.NDArray[np.float32], active: Mask) -> float:
    around = levels[~_widened(active, NOISE_MARGIN)]
    if len(around) < LOUD_FRAMES:  # hardly a pause: the quietest moments must do
        around = np.sort(levels)[: max(1, round(QUIET_SHARE * len(levels)))]
    return _mean_level(around)


def _mean_level(levels: npt.NDArray[np.float32]) -> float:
    """Return the level of the mean power of frames, `QUIETEST` for none."""
    if not len(levels):
        return QUIETEST
    return float(10 * np.log10(np.mean(10 ** (levels.astype(np.float64) / 10))))
