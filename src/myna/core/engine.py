"""What every engine is."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from myna.core.audio import Audio
from myna.core.errors import Unsupported
from myna.core.languages import LANGUAGES
from myna.core.speech import Chunk, Options, TextPiece, Utterance
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
    streams_text: bool = False
    """Whether it says a text that is still arriving as one utterance (`SpeaksStreamingText`)."""
    converts: bool = False
    """Whether it says a recording again in another voice (`ConvertsVoice`)."""
    speakers: frozenset[str] = frozenset()
    """Speakers it brings along, which need no voice (`Options.speaker`)."""


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


def check_speaks(name: str, capabilities: Capabilities, language: str) -> None:
    """Raise `Unsupported` for a language that an engine does not speak."""
    if language not in capabilities.languages:
        listed = ", ".join(code for code in LANGUAGES if code in capabilities.languages)
        raise Unsupported(f"Engine {name!r} does not speak {language!r}. It speaks {listed}.")


@dataclass(frozen=True, slots=True)
class ArrivingUtterance:
    """One utterance to say, however long, whose text is still arriving."""

    pieces: Iterable[TextPiece]
    """An empty piece says that nothing has arrived yet: whoever reads it may come again later."""
    language: str
    """One language, or `auto`."""
    options: Options


@runtime_checkable
class SpeaksStreamingText(Protocol):
    """An engine that begins to speak before it has the text, and never begins anew."""

    def speak_arriving(self, utterance: ArrivingUtterance, voice: Voice) -> Generator[Chunk]:
        """Yield the text as audio while it arrives, in one breath.

        Text is asked for when there is nothing else to do. What is said does not depend on how it
        was cut into pieces. A chunk without sound says that an empty piece came and nothing can
        be said before there is more.
        """


@runtime_checkable
class ConvertsVoice(Protocol):
    """An engine that says a recording again, at its pace, in another voice."""

    def convert(self, source: Audio, voice: Voice, options: Options) -> Generator[Chunk]:
        """Yield the recording in the voice. Raises `BadReference` for a voice it cannot learn."""


@runtime_checkable
class RedrawsSentences(Protocol):
    """An engine that draws a sentence again where it could not have been right."""

    @property
    def redrawn(self) -> int:
        """How many times it has done so."""


def redrawn(engine: Engine) -> int:
    """Return how many sentences an engine drew again; 0 for one that never does."""
    return engine.redrawn if isinstance(engine, RedrawsSentences) else 0


def streaming(engine: Engine) -> SpeaksStreamingText | None:
    """Return the engine as one that takes arriving text, if it does."""
    if engine.capabilities.streams_text and isinstance(engine, SpeaksStreamingText):
        return engine
    return None


@runtime_checkable
class LearnsSpeakers(Protocol):
    """An engine that is told by somebody else which speakers it brings along."""

    def learn_speakers(self) -> None:
        """Ask which there are by now, unless that was asked lately."""


def learn_speakers(engine: Engine) -> None:
    """Have an engine ask which speakers it brings along; nothing for one that knows."""
    if isinstance(engine, LearnsSpeakers):
        engine.learn_speakers()


def has_speaker(engine: Engine, speaker: str) -> bool:
    """Whether an engine brings a speaker along. May ask a server, which takes a while."""
    if speaker not in engine.capabilities.speakers:
        learn_speakers(engine)
    return speaker in engine.capabilities.speakers


def converting(engine: Engine) -> ConvertsVoice:
    """Return the engine as one that converts recordings. Raises `Unsupported`."""
    if engine.capabilities.converts and isinstance(engine, ConvertsVoice):
        return engine
    raise Unsupported(
        f"Engine {engine.name!r} cannot say a recording in another voice. Choose one that can, "
        "such as 'cosyvoice'."
    )
