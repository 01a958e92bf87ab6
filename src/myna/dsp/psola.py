"""Another pitch and pace for finished speech, its colour kept.

Pitch-synchronous overlap-add in the time domain: two-period grains around marks, one per period,
laid down again at other distances (Moulines and Charpentier, 1990, "Pitch-synchronous waveform
processing techniques for text-to-speech synthesis using diphones").
"""

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio, Samples
from myna.dsp.pitch import HOP, PitchTrack

_UNVOICED_STEP = 0.005  # seconds between marks where nothing is voiced
_SEARCH = 0.25  # of a period: how far a mark may be from where the last one puts it
_LEAST_WEIGHT = 0.2  # of overlapping windows: below it the sum is not evened out
_UNHEARD_SHIFT = 0.003  # nepers of pitch
_UNHEARD_STRETCH = 0.01  # of the duration

Contour = npt.NDArray[np.float64]
"""Nepers of pitch to add in each frame of `HOP` seconds: (frames,)."""


def with_prosody(audio: Audio, pitch: PitchTrack, contour: Contour, stretch: float = 1.0) -> Audio:
    """Return speech with its pitch moved along `contour`, and `stretch` times as long.

    `pitch` and `contour` have the frames of `audio`. Good for a few semitones and a third of the
    pace. What would not be heard is not done: the samples come back as they are.
    """
    small = not len(contour) or float(np.abs(contour).max()) < _UNHEARD_SHIFT
    if (small and abs(stretch - 1.0) < _UNHEARD_STRETCH) or len(audio.samples) < 2:
        return audio
    marks, periods = _marks(audio, pitch)
    frames = np.minimum(_frames(marks, audio.sample_rate), len(pitch) - 1)
    factors = np.where(pitch[frames] > 0, np.exp(-contour[frames]), 1.0)
    return Audio(
        _laid_down(audio.samples, marks, periods, periods * factors, stretch), audio.sample_rate
    )


def _frames(samples: npt.NDArray[np.float64], sample_rate: int) -> npt.NDArray[np.intp]:
    return np.asarray(np.round(samples / (HOP * sample_rate)), np.intp)


def _marks(audio: Audio, pitch: PitchTrack) -> tuple[Contour, Contour]:
    """Return one mark per period, and the periods at them, both in samples: (marks,)."""
    rate, length = audio.sample_rate, len(audio.samples)
    polarity = 1.0 if audio.samples.max() >= -audio.samples.min() else -1.0
    peaked = audio.samples * np.float32(polarity)
    marks: list[float] = []
    periods: list[float] = []
    at, was_voiced = 0.0, False
    while at < length:
        frame = min(round(at / (HOP * rate)), len(pitch) - 1)
        voiced = bool(pitch[frame] > 0)
        period = rate / float(pitch[frame]) if voiced else _UNVOICED_STEP * rate
        if voiced:
            reach = period * (_SEARCH if was_voiced else 0.5)
            first, last = max(0, round(at - reach)), min(length, round(at + reach) + 1)
            peak = float(first + int(peaked[first:last].argmax()))
            at = max(peak, marks[-1] + 1.0 if marks else 0.0)
        marks.append(at)
        periods.append(period)
        at, was_voiced = at + period, voiced
    return np.array(marks), np.array(periods)


def _laid_down(
    samples: Samples, marks: Contour, periods: Contour, distances: Contour, stretch: float
) -> Samples:
    total = round(len(samples) * stretch)
    widest = int(np.ceil(periods.max())) + 1
    padded = np.pad(samples, widest)
    sound = np.zeros(total + 2 * widest + 1)
    weights = np.zeros(total + 2 * widest + 1)
    at = float(marks[0]) * stretch
    middles = (marks[:-1] + marks[1:]) / 2
    while at < total:
        index = int(np.searchsorted(middles, at / stretch))
        half = int(np.ceil(periods[index]))
        window = 0.5 + 0.5 * np.cos(np.pi * np.arange(-half, half + 1) / (half + 1))
        source = round(marks[index]) + widest
        target = round(at) + widest
        grain = padded[source - half : source + half + 1]
        sound[target - half : target + half + 1] += window * grain
        weights[target - half : target + half + 1] += window
        at += float(distances[index])
    even = sound / np.maximum(weights, _LEAST_WEIGHT)
    return np.asarray(even[widest : widest + total], np.float32)
