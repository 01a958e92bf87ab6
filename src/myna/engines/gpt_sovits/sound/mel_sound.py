"""Sound from a mel spectrogram that is still arriving, in windows of bounded length."""

from collections.abc import Iterator

import torch
from torch import Tensor

from myna.core.audio import Samples
from myna.engines.gpt_sovits.sound.mel_vocoders import MelVocoder
from myna.engines.gpt_sovits.voice.spectrograms import denormalized

LONGEST_WINDOW = 200  # frames made into sound at once: bounds memory and the time of a chunk


class MelSound:
    """One sentence on its way from mel to sound. Belongs to one call.

    A frame sounds once the frames its sound depends on are there, so windows join without a seam:
    together they are the vocoder's sound of the whole spectrogram.
    """

    def __init__(self, vocoder: MelVocoder) -> None:
        self._vocoder = vocoder
        self._mel: Tensor | None = None  # heard a while ago, or not yet: (1, n_mels, frames)
        self._heard = 0  # of these

    def push(self, mel: Tensor, *, last: bool) -> Iterator[Samples]:
        """Take the next normalised frames (1, n_mels, n) and yield the sound that is ready."""
        self._mel = mel if self._mel is None else torch.cat([self._mel, mel], dim=2)
        ready = self._mel.shape[2] - (0 if last else self._vocoder.reach)
        while self._heard < ready:
            until = min(ready, self._heard + LONGEST_WINDOW)
            yield self._sounded(self._mel, until)
            behind = max(0, until - self._vocoder.reach)
            self._mel = self._mel[:, :, behind:]
            ready, self._heard = ready - behind, until - behind

    @torch.inference_mode()
    def _sounded(self, mel: Tensor, until: int) -> Samples:
        sound = self._vocoder(denormalized(mel[:, :, : until + self._vocoder.reach]))[0]
        step = self._vocoder.samples_per_frame
        samples: Samples = sound[self._heard * step : until * step].cpu().numpy().copy()
        return samples
