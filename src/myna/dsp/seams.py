"""Where a recording can be cut between two words without being heard."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio

HOP = 0.0025  # seconds from level to level
LEAD = 0.04  # seconds of a pause that go with the word beside it

_FRAME = 0.01  # seconds
_SMOOTHED = 9  # frames
_DEEPEST = 60.0  # dB below the loud frames; what is quieter makes no difference
_QUIET_SHARE = 0.35  # of the way up from the background to the loud frames, in dB
_SHORTEST_PAUSE = 0.08  # seconds; what is shorter is the closure of a plosive
_INTO_PAUSE = 0.03  # seconds a word's neighbour may reach into the pause as aligned
_INTO_WORD = 0.04  # seconds the word itself may
_REACH = 0.03  # seconds around a boundary without a pause
_ZERO_REACH = 0.002  # seconds around the quietest point

Levels = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pause:
    """A quiet stretch, in seconds."""

    start: float
    end: float

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Cut:
    """A place to cut, and the pause that surrounds it, if one does."""

    sample: int
    pause: Pause | None = None


class SeamFinder:
    """Looks for cuts in one recording.

    Level is taken in frames of 10 ms; quiet is what lies in the lower third between background
    and speech, and a pause is 80 ms of it.
    """

    def __init__(self, audio: Audio) -> None:
        self._audio = audio
        self.levels = frame_levels(audio)
        self.pauses = _pauses(self.levels, audio.duration)

    def before(self, start: float, previous_end: float | None) -> Cut:
        """Return where to cut before a word that starts at `start` seconds.

        In the last pause before it the cut is close to the word, so that the pause stays with
        what precedes. `previous_end` is where the word before ends, None for the first word.
        """
        earliest = (0.0 if previous_end is None else previous_end) - _INTO_PAUSE
        near = [p for p in self.pauses if p.end > earliest and p.start < start + _INTO_WORD]
        if near:
            return self.at_end_of(near[-1])
        if previous_end is None:
            return Cut(0)
        return Cut(self._quietest(max((previous_end + start) / 2, start - _REACH)))

    def after(self, end: float, next_start: float | None) -> Cut:
        """Return where to cut after a word that ends at `end` seconds; the mirror of `before`."""
        latest = self._audio.duration if next_start is None else next_start
        near = [
            p for p in self.pauses if p.end > end - _INTO_WORD and p.start < latest + _INTO_PAUSE
        ]
        if near:
            return self.at_start_of(near[0])
        if next_start is None:
            return Cut(len(self._audio.samples))
        return Cut(self._quietest(min((end + next_start) / 2, end + _REACH)))

    def at_end_of(self, pause: Pause) -> Cut:
        """Return the cut that leaves nearly all of a pause to its left."""
        return Cut(self._sample(max(pause.start, pause.end - LEAD)), pause)

    def at_start_of(self, pause: Pause) -> Cut:
        """Return the cut that leaves nearly all of a pause to its right."""
        return Cut(self._sample(min(pause.end, pause.start + LEAD)), pause)

    def _quietest(self, boundary: float) -> int:
        first = max(0, round((boundary - _REACH) / HOP))
        last = max(first + 1, round((boundary + _REACH) / HOP) + 1)
        nearby = self.levels[first:last]
        if not len(nearby):
            return self._sample(boundary)
        return self._sample((first + int(nearby.argmin())) * HOP)

    def _sample(self, seconds: float) -> int:
        """Return the nearest place where the waveform crosses zero, or the place itself."""
        length, rate = len(self._audio.samples), self._audio.sample_rate
        wanted = min(max(0, round(seconds * rate)), length)
        reach = max(1, round(_ZERO_REACH * rate))
        first = max(1, wanted - reach)
        around = self._audio.samples[first - 1 : wanted + reach]
        crossings = first + np.flatnonzero((around[:-1] < 0) != (around[1:] < 0))
        if not len(crossings):
            return wanted
        return int(crossings[np.abs(crossings - wanted).argmin()])


def frame_levels(audio: Audio) -> Levels:
    """Return smoothed levels in dB, one each `HOP` seconds, centred: (frames,)."""
    half = round(_FRAME / 2 * audio.sample_rate)
    total = np.concatenate([[0.0], np.cumsum(np.square(audio.samples, dtype=np.float64))])
    count = 1 + int(audio.duration / HOP)
    centres = np.round(np.arange(count) * HOP * audio.sample_rate).astype(int)
    first = np.clip(centres - half, 0, len(audio.samples))
    last = np.clip(centres + half, 0, len(audio.samples))
    power = (total[last] - total[first]) / np.maximum(1, last - first)
    levels = 10 * np.log10(np.maximum(power, 1e-12))
    padded = np.pad(levels, _SMOOTHED // 2, mode="edge")
    return np.asarray(np.convolve(padded, np.ones(_SMOOTHED) / _SMOOTHED, mode="valid"))


def _pauses(levels: Levels, duration: float) -> list[Pause]:
    loud = float(np.percentile(levels, 90))
    floor = max(float(np.percentile(levels, 3)), loud - _DEEPEST)
    quiet = levels < floor + _QUIET_SHARE * (loud - floor)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(int)))
    found = [Pause(a * HOP, min(b * HOP, duration)) for a, b in edges.reshape(-1, 2).tolist()]
    return [pause for pause in found if pause.duration >= _SHORTEST_PAUSE]
