"""How loud sound is to the ear: ITU-R BS.1770-4 in the frequency domain."""

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio, Samples
from myna.dsp.levels import QUIETEST, amplitude, peak

BLOCK_SECONDS, STEP_SECONDS = 0.4, 0.1
ABSOLUTE_GATE = -70.0  # LUFS; quieter blocks are silence
RELATIVE_GATE = -10.0  # LU below the mean of the rest; quieter blocks are pauses
CALIBRATION = -0.691  # dB; makes a full-scale 997 Hz tone -3.01 LUFS

Response = npt.NDArray[np.complex128]


def loudness(audio: Audio) -> float:
    """Return the integrated loudness in LUFS, `QUIETEST` for silence.

    A clip shorter than one block of 0.4 s is one block.
    """
    power = _block_powers(_weighted(audio), audio.sample_rate)
    heard = power[_levels(power) > ABSOLUTE_GATE]
    if not len(heard):
        return QUIETEST
    gate = _levels(heard.mean()) + RELATIVE_GATE
    return float(_levels(heard[_levels(heard) > gate].mean()))


def at_loudness(audio: Audio, level: float, *, highest_peak: float = 0.99) -> Audio:
    """Scale sound to `level` LUFS, or as near as `highest_peak` lets it. Silence stays silence."""
    now = loudness(audio)
    if now == QUIETEST:
        return audio
    gain = min(amplitude(level - now), highest_peak / max(peak(audio), 1e-9))
    return Audio(audio.samples * np.float32(gain), audio.sample_rate)


def _weighted(audio: Audio) -> Samples:
    """Return the sound filtered as the head and the ear do (K-weighting)."""
    length = len(audio.samples)
    size = 1 << (length + audio.sample_rate // 2).bit_length()  # room for the filters to ring out
    spectrum = np.fft.rfft(audio.samples, size)
    angle = np.asarray(2j * np.pi * np.arange(size // 2 + 1) / size, np.complex128)
    response = _shelf(audio.sample_rate, angle) * _high_pass(audio.sample_rate, angle)
    return np.asarray(np.fft.irfft(spectrum * response, size)[:length], np.float32)


def _shelf(sample_rate: int, angle: Response) -> Response:
    """Return the response of the head: 4 dB more above 1.7 kHz."""
    gain, root_gain, quality = 10 ** (3.999843853973347 / 20), 1.258720930232562, 0.7071752369554196
    tangent = np.tan(np.pi * 1681.974450955533 / sample_rate)
    middle = tangent / quality
    return _biquad(
        angle,
        (
            gain + root_gain * middle + tangent**2,
            2 * (tangent**2 - gain),
            gain - root_gain * middle + tangent**2,
        ),
        (1 + middle + tangent**2, 2 * (tangent**2 - 1), 1 - middle + tangent**2),
    )


def _high_pass(sample_rate: int, angle: Response) -> Response:
    """Return the response of the ear to what is below 38 Hz."""
    tangent = np.tan(np.pi * 38.13547087602444 / sample_rate)
    middle = tangent / 0.5003270373238773
    scale = 1 + middle + tangent**2
    return _biquad(
        angle,
        (scale, -2 * scale, scale),
        (scale, 2 * (tangent**2 - 1), 1 - middle + tangent**2),
    )


Coefficients = tuple[float, float, float]


def _biquad(angle: Response, zeros: Coefficients, poles: Coefficients) -> Response:
    delay = np.exp(-angle)
    above = zeros[0] + zeros[1] * delay + zeros[2] * delay**2
    below = poles[0] + poles[1] * delay + poles[2] * delay**2
    return np.asarray(above / below)


def _block_powers(samples: Samples, sample_rate: int) -> npt.NDArray[np.float64]:
    block, step = round(BLOCK_SECONDS * sample_rate), round(STEP_SECONDS * sample_rate)
    total = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    starts = np.arange(0, max(1, len(samples) - block + 1), step)
    ends = np.minimum(starts + block, len(samples))
    return np.asarray((total[ends] - total[starts]) / np.maximum(1, ends - starts))


def _levels(power: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(CALIBRATION + 10 * np.log10(np.maximum(power, 1e-12)))
