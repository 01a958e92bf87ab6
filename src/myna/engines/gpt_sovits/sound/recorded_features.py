"""What tokens and phonemes say, in steps of fixed shapes: for a GPU.

The encoder looks at a whole sentence: three hundred small kernels, each of which a GPU computes
sooner than Python launches it. So it is recorded for some numbers of tokens and of phonemes, and
what is behind those of a sentence is masked. A longer sentence is encoded unrecorded.
"""

import threading
from collections.abc import Sequence

import torch
from torch import Tensor

from myna.engines.batching.lane import Lane
from myna.engines.gpt_sovits.sound.vits import Vits
from myna.engines.gpt_sovits.voice.quantizer import FRAMES_PER_TOKEN

TOKENS = (32, 64, 128, 256, 512)  # 20 s
PHONEMES = (64, 128, 256)


class RecordedFeatures:
    """`Vits.features`, one sentence after another. Any thread may ask, within the lane."""

    def __init__(
        self,
        vits: Vits,
        lane: Lane,
        tokens: Sequence[int] = TOKENS,
        phonemes: Sequence[int] = PHONEMES,
    ) -> None:
        """Allocate a step for each number of both; on a GPU, record them."""
        self._vits = vits
        self._launching = threading.Lock()
        self._steps = {
            (count, letters): _Step(vits, lane, count, letters)
            for count in sorted(tokens, reverse=True)
            for letters in sorted(phonemes, reverse=True)
        }

    def __call__(self, tokens: Tensor, phonemes: Tensor, voice: Tensor) -> Tensor:
        """Map tokens (1, T), phonemes (1, L) and a voice (1, gin, 1) to (1, channels, 2 T)."""
        size = (tokens.shape[1], phonemes.shape[1])
        fitting = (shape for shape in self._steps if shape[0] >= size[0] and shape[1] >= size[1])
        shape = min(fitting, default=None)
        if shape is None:
            return self._vits.features(tokens, phonemes, voice)
        with self._launching:
            return self._steps[shape](tokens, phonemes, voice)


class _Step:
    """One shape: tensors that stay where they are, and what is done with them."""

    def __init__(self, vits: Vits, lane: Lane, tokens: int, phonemes: int) -> None:
        self._vits = vits
        with lane.open():
            device = vits.device
            self._tokens = torch.zeros(1, tokens, dtype=torch.int64, device=device)
            self._phonemes = torch.zeros(1, phonemes, dtype=torch.int64, device=device)
            self._voice = torch.zeros(1, vits.voice_channels, 1, device=device)
            frames = FRAMES_PER_TOKEN * tokens
            self._frames_mask = torch.ones(1, 1, frames, device=device)
            self._phonemes_mask = torch.ones(1, 1, phonemes, device=device)
            self._features = torch.zeros(1, vits.phonetic.channels, frames, device=device)
        self._replay = lane.recorded(self._run)

    def __call__(self, tokens: Tensor, phonemes: Tensor, voice: Tensor) -> Tensor:
        frames, letters = FRAMES_PER_TOKEN * tokens.shape[1], phonemes.shape[1]
        self._tokens[:, : tokens.shape[1]] = tokens
        self._phonemes[:, :letters] = phonemes
        self._voice.copy_(voice)
        for mask, there in ((self._frames_mask, frames), (self._phonemes_mask, letters)):
            mask[:, :, :there] = 1
            mask[:, :, there:] = 0
        self._replay()
        return self._features[:, :, :frames].clone()

    def _run(self) -> None:
        masks = (self._frames_mask, self._phonemes_mask)
        encoded = self._vits.features(self._tokens, self._phonemes, self._voice, masks)
        self._features.copy_(encoded)
