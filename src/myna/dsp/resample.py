"""Sample rates."""

import numpy as np
import soxr

from myna.core.audio import Audio, Samples

QUALITY = "HQ"  # soxr's 20-bit setting: artefacts below -120 dB


def resample(audio: Audio, sample_rate: int) -> Audio:
    """Return the same sound at another rate, `resampled_length` samples long."""
    resampler = Resampler(audio.sample_rate, sample_rate)
    return Audio.join([resampler.process(audio), resampler.finish()])


def resampled_length(length: int, source_rate: int, target_rate: int) -> int:
    """Return how many samples `length` samples become: to the nearest, halves up."""
    return (2 * length * target_rate + source_rate) // (2 * source_rate)


class Resampler:
    """Changes the rate of sound that is still arriving.

    However the sound is cut into chunks, what comes out is what `resample` makes of the whole.
    Output lags input by the filter's delay; `finish` returns the rest.
    """

    def __init__(self, source_rate: int, target_rate: int) -> None:
        if source_rate <= 0 or target_rate <= 0:
            raise ValueError(f"Cannot resample from {source_rate!r} to {target_rate!r} Hz")
        self.source_rate = source_rate
        self.target_rate = target_rate
        self._received = 0
        self._returned = 0
        self._finished = False
        self._stream = None
        if source_rate != target_rate:
            self._stream = soxr.ResampleStream(
                source_rate, target_rate, 1, dtype="float32", quality=QUALITY
            )

    def process(self, audio: Audio) -> Audio:
        """Take the next chunk and return what is ready of the result: maybe nothing yet."""
        if audio.sample_rate != self.source_rate:
            raise ValueError(f"Expected {self.source_rate} Hz, got {audio.sample_rate} Hz")
        if self._finished:
            raise ValueError("This resampler is finished: make a new one for another sound")
        self._received += len(audio.samples)
        return self._counted(self._converted(audio.samples, last=False))

    def finish(self) -> Audio:
        """Return what is still inside; nothing more can be processed."""
        if self._finished:
            return Audio(np.zeros(0, np.float32), self.target_rate)
        self._finished = True
        tail = self._converted(np.zeros(0, np.float32), last=True)
        total = resampled_length(self._received, self.source_rate, self.target_rate)
        missing = max(0, total - self._returned - len(tail))
        return self._counted(np.pad(tail, (0, missing))[: total - self._returned])

    def _converted(self, samples: Samples, *, last: bool) -> Samples:
        if self._stream is None:
            return samples
        return np.asarray(self._stream.resample_chunk(samples, last=last), np.float32)

    def _counted(self, samples: Samples) -> Audio:
        self._returned += len(samples)
        return Audio(samples, self.target_rate)
