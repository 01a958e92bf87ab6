"""What every engine around another hands on to it."""

from collections.abc import Generator

from myna.core.audio import Audio
from myna.core.engine import (
    ArrivingUtterance,
    Capabilities,
    Engine,
    converting,
    learn_speakers,
    redrawn,
    streaming,
)
from myna.core.errors import Unsupported
from myna.core.infill import Gap, Infilled, infilled, infilling
from myna.core.speech import Chunk, Options
from myna.core.voice import Voice


class WrappingEngine:
    """All of an engine but `speak`, which is what a wrapper changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = engine.name

    @property
    def capabilities(self) -> Capabilities:
        """Those of the engine inside, which for a server may change while it runs."""
        return self._engine.capabilities

    @property
    def fingerprint(self) -> str:
        """That of the engine inside, which for a server may change while it runs."""
        return self._engine.fingerprint

    @property
    def redrawn(self) -> int:
        """How many sentences the engine drew again."""
        return redrawn(self._engine)

    def learn_speakers(self) -> None:
        """Have the engine inside ask which speakers it brings along."""
        learn_speakers(self._engine)

    def speak_arriving(self, utterance: ArrivingUtterance, voice: Voice) -> Generator[Chunk]:
        """Hand on what the engine says. Raises `Unsupported` where it needs whole sentences."""
        engine = streaming(self._engine)
        if engine is None:
            raise Unsupported(f"Engine {self.name!r} takes whole sentences only: cut the text.")
        return engine.speak_arriving(utterance, voice)

    def convert(self, source: Audio, voice: Voice, options: Options) -> Generator[Chunk]:
        """Hand on what the engine makes of a recording. Raises `Unsupported` where it cannot."""
        return converting(self._engine).convert(source, voice, options)

    def infills(self, language: str) -> bool:
        """Whether the engine fills gaps in this language."""
        return infilling(self._engine, language) is not None

    def infill(self, gap: Gap, voice: Voice) -> Infilled:
        """Have the engine fill a gap. Raises `Unsupported` where it cannot."""
        return infilled(self._engine, gap, voice)
