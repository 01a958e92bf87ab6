"""New words in a gap of a recording, made by an engine that hears both sides of it."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from myna.core.audio import Audio
from myna.core.engine import Engine
from myna.core.errors import Unsupported
from myna.core.speech import Options
from myna.core.voice import Voice


@dataclass(frozen=True, slots=True)
class Gap:
    """A place in a recording where words are to be said, and what is kept around it.

    The texts are written as one: `before_text + new_text + after_text` is what will be said.
    """

    before: Audio
    """Up to the gap: some seconds of whole words, or nothing."""
    after: Audio
    """From the end of the gap on, at the same rate."""
    before_text: str
    """What is said in `before`."""
    new_text: str
    after_text: str
    language: str
    options: Options = field(default_factory=Options)
    """The same seed fills it the same way."""

    @property
    def text(self) -> str:
        """All that will be said."""
        return self.before_text + self.new_text + self.after_text


@dataclass(frozen=True, slots=True)
class Infilled:
    """A gap, filled, with a little of both sides as the engine hears them.

    The sound up to `first` is said at the time of the end of `Gap.before`, and that from `last`
    on at the time of the beginning of `Gap.after`: so `first` lies at the gap's beginning and
    `last` at its end, to the sample.
    """

    audio: Audio
    """At the engine's rate."""
    first: int
    """Sample where the new words begin."""
    last: int
    """Sample behind their end."""
    misfit: float
    """How badly the new words lead into what follows: 0 perfectly, 1 as if by chance."""
    engine: str


@runtime_checkable
class Infills(Protocol):
    """An engine that can fill a gap given both sides of it; other engines speak and are spliced.

    Only what lies between `first` and `last`, and the fades around it, is used of what it makes.
    """

    def infills(self, language: str) -> bool:
        """Whether this engine would be the one to fill a gap in this language."""

    def infill(self, gap: Gap, voice: Voice) -> Infilled:
        """Fill a gap; `voice` is who speaks, for what the gap's sides do not tell.

        Raises `TooLittleContext` where there is nothing on either side, `Unsupported` for a
        language it does not speak, `BadReference`, or an `EngineError`.
        """


def infilling(engine: Engine, language: str) -> Infills | None:
    """Return the engine as one that fills gaps in a language, if it does."""
    return engine if isinstance(engine, Infills) and engine.infills(language) else None


def infilled(engine: Engine, gap: Gap, voice: Voice) -> Infilled:
    """Have an engine fill a gap. Raises `Unsupported` where it does not."""
    able = infilling(engine, gap.language)
    if able is None:
        raise Unsupported(
            f"Engine {engine.name!r} does not fill gaps in {gap.language!r}. Have it speak the new "
            "words."
        )
    return able.infill(gap, voice)
