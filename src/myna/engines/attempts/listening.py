"""Whether a recording says its words, for engines that can say them again."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from myna.align.aligner import align
from myna.core.audio import Audio
from myna.core.errors import BadAudio, BadText, PackageMissing, TextMismatch, Unsupported

NOTHING_KNOWN = 1.0  # the cost of matching speech
HOPELESS = 10.0

Sound = TypeVar("Sound")


def misfit(audio: Audio, text: str, language: str) -> float:
    """Return how badly the sound fits the words: about 1 for matching speech, more for other words.

    Where nobody can tell, because there is no aligner or nothing it could read, it fits.
    """
    try:
        return align(audio, text, language).cost
    except (TextMismatch, BadAudio):  # no time for these words, or silence
        return HOPELESS
    except (BadText, PackageMissing, Unsupported):
        return NOTHING_KNOWN


class Listener(Generic[Sound]):
    """Makes the sound of attempts at a sentence, listens to it, and keeps it for the best one."""

    def __init__(
        self,
        make: Callable[[list[int]], Iterable[Sound]],
        judge: Callable[[list[Sound]], float],
        seen: Callable[[list[int]], str | None] = lambda _: None,
    ) -> None:
        """`seen` says what is wrong with tokens that need not be listened to for it."""
        self._make = make
        self._judge = judge
        self.fault = seen
        """Says what is wrong with an attempt before anyone listens, or None."""
        self._made: dict[tuple[int, ...], list[Sound]] = {}
        self._misfits: dict[tuple[int, ...], float] = {}

    def misfit(self, tokens: list[int]) -> float:
        """Return how badly the sound of these tokens fits."""
        key = tuple(tokens)
        if key not in self._misfits:
            self._misfits[key] = self._judge(self.sound(tokens))
        return self._misfits[key]

    def sound(self, tokens: list[int]) -> list[Sound]:
        """Return the sound of these tokens, made once."""
        key = tuple(tokens)
        if key not in self._made:
            self._made[key] = list(self._make(tokens))
        return self._made[key]
