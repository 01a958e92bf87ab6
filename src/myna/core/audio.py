"""Sound as a value."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Mono float32 samples in [-1, 1] and the rate they were taken at.

    The samples are a read-only view: nobody who holds an `Audio` can change what others hear.
    """

    samples: Samples  # (samples,)
    sample_rate: int  # Hz

    def __post_init__(self) -> None:
        if self.samples.ndim != 1:
            raise ValueError(f"Audio is mono: expected 1 dimension, got {self.samples.ndim}")
        if self.sample_rate <= 0:
            raise ValueError(f"A sample rate is positive, got {self.sample_rate}")
        view = np.asarray(self.samples, np.float32).view()
        view.flags.writeable = False
        object.__setattr__(self, "samples", view)

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate

    def pcm16(self) -> bytes:
        """Little-endian 16-bit samples; anything beyond full scale is clipped.

        1.0 stands for 32768, as in every decoder, so 16-bit sound comes back bit for bit.
        """
        return np.clip(np.round(self.samples * 32768.0), -32768, 32767).astype("<i2").tobytes()

    def between(self, start: float, end: float) -> Self:
        """Return the part from `start` to `end` seconds, cut at the recording's own ends."""
        first, last = (max(0, round(t * self.sample_rate)) for t in (start, end))
        return type(self)(self.samples[first:last], self.sample_rate)

    @classmethod
    def silence(cls, seconds: float, sample_rate: int) -> Self:
        """Return `seconds` of nothing."""
        return cls(np.zeros(round(seconds * sample_rate), np.float32), sample_rate)

    @classmethod
    def join(cls, chunks: Iterable[Self]) -> Self:
        """Lay chunks end to end. They must share a sample rate."""
        parts = list(chunks)
        rates = {part.sample_rate for part in parts}
        if len(rates) != 1:
            raise ValueError(f"Cannot join chunks at sample rates {sorted(rates)}")
        return cls(np.concatenate([part.samples for part in parts]), rates.pop())
