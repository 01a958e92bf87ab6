"""How engines that draw tokens fill a gap of a recording, whatever their networks.

Tokens are drawn after those before the gap, with the text of both sides to read: the new words,
then what follows them. From where that is said again, the recording's own tokens take over.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio, Samples
from myna.core.errors import NothingToSay, TooLittleContext
from myna.core.infill import Gap
from myna.engines.attempts.plausibility import Pace
from myna.engines.attempts.token_fit import rejoined
from myna.text.sentences import speakable


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """New sound for a gap, with some of both sides."""

    samples: Samples
    first: int
    """Sample at which the gap begins."""
    last: int
    """Sample behind its end."""
    misfit: float = 0.0
    """0: the new words lead perfectly into what follows; 1: as if by chance."""


@dataclass(frozen=True, slots=True)
class Side:
    """What is kept on one side of a gap, cut to whole tokens that end, or begin, at the gap."""

    audio: Audio
    count: int
    """Tokens there are in it."""


def sides(gap: Gap, tokens_per_second: float) -> tuple[Side, Side]:
    """Return what is heard before and after a gap. Raises `NothingToSay`, `TooLittleContext`."""
    if not speakable(gap.new_text):
        raise NothingToSay(gap.new_text)
    before = _cut(gap.before, tokens_per_second, ends=True)
    after = _cut(gap.after, tokens_per_second, ends=False)
    if not before.count and not after.count:
        raise TooLittleContext(
            "There is no sound on either side of the gap: keep at least one word of the recording."
        )
    return before, after


def _cut(audio: Audio, tokens_per_second: float, *, ends: bool) -> Side:
    count = int(audio.duration * tokens_per_second + 1e-6)
    length = round(count / tokens_per_second * audio.sample_rate)
    samples = audio.samples
    kept = samples[len(samples) - length :] if ends else samples[:length]
    return Side(Audio(kept, audio.sample_rate), count)


@dataclass(frozen=True, slots=True, eq=False)
class GapDrawing:
    """One gap, ready to be drawn."""

    draw: Callable[[int], Iterable[int]]
    """Draws the new words and what follows them; is given the number of the attempt."""
    units: int
    """Of text (phonemes, text tokens) in the new words."""
    units_read: int
    """In the new words and what follows."""
    following: Sequence[int]
    """The recording's tokens behind the gap."""

    def best(
        self,
        pace: Pace,
        codes: npt.NDArray[np.float32],
        retries: int,
        on_redraw: Callable[[], None],
    ) -> tuple[list[int], float]:
        """Return the tokens of the new words, and how badly they lead into what follows.

        codes: (vocabulary, channels), whose directions say how alike tokens are.
        """
        fewest = max(1, round(pace.fewest * self.units))
        attempts: list[tuple[list[int], float]] = []

        def attempt(number: int) -> list[int]:
            drawn = list(self.draw(number))
            expected = len(drawn) * self.units / max(self.units, self.units_read)
            count, misfit = rejoined(drawn, self.following, codes, expected, fewest)
            attempts.append((drawn[:count], misfit))
            return attempts[-1][0]

        best = pace.best(attempt, self.units, retries, on_redraw)
        return next(made for made in attempts if made[0] is best)
