"""What is asked of the decoder of semantic tokens for one sentence."""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import torch

from myna.core.speech import Options
from myna.engines.attempts.seeds import derived
from myna.engines.gpt_sovits.frontend.spoken_text import SpokenText, joined
from myna.engines.gpt_sovits.tokens.attention import AttentionRecord
from myna.engines.gpt_sovits.tokens.sampling import SamplingOptions
from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech
from myna.engines.gpt_sovits.voice.prompt import Prompt


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """One sentence, ready to be drawn."""

    text: SpokenText
    """The sentence alone."""
    prompt: Prompt
    options: Options
    seed: int
    longest: int
    said: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Tokens with which the sentence begins, whatever is drawn."""

    def attempt(self, number: int) -> SeededSpeech:
        """Return what the decoder is asked for the first time, or again after failures."""
        both = joined(self.prompt.text, self.text)
        speech = SemanticRequest(
            torch.from_numpy(both.phonemes),
            None if both.context is None else torch.from_numpy(both.context),
            torch.from_numpy(np.concatenate([self.prompt.tokens, self.said])),
            _sampling(self.options),
            self.longest,
        )
        return SeededSpeech(speech, derived(self.seed, f"tokens {number}"))

    def recorded(self, number: int) -> SeededSpeech:
        """Return the same with a record of what is looked at."""
        begin = len(self.prompt.text.phonemes)
        record = AttentionRecord(slice(begin, begin + len(self.text.phonemes)))
        return replace(self.attempt(number), record=record)


def _sampling(options: Options) -> SamplingOptions:
    usual = SamplingOptions()
    return SamplingOptions(
        usual.top_k if options.top_k is None else options.top_k,
        usual.top_p if options.top_p is None else options.top_p,
        options.temperature,
        options.repetition_penalty,
    )
