"""What every engine is."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

from myna.core.speech import Chunk, Utterance
from myna.core.voice import Voice


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can promise before it is asked."""

    languages: frozenset[str]
    sample_rate: int
    """Hz of every chunk it makes."""
    clones: bool = True
    """Whether it imitates the voice, or has one of its own."""
    times_words: bool = False
    """Whether its chunks carry word times."""


class Engine(Protocol):
    """Turns one sentence into sound, chunk by chunk.

    `speak` keeps all per-call state in the generator it returns, so calls may interleave and
    closing the generator frees everything the call held. An engine is read-only once made.
    """

    @property
    def name(self) -> str:
        """Stable name, used in settings, cache keys and metrics."""

    @property
    def capabilities(self) -> Capabilities:
        """What this engine can do."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same request would sound different: version, weights, runtime."""

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield the sentence as audio, first chunk as early as possible.

        Yields nothing for a text without anything to say. Raises `Unsupported` for a language
        it does not speak, before the first chunk.
        """
