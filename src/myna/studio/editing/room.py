"""How a recording's channels and its background carry on under new words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio, Samples
from myna.dsp.background import Density, background, continued
from myna.dsp.codec import NativeAudio
from myna.dsp.replacement import Channels, Insert
from myna.dsp.seams import Pause
from myna.studio.editing.openings import Opening
from myna.studio.editing.takes import Take

_REACH = 10.0  # seconds of the recording on both sides that are listened to


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """What turns one voice into the channels of a recording."""

    gains: npt.NDArray[np.float64]
    """Amplitude of each channel beside the mix, negative where it is inverted: (channels,)."""
    backgrounds: tuple[Density | None, ...]
    twins: tuple[int, ...]
    """For each channel the first one that is its equal."""

    @classmethod
    def around(
        cls, recording: NativeAudio, mix: Audio, place: Opening, pauses: Iterable[Pause]
    ) -> Self:
        """Listen to the recording near an opening."""
        rate = recording.sample_rate
        first = max(0, round(place.first - _REACH * rate))
        last = round(place.last + _REACH * rate)
        channels = recording.between(first, last).fractions()
        start, end = first / rate, last / rate
        near = [
            Pause(pause.start - start, pause.end - start)
            for pause in pauses
            if pause.start >= start and pause.end <= end
        ]
        twins = [_twin(channels, index) for index in range(recording.channels)]
        heard = [background(samples, rate, near) for samples in channels.T.astype(np.float32)]
        return cls(_gains(channels, mix.samples[first:last]), tuple(heard), tuple(twins))

    def filled(self, take: Take, seed: int) -> Insert:
        """Return the take in every channel, over the background it does not bring itself."""
        channels = [
            gain * take.audio.samples + self._noise(take, twin, seed)
            for gain, twin in zip(self.gains, self.twins, strict=True)
        ]
        return Insert(np.stack(channels, axis=1), take.first, take.last)

    def _noise(self, take: Take, channel: int, seed: int) -> Samples:
        density = self.backgrounds[channel]
        length, rate = len(take.audio.samples), take.audio.sample_rate
        if density is None:
            return np.zeros(length, np.float32)
        if take.background is not None:
            density = np.maximum(0.0, density - self.gains[channel] ** 2 * take.background)
        return continued(density, length, rate, seed * len(self.gains) + channel)


def _gains(channels: Channels, mix: Samples) -> npt.NDArray[np.float64]:
    power = float(np.square(mix, dtype=np.float64).sum())
    if power == 0.0:
        return np.ones(channels.shape[1])
    sides = np.where(channels.T @ mix.astype(np.float64) < 0, -1.0, 1.0)
    return np.asarray(sides * np.sqrt(np.square(channels).sum(axis=0) / power))


def _twin(channels: Channels, index: int) -> int:
    return next(i for i in range(index + 1) if np.array_equal(channels[:, i], channels[:, index]))
