"""Where in a sentence a window of one of a few lengths is laid, so that its sound is right.

A convolution sees zeros beyond the frames it is given. What a window is given ends either where
the sentence does, and then zeros are what belongs there; or further from what is heard of it than
the vocoder sees, and then it does not matter. So a window begins as far before what is heard as
that, or with the sentence; the last window ends with the sentence, however far back it begins.
Only a sentence shorter than the shortest length needs a mask that makes zeros of what is behind it.
"""

from dataclasses import dataclass

from myna.engines.gpt_sovits.sound.speech_windows import VOCODER_REACH

LENGTHS = (64, 96, 128, 224)  # frames: what the chunks of a stream come to, and no more at once
MASKED = LENGTHS[0]  # frames


@dataclass(frozen=True, slots=True)
class Place:
    """A window, in frames of the sentence."""

    first: int
    length: int
    """One of `LENGTHS`."""
    decided: int
    """How many frames of the sentence the flow has decided after it."""
    heard: int
    """How many are heard after it."""


def next_place(heard: int, decided: int, until: int, *, last: bool) -> Place | None:
    """Return the next window of a sentence, or None where there is nothing to decide or to hear.

    `heard` frames are heard already, and `VOCODER_REACH` more at most `decided`; `until` may be
    decided: all of the sentence with its last.
    """
    if until <= decided and not (last and heard < until):
        return None
    first = max(0, heard - VOCODER_REACH)
    length = next((length for length in LENGTHS if length >= until - first), LENGTHS[-1])
    if last:
        within = (shorter for shorter in LENGTHS if shorter <= min(length, until))
        length = max(within, default=MASKED)
        first = max(0, min(first, until - length))
    decided = min(until, first + length)
    over = last and decided == until
    heard = decided if over else max(heard, decided - VOCODER_REACH)
    return Place(first, length, decided, heard)
