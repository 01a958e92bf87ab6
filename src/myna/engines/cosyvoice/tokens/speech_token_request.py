"""What the language model is asked for: the speech tokens of a text."""

from dataclasses import dataclass, field

from torch import Tensor

from myna.engines.cosyvoice.text.text_feed import TextFeed
from myna.engines.cosyvoice.tokens.token_sampling import SamplingOptions

LEAST_PER_TEXT_TOKEN = 2.0
MOST_PER_TEXT_TOKEN = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class SpeechTokenRequest:
    """What to say, and after which prompt. The prompt is empty for a preset speaker."""

    text: Tensor | TextFeed  # (T,) int64, or arriving
    prompt_text: Tensor  # (L,) int64: what the prompt says; instructions before <|endofprompt|>
    prompt_speech: Tensor  # (P,) int64: the prompt's speech tokens
    seed: int
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    least_ratio: float = LEAST_PER_TEXT_TOKEN
    """Speech tokens at least, per token of text, the prompt's not counted."""
    most_ratio: float = MOST_PER_TEXT_TOKEN
    """Speech tokens at most."""
    compatible: bool = False
    """Decode as the published code does, with its defects."""
