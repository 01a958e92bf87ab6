"""Recordings to convert, in parts the speech tokenizer can hear."""

from collections.abc import Iterator

import numpy as np

from myna.core.audio import Audio
from myna.core.errors import BadAudio

LONGEST_PART = 28.0  # seconds: the tokenizer was trained on up to 30
_SHORTEST = 0.1  # seconds
_SEARCHED = 8.0  # seconds before the longest, in which a part may end
_QUIET = 0.05  # seconds that are quietest around an end


def parts(recording: Audio) -> Iterator[Audio]:
    """Yield a recording in parts of up to 28 s, cut where it is quietest.

    Raises `BadAudio` for less than a tenth of a second.
    """
    if recording.duration < _SHORTEST:
        raise BadAudio(
            f"The recording is {recording.duration:.3f} s long: nothing can be heard in it. Give "
            "at least 0.1 s."
        )
    start, rate = 0, recording.sample_rate
    longest = round(LONGEST_PART * rate)
    while len(recording.samples) - start > longest:
        searched = recording.samples[start + longest - round(_SEARCHED * rate) : start + longest]
        end = start + longest - len(searched) + _quietest(searched, round(_QUIET * rate))
        yield Audio(recording.samples[start:end], rate)
        start = end
    yield Audio(recording.samples[start:], rate)


def _quietest(samples: np.ndarray, width: int) -> int:
    """Return the middle of the quietest stretch of a width."""
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    return int(np.argmin(energy[width:] - energy[:-width])) + width // 2
