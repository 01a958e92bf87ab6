"""Where two recordings of the same words can be joined best.

Both say the same around a boundary, so there are places where they sound alike: the search looks
through pairs of them ("optimal coupling": Conkie and Isard, 1996), then shifts one by less than
a pitch period until the waveforms agree.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio, Samples
from myna.dsp.spectrum import MelSettings, log_mel

REACH = 0.03  # seconds around both places

_HOP = 0.005  # seconds from candidate to candidate
_WINDOW = 0.02  # seconds
_BANDS = 20
_FLOOR = 1e-6  # power added to a band: what is quieter is not compared
_UNLIKE = 1.0  # nepers of power that one reach of lost or repeated time is worth
_LOUD = 0.6  # nepers that each neper of level is worth: a quiet join is heard less
_PHASE_REACH = 0.006  # seconds: half a period of a low voice
_FADE = 0.02  # seconds whose waveforms are compared


@dataclass(frozen=True, slots=True)
class Join:
    """A sample in each of two recordings, where the one may go over into the other."""

    left: int
    right: int


def couple(left: Audio, right: Audio, near: Join, *, reach: float = REACH, held: bool) -> Join:
    """Return the best join near one that is known to be roughly right.

    The first of the pair stays where it is when `held`. Both at the same sample rate.
    """
    step = max(1, round(_HOP * left.sample_rate))
    count = int(reach / _HOP)
    ours = _bands_around(left, near.left, count, step)
    theirs = _bands_around(right, near.right, count, step)
    distance = np.abs(ours[:, None] - theirs[None]).mean(axis=2)
    shifts = np.arange(-count, count + 1)
    if count:
        distance = distance + _UNLIKE * np.abs(shifts[:, None] - shifts[None]) / (REACH / _HOP)
    distance = distance + _LOUD * (ours.mean(axis=1)[:, None] + theirs.mean(axis=1)[None]) / 2
    if held:
        distance = np.where(shifts[:, None] == 0, distance, np.inf)
    one, other = np.unravel_index(int(distance.argmin()), distance.shape)
    first = min(max(0, near.left + int(shifts[one]) * step), len(left.samples))
    second = min(max(0, near.right + int(shifts[other]) * step), len(right.samples))
    return _in_phase(left, right, Join(first, second))


def _bands_around(audio: Audio, middle: int, count: int, step: int) -> npt.NDArray[np.float64]:
    """Return log-mel bands of frames around a sample: (2 * count + 1, bands)."""
    settings = _settings(audio.sample_rate)
    reach = count * step
    part = _window(audio.samples, middle - reach, middle + reach + 1)
    mel = log_mel(Audio(part, audio.sample_rate), settings)[: 2 * count + 1]
    return np.log(np.exp(mel.astype(np.float64)) + _FLOOR)


@lru_cache(maxsize=16)
def _settings(sample_rate: int) -> MelSettings:
    window = round(_WINDOW * sample_rate)
    size = 1 << (window - 1).bit_length()
    highest = min(8000.0, sample_rate / 2)
    return MelSettings(
        sample_rate, _BANDS, window, max(1, round(_HOP * sample_rate)), size, highest=highest
    )


def _in_phase(left: Audio, right: Audio, join: Join) -> Join:
    """Shift the second of the pair to where the waveforms agree best."""
    half = round(_FADE / 2 * left.sample_rate)
    reach = round(_PHASE_REACH * left.sample_rate)
    wanted = _window(left.samples, join.left - half, join.left + half)
    given = _window(right.samples, join.right - half - reach, join.right + half + reach)
    windows = np.lib.stride_tricks.sliding_window_view(given, len(wanted))
    strength = np.sqrt(np.square(windows).sum(axis=1)) + 1e-6
    best = int((windows @ wanted / strength).argmax())
    shifted = min(max(0, join.right + best - reach), len(right.samples))
    return Join(join.left, shifted)


def _window(samples: Samples, first: int, last: int) -> Samples:
    """Return the samples from `first` to `last`, silence where there are none."""
    inside = samples[max(0, first) : max(0, last)]
    before = min(max(0, -first), last - first)
    return np.pad(inside, (before, last - first - before - len(inside)))
