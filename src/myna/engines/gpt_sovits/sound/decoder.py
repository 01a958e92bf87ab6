"""What makes sound of semantic tokens; which decoder it is, the checkpoint decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from myna.core.audio import Audio, Samples
from myna.core.playback import NOBODY_LISTENS, Playback
from myna.engines.attempts.gaps import Filled
from myna.engines.gpt_sovits.frontend.spoken_text import SpokenText
from myna.engines.gpt_sovits.voice.prompt import Hearing, Prompt


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """What is said, in whose voice and how; its semantic tokens come later."""

    text: SpokenText
    """Of the sentence alone, not of the prompt."""
    prompt: Prompt
    seed: int
    speed: float = 1.0
    steps: int | None = None
    """Of flow matching; None: as many as suit the machine."""
    playback: Playback = field(default_factory=lambda: Playback(NOBODY_LISTENS))
    """How urgent its sound is."""


@dataclass(frozen=True, slots=True, eq=False)
class Filling:
    """A gap in a recording, and the tokens of all that is said."""

    sentence: Sentence
    """Its text is that of both sides and of the new words."""
    before: Audio
    """Up to the gap: 40 ms for each token before it."""
    after: Audio
    tokens_before: Sequence[int]
    tokens: Sequence[int]
    """Of the new words, one at least."""
    tokens_after: Sequence[int]

    @property
    def all_tokens(self) -> list[int]:
        """Those of both sides and of the new words."""
        return [*self.tokens_before, *self.tokens, *self.tokens_after]


class SoundStream(Protocol):
    """One sentence on its way from tokens to sound. Belongs to one call."""

    def push(self, tokens: Sequence[int], *, last: bool) -> Iterator[Samples]:
        """Take the next tokens and yield the sound that is ready; after the last, all of it."""


class Decoder(Hearing, Protocol):
    """The half of a model that a SoVITS checkpoint is; read-only."""

    @property
    def sample_rate(self) -> int:
        """Hz of the sound it makes."""

    @property
    def chunks(self) -> Sequence[int]:
        """Tokens before each chunk of a stream, the last number for all that follow."""

    def speech(self, sentence: Sentence) -> SoundStream:
        """Begin a sentence."""

    def filled(self, filling: Filling) -> Filled:
        """Make the sound of new words between two sides, with up to half a second of each."""
