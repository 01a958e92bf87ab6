"""What a caller asks for, what an engine is handed, and what comes back."""

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from myna.core.audio import Audio
from myna.core.errors import InvalidOption
from myna.core.languages import AUTO
from myna.core.playback import Playback
from myna.core.timing import TimedText
from myna.core.voice import Voice


class Pause(Enum):
    """Stands between pieces of arriving text: whoever writes has paused, say what is there."""

    FLUSH = "flush"


TextPiece = str | Pause

SPEED_RANGE = (0.25, 4.0)
TEMPERATURE_RANGE = (0.0, 2.0)
SENTENCE_PAUSE_RANGE = (0.0, 10.0)
TOP_K_RANGE = (1, 1024)
TOP_P_RANGE = (0.0, 1.0)
REPETITION_PENALTY_RANGE = (1.0, 2.0)
RETRIES_RANGE = (0, 5)
SAMPLE_STEPS_RANGE = (1, 128)
SEED_RANGE = (0, 2**63 - 1)


@dataclass(frozen=True, slots=True)
class Options:
    """How to say it. An engine ignores a knob it does not have."""

    speed: float = 1.0
    """How fast, relative to the voice's own pace: 0.25 to 4."""
    temperature: float = 1.0
    """How varied the reading is, for engines that sample: 0 to 2."""
    seed: int | None = None
    """The same seed says it the same way: a whole number from 0. None: an engine may vary."""
    sentence_pause: float = 0.25
    """Seconds of silence between two sentences: 0 to 10."""
    top_k: int | None = None
    """Of how many most probable continuations one is drawn, for engines that sample: 1 to 1024.
    None: the engine's."""
    top_p: float | None = None
    """The probability these have together at most, for engines that sample: 0 to 1. None: the
    engine's."""
    repetition_penalty: float = 1.35
    """How much what was said becomes less probable, for engines that sample: 1 to 2."""
    retries: int = 1
    """How often a sentence that went wrong is drawn again before anyone hears it: 0 to 5."""
    sample_steps: int | None = None
    """Steps from noise to speech, for engines that match flows: 1 to 128. None: the engine's."""
    instruction: str = ""
    """How to say it, in words, for engines that take instructions: "Speak softly"."""
    speaker: str = ""
    """A speaker the engine brings along, in place of the voice, for engines that have some."""

    def __post_init__(self) -> None:
        # 1 is 1.0: what is cached for the one is found for the other.
        for name, bounds in _FRACTIONS.items():
            self._put(name, float, bounds, "a number")
        for name, bounds in _COUNTS.items():
            self._put(name, operator.index, bounds, "a whole number")
        for name in ("instruction", "speaker"):
            if not isinstance(value := getattr(self, name), str):
                raise InvalidOption(name, value, "give text")

    def _put(
        self,
        name: str,
        read: Callable[[Any], float],  # Any: whatever was given
        bounds: tuple[float, float],
        kind: str,
    ) -> None:
        """Read a number that was given, and see whether it is within its bounds."""
        given = getattr(self, name)
        if given is None and name in _OPTIONAL:
            return
        low, high = bounds
        remedy = f"give {kind} from {low} to {high}"
        try:
            value = read(given)
        except (TypeError, ValueError, OverflowError):
            raise InvalidOption(name, given, remedy) from None
        if not low <= value <= high:
            raise InvalidOption(name, given, remedy)
        object.__setattr__(self, name, value)


_FRACTIONS = {
    "speed": SPEED_RANGE,
    "temperature": TEMPERATURE_RANGE,
    "sentence_pause": SENTENCE_PAUSE_RANGE,
    "top_p": TOP_P_RANGE,
    "repetition_penalty": REPETITION_PENALTY_RANGE,
}
_COUNTS = {
    "seed": SEED_RANGE,
    "top_k": TOP_K_RANGE,
    "retries": RETRIES_RANGE,
    "sample_steps": SAMPLE_STEPS_RANGE,
}
_OPTIONAL = {"seed", "top_k", "top_p", "sample_steps"}
"""None leaves them to the engine."""


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """Say this text, in this voice. Text may still be arriving, piece by piece."""

    text: str | Iterable[TextPiece]
    voice: str | Voice
    """A name in the voice library, or the voice itself."""
    language: str = AUTO
    options: Options = field(default_factory=Options)
    engine: str | None = None
    """Speak with this engine only, instead of the configured chain."""
    timestamps: bool = False
    """Time the words even where the engine does not know them (costs an alignment)."""
    whole: bool = False
    """Nothing is heard before all of it is there: engines may take a second look at a sentence."""


@dataclass(frozen=True, slots=True)
class ConversionRequest:
    """Say this recording again, at its pace, in this voice."""

    source: Audio
    voice: str | Voice
    """A name in the voice library, or the voice itself."""
    options: Options = field(default_factory=Options)
    engine: str | None = None
    """Convert with this engine only, instead of the first of the chain that can."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One sentence to say: the unit of synthesis, caching, fallback, retry and editing."""

    text: str
    language: str
    options: Options = field(default_factory=Options)
    whole: bool = False
    """Nobody hears it before it is finished: an engine may draw it again."""
    playback: Playback = field(default_factory=Playback, compare=False, repr=False)
    """Of the speech it belongs to: how urgent it is. Engines that serve several at once ask it."""
    timed: bool = field(default=False, compare=False, repr=False)
    """Whether somebody asks when its words are said: an engine that does not know may estimate it.
    It sounds the same."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of finished sound, and the words now known to be in it or before it.

    Word times count from the start of the utterance where an engine made the chunk, and from the
    start of the speech where `Studio` hands it on. Each word is reported once.
    """

    audio: Audio
    words: tuple[TimedText, ...] = ()
    engine: str = ""
    """Who made it; with a fallback chain, the engine that did, not the chain."""
    sentence: int = 0
    """Which sentence of the request it belongs to, counted from 0."""
    cached: bool = False
    """Whether it was said before and is replayed."""
    fell_back: bool = False
    """Whether another engine was to say it, and could not."""
    cloned: bool = True
    """Whether it is in the voice asked for; False: the engine has one of its own."""
    estimated: tuple[TimedText, ...] = ()
    """All words of the utterance, in one of its chunks: where an engine takes them to be that does
    not know it. `Studio` reads them where it finds nothing better."""


@dataclass(frozen=True, slots=True)
class Speech:
    """A request, said: all of it in one piece."""

    audio: Audio
    words: tuple[TimedText, ...]
    engines: tuple[str, ...]
    """The engines heard, in order of first use."""
    own_voices: tuple[str, ...] = ()
    """Those of them that spoke in a voice of their own instead of the one asked for."""
