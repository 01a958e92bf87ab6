"""In whose voice a text is said, and how: the ways of conditioning there are."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from myna.core.speech import Options
from myna.engines.attempts.seeds import derived
from myna.engines.cosyvoice.prompt import Prompt
from myna.engines.cosyvoice.text.spoken_text import TextReader, TextTokens
from myna.engines.cosyvoice.text.text_feed import TextFeed
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.tokens.token_sampling import SamplingOptions


@dataclass(frozen=True, slots=True, eq=False)
class Manner:
    """One way to say one text.

    A reference whose words are known, in the language of the text, is continued (zero-shot). An
    instruction takes the place of its words. Else the language model is told nothing of the
    voice (cross-lingual, preset speakers): it is heard in the sound only.
    """

    prompt: Prompt
    text: TextTokens
    """What the language model reads before the text."""
    speech: TextTokens
    """What it takes for having been said already, as speech tokens."""
    options: Options
    sampling: SamplingOptions
    seed: int
    compatible: bool = False
    """Whether tokens are decoded as the published code does."""

    @classmethod
    def of(
        cls,
        prompt: Prompt,
        options: Options,
        seed: int,
        *,
        reader: TextReader,
        sampling: SamplingOptions,
        knows_words: bool,
    ) -> "Manner":
        """Choose the way. `knows_words`: whether the reference's are in the text's language."""
        nothing = np.zeros(0, np.int64)
        text, speech = reader.opening(), nothing
        if options.instruction.strip():
            text = reader.instruction(options.instruction)
        elif knows_words and len(prompt.said) and len(prompt.tokens):
            text, speech = prompt.said, prompt.tokens
        return cls(prompt, text, speech, options, _chosen(sampling, options), seed)

    def request(self, text: TextTokens | TextFeed, attempt: int = 0) -> SpeechTokenRequest:
        """Return what the language model is asked for, the first time or again."""
        return SpeechTokenRequest(
            text if isinstance(text, TextFeed) else torch.from_numpy(text),
            torch.from_numpy(self.text),
            torch.from_numpy(self.speech),
            seed=self.seed if self.compatible else derived(self.seed, f"tokens {attempt}"),
            sampling=self.sampling,
            compatible=self.compatible,
        )


def _chosen(sampling: SamplingOptions, options: Options) -> SamplingOptions:
    """Return the model's own sampling, with what a request says of it."""
    return replace(
        sampling,
        temperature=options.temperature,
        top_k=sampling.top_k if options.top_k is None else options.top_k,
        top_p=sampling.top_p if options.top_p is None else options.top_p,
    )
