"""Speech from pitch, envelope and breath, a pulse at a time.

Each pitch period is a minimum-phase pulse plus a burst of noise through the same filter, in the
manner of WORLD (Morise, Yokomori and Ozawa, 2016), in batches.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from myna.core.audio import Samples
from myna.dsp.envelope import FFT_LENGTH, HOP_LENGTH, SAMPLE_RATE, Cepstra
from myna.dsp.pitch import PitchTrack

BREATH_KNOTS = (0.0, 1500.0, 4000.0, 7000.0, 9000.0, 12000.0)  # Hz
UNVOICED_RATE = 200.0  # bursts per second where there is no pitch

Breath = npt.NDArray[np.float32]
"""Amplitude of the noise against the whole, dB at `BREATH_KNOTS`: (frames, knots)."""

_NOISE_BLOCK = 4096  # samples drawn from one generator
_BATCH = 64  # pulses shaped at a time


@dataclass(frozen=True, slots=True)
class Excitation:
    """When the pulses of a stretch of sound come, fixed before any of them is shaped."""

    positions: npt.NDArray[np.float64]  # samples from the start, with fractions
    periods: npt.NDArray[np.float64]  # samples to the next pulse
    voiced: npt.NDArray[np.bool_]
    length: int  # samples


def excitation(pitch: PitchTrack) -> Excitation:
    """Lay pulses one period apart, `UNVOICED_RATE` per second where unvoiced.

    `pitch` is Hz per frame of `HOP_LENGTH` samples; the sound is `len(pitch)` frames long.
    """
    length = len(pitch) * HOP_LENGTH
    frames = np.arange(len(pitch))
    voiced = pitch > 0
    steady = np.interp(frames, frames[voiced], pitch[voiced]) if voiced.any() else pitch
    time = np.arange(length) / HOP_LENGTH
    nearest = np.minimum(np.round(time).astype(int), len(pitch) - 1)
    rate = np.where(voiced[nearest], np.interp(time, frames, steady), UNVOICED_RATE)
    turns = np.concatenate([[0.0], np.cumsum(rate / SAMPLE_RATE)])
    wanted = np.arange(1, int(turns[-1]) + 1)
    after = np.searchsorted(turns, wanted)
    positions = after - (turns[after] - wanted) / (turns[after] - turns[after - 1])
    place = np.minimum(positions.astype(int), length - 1)
    return Excitation(positions, SAMPLE_RATE / rate[place], voiced[nearest[place]], length)


class Vocoder:
    """Turns parameters that arrive in order into sound that leaves in order.

    The frames may arrive in pieces of any size: the sound is the same, and so is the noise,
    which depends only on the seed and on where in the sound it stands.
    """

    def __init__(self, pulses: Excitation, seed: int, first_sample: int = 0) -> None:
        """`first_sample` counts from the start of whatever is one sound to the listener."""
        self._pulses = pulses
        self._noise = _Noise(seed, first_sample)
        self._next_pulse = 0
        self._tail = np.zeros(FFT_LENGTH, np.float32)
        self._done = 0  # samples returned
        self._frames = 0  # frames received
        self._last_cepstrum = np.zeros((0, FFT_LENGTH // 2 + 1), np.float32)
        self._last_breath = np.zeros((0, len(BREATH_KNOTS)), np.float32)

    def process(self, cepstra: Cepstra, breath: Breath) -> Samples:
        """Take the next frames and return all samples that no later pulse can reach."""
        held = len(self._last_cepstrum)
        cepstra = np.concatenate([self._last_cepstrum, cepstra])
        breath = np.concatenate([self._last_breath, breath])
        first_frame = self._frames - held
        self._frames = first_frame + len(cepstra)
        last = self._frames * HOP_LENGTH >= self._pulses.length
        known = np.inf if last else (self._frames - 1) * HOP_LENGTH
        end = int(np.searchsorted(self._pulses.positions, known))
        ready = self._pulses.length if last else int((self._frames - 1) * HOP_LENGTH)
        sound = np.zeros(ready - self._done + FFT_LENGTH, np.float32)
        sound[:FFT_LENGTH] = self._tail
        for start in range(self._next_pulse, end, _BATCH):
            batch = slice(start, min(start + _BATCH, end))
            place = self._pulses.positions[batch] / HOP_LENGTH - first_frame
            shapes = self._shaped(batch, _between(cepstra, place), _between(breath, place))
            for position, shape in zip(self._pulses.positions[batch], shapes, strict=True):
                at = int(position) - self._done
                room = sound[at : at + FFT_LENGTH]
                room += shape[: len(room)]
        self._next_pulse = end
        count = ready - self._done
        self._done = ready
        self._tail = sound[count:]
        self._last_cepstrum, self._last_breath = cepstra[-1:], breath[-1:]
        return sound[:count]

    def _shaped(self, batch: slice, cepstra: Cepstra, breath: Breath) -> Samples:
        """Return each pulse with its breath, as it sounds: (pulses, FFT_LENGTH)."""
        positions, voiced = self._pulses.positions[batch], self._pulses.voiced[batch]
        periods = self._pulses.periods[batch]
        noise_gain = np.exp(breath @ _knot_weights() * np.float32(np.log(10) / 20))
        noise_gain[~voiced] = 1.0
        pulse_gain = np.sqrt(np.maximum(0.0, 1 - np.square(noise_gain)))
        pulse_gain *= np.sqrt(periods)[:, None].astype(np.float32)
        fraction = (positions - np.floor(positions)).astype(np.float32)
        delay = np.exp(-1j * _ANGLES * fraction[:, None]).astype(np.complex64)
        noise = np.fft.rfft(self._noise.bursts(positions, periods), FFT_LENGTH, axis=1)
        spectrum = _minimum_phase(cepstra) * (pulse_gain * delay + noise_gain * noise)
        spectrum[:, 0] = 0.0
        return np.asarray(np.fft.irfft(spectrum, FFT_LENGTH, axis=1), np.float32)


_ANGLES = (2 * np.pi / FFT_LENGTH * np.arange(FFT_LENGTH // 2 + 1)).astype(np.float32)


def _between(values: npt.NDArray[np.float32], place: npt.NDArray[np.float64]) -> Cepstra:
    """Interpolate frames linearly at fractional places."""
    left = np.clip(place.astype(int), 0, len(values) - 1)
    right = np.minimum(left + 1, len(values) - 1)
    part = (place - left).astype(np.float32)[:, None]
    return np.asarray(values[left] * (1 - part) + values[right] * part, np.float32)


def _minimum_phase(cepstra: Cepstra) -> npt.NDArray[np.complex64]:
    """Return the spectrum of the causal filter with these log power spectra (Oppenheim, 1969)."""
    folded = cepstra.copy()
    folded[:, 0] *= 0.5
    folded[:, -1] *= 0.5
    return np.exp(np.fft.rfft(folded, FFT_LENGTH, axis=1)).astype(np.complex64)


@lru_cache(maxsize=1)
def _knot_weights() -> Breath:
    """Return the interpolation from `BREATH_KNOTS` to every bin: (knots, bins)."""
    frequencies = np.arange(FFT_LENGTH // 2 + 1) * SAMPLE_RATE / FFT_LENGTH
    rows = [np.interp(frequencies, BREATH_KNOTS, row) for row in np.eye(len(BREATH_KNOTS))]
    return np.asarray(rows, np.float32)


class _Noise:
    """White noise as a function of the seed and the sample's place."""

    def __init__(self, seed: int, first_sample: int) -> None:
        self._seed = seed
        self._first = first_sample
        self._block = -1
        self._pair = np.zeros(0, np.float32)

    def bursts(
        self, positions: npt.NDArray[np.float64], periods: npt.NDArray[np.float64]
    ) -> Samples:
        """Return the noise from each pulse to the next, then silence: (pulses, samples)."""
        starts = positions.astype(int) + self._first
        lengths = (positions + periods).astype(int) - positions.astype(int)
        reach = int(lengths.max())
        noise = np.stack([self._from(start, reach) for start in starts])
        noise[np.arange(reach) >= lengths[:, None]] = 0.0
        return noise

    def _from(self, start: int, count: int) -> Samples:
        block, offset = divmod(start, _NOISE_BLOCK)
        if block != self._block:
            self._block = block
            self._pair = np.concatenate([self._drawn(block), self._drawn(block + 1)])
        return self._pair[offset : offset + count]

    def _drawn(self, block: int) -> Samples:
        return np.random.default_rng([self._seed, block]).standard_normal(
            _NOISE_BLOCK, dtype=np.float32
        )
