"""Sound from semantic tokens in v1 to v2ProPlus: one network makes it directly."""

from collections.abc import Sequence

import torch

from myna.core.audio import Audio
from myna.engines.gpt_sovits.decoder import Sentence, SoundStream
from myna.engines.gpt_sovits.prompt import Prompt
from myna.engines.gpt_sovits.speech_windows import SpeechWindows
from myna.engines.gpt_sovits.vits import SAMPLE_RATE, Vits


class VitsDecoder:
    """The decoder of v1, v2, v2Pro and v2ProPlus; read-only."""

    sample_rate = SAMPLE_RATE
    chunks: Sequence[int] = (24, 25, 50, 100)  # about half a second is heard first

    def __init__(self, vits: Vits) -> None:
        self._vits = vits
        self.voice = vits.voice
        self.quantizer = vits.quantizer

    def completed(self, prompt: Prompt, audio: Audio) -> Prompt:
        """Return the prompt as it is."""
        return prompt

    def speech(self, sentence: Sentence) -> SoundStream:
        """Begin a sentence; it takes no steps."""
        return SpeechWindows(
            self._vits,
            torch.from_numpy(sentence.text.phonemes)[None],
            torch.from_numpy(sentence.prompt.voice),
            seed=sentence.seed,
            speed=sentence.speed,
        )
