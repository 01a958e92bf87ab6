"""How high a voice is, frame by frame.

The tracker divides the autocorrelation of the windowed sound by that of the window, keeps a few
peaks per frame, then finds the cheapest path through them (Boersma, 1993, "Accurate short-term
analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled sound").
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio, Samples

PitchTrack = npt.NDArray[np.float32]
"""Fundamental frequency in Hz per frame, 0 where nothing is voiced: (frames,)."""

LOWEST = 72.0  # Hz
HIGHEST = 480.0  # Hz
HOP = 0.005  # seconds from frame to frame

_WINDOW = 0.06  # seconds: four periods of the lowest voice
_CUTOFF = 900.0  # Hz; formants above it would only distract
_DECIMATED_RATE = 4000  # Hz, about what is left to look at
_FFT_LENGTH = 512
_OVERSAMPLING = 4  # lags per decimated sample
_CANDIDATES = 6
_LAG_PENALTY = 0.06  # per octave: prefers the shortest of equally good periods
_UNVOICED_STRENGTH = 0.42
_SILENCE = 0.03  # of the loud frames' level
_JUMP_COST = 2.0  # per octave
_HIGHEST_JUMP_COST = 0.5
_SWITCH_COST = 0.14  # between voiced and unvoiced
_NARROWED = (0.55, 1.9)  # times the median: where one speaker's pitch lies


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What each frame's pitch could be: arrays of (frames, candidates)."""

    frequencies: npt.NDArray[np.float64]  # Hz; column 0 means unvoiced
    costs: npt.NDArray[np.float64]


def track_speaker_pitch(audio: Audio) -> PitchTrack:
    """Track one unknown speaker: once over all voices, once around the median found.

    Returns Hz per frame of `HOP` seconds, 0 where unvoiced: (1 + samples // hop,).
    """
    track = track_pitch(audio)
    voiced = track[track > 0]
    if len(voiced) == 0:
        return track
    middle = float(np.median(voiced))
    low, high = (middle * factor for factor in _NARROWED)
    return track_pitch(audio, max(LOWEST, low), min(HIGHEST, high))


def track_pitch(audio: Audio, lowest: float = LOWEST, highest: float = HIGHEST) -> PitchTrack:
    """Return Hz per frame of `HOP` seconds, 0 where unvoiced: (1 + samples // hop,)."""
    if not LOWEST <= lowest < highest <= HIGHEST:
        raise ValueError(f"Pitch is looked for from {LOWEST} to {HIGHEST} Hz: {lowest}..{highest}")
    windows = _low_windows(audio)
    candidates = _candidates(windows, lowest, highest, _decimated_rate(audio.sample_rate))
    path = _cheapest_path(candidates)
    return candidates.frequencies[np.arange(len(path)), path].astype(np.float32)


def _factor(sample_rate: int) -> int:
    return max(1, sample_rate // _DECIMATED_RATE)


def _decimated_rate(sample_rate: int) -> float:
    return sample_rate / _factor(sample_rate)


def _low_windows(audio: Audio) -> Samples:
    """Return the low-passed, decimated sound in frames: (frames, window)."""
    factor = _factor(audio.sample_rate)
    rate = _decimated_rate(audio.sample_rate)
    taps = _low_pass(audio.sample_rate)
    samples = np.pad(audio.samples, (len(taps) // 2, len(taps) // 2 + factor))
    low = np.lib.stride_tricks.sliding_window_view(samples, len(taps))[::factor] @ taps
    length = int(_WINDOW * rate) // 2 * 2
    count = 1 + len(audio.samples) // round(HOP * audio.sample_rate)
    starts = np.round(np.arange(count) * HOP * rate).astype(int)
    low = np.pad(low, (length // 2, length))
    return np.asarray(low[starts[:, None] + np.arange(length)], np.float32)


@lru_cache(maxsize=4)
def _low_pass(sample_rate: int) -> Samples:
    """Return a linear-phase low-pass by the window method: (taps,), odd."""
    half = round(2 * sample_rate / _CUTOFF)
    time = np.arange(-half, half + 1) / sample_rate
    taps = np.sinc(2 * _CUTOFF * time) * np.hanning(2 * half + 3)[1:-1]
    return np.asarray(taps / taps.sum(), np.float32)


def _candidates(windows: Samples, lowest: float, highest: float, rate: float) -> _Candidates:
    correlation = _autocorrelation(windows)
    lag_rate = rate * _OVERSAMPLING
    first = int(lag_rate / highest)
    last = min(int(np.ceil(lag_rate / lowest)), correlation.shape[1] - 2)
    middle = correlation[:, first : last + 1]
    before, after = correlation[:, first - 1 : last], correlation[:, first + 1 : last + 2]
    lags = np.arange(first, last + 1)
    score = middle - _LAG_PENALTY * np.log2(lags / first)
    score = np.where((middle > before) & (middle >= after), score, -1.0)
    best = np.argpartition(-score, _CANDIDATES, axis=1)[:, :_CANDIDATES]
    rows = np.arange(len(windows))[:, None]
    slope = (after - before)[rows, best] / 2
    bend = (2 * middle - before - after)[rows, best]
    shift = np.clip(slope / np.maximum(bend, 1e-9), -0.5, 0.5)
    frequencies = lag_rate / (lags[best] + shift)
    unvoiced = _unvoiced_strength(windows)
    return _Candidates(
        np.column_stack([np.zeros(len(windows)), frequencies]),
        1.0 - np.column_stack([unvoiced, score[rows, best]]),
    )


def _autocorrelation(windows: Samples) -> Samples:
    """Return the normalised autocorrelation, oversampled: (frames, lags)."""
    length = windows.shape[1]
    shape = np.hanning(length + 2)[1:-1].astype(np.float32)
    centred = (windows - windows.mean(axis=1, keepdims=True)) * shape
    size = _FFT_LENGTH * _OVERSAMPLING
    lags = length * _OVERSAMPLING // 2
    power = np.square(np.abs(np.fft.rfft(centred, _FFT_LENGTH, axis=1)))
    own = np.square(np.abs(np.fft.rfft(shape, _FFT_LENGTH)))
    correlation = np.fft.irfft(power, size, axis=1)[:, :lags]
    reference = np.fft.irfft(own, size)[:lags]
    energy = np.maximum(correlation[:, :1], 1e-12)
    return np.asarray(correlation / energy / (reference / reference[0]), np.float32)


def _unvoiced_strength(windows: Samples) -> npt.NDArray[np.float64]:
    level = np.abs(windows).max(axis=1)
    loud = max(float(np.percentile(level, 95)), 1e-6)
    quietness = 2.0 - level / loud / (_SILENCE / (1 + _UNVOICED_STRENGTH))
    return np.asarray(_UNVOICED_STRENGTH + np.maximum(0.0, quietness), np.float64)


def _cheapest_path(candidates: _Candidates) -> npt.NDArray[np.intp]:
    """Return the index of the best candidate per frame (Viterbi): (frames,)."""
    octaves = np.log2(np.maximum(candidates.frequencies, 1.0))
    jump = _JUMP_COST * np.abs(octaves[:-1, :, None] - octaves[1:, None, :])
    steps = np.minimum(jump, _HIGHEST_JUMP_COST)  # (frames - 1, from, to)
    steps[:, 0, :] = steps[:, :, 0] = _SWITCH_COST
    steps[:, 0, 0] = 0.0
    count, width = candidates.costs.shape
    came_from = np.zeros((count, width), np.intp)
    total = candidates.costs[0]
    for frame in range(1, count):
        ways = total[:, None] + steps[frame - 1]
        came_from[frame] = ways.argmin(axis=0)
        total = ways.min(axis=0) + candidates.costs[frame]
    path = np.zeros(count, np.intp)
    path[-1] = int(total.argmin())
    for frame in range(count - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path
