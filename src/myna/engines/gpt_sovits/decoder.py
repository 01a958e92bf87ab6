"""What makes sound of semantic tokens; which decoder it is, the checkpoint decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from myna.core.audio import Samples
from myna.engines.gpt_sovits.prompt import Hearing, Prompt
from myna.engines.gpt_sovits.spoken_text import SpokenText


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
