"""Sound from semantic tokens that are still arriving, in windows of bounded length.

What a frame was decided to be stays so: its latents once the tokens after it are known, its sound
once its neighbours are decided. The noise of a frame follows from its number. So the windows join
without a seam: together they are one decoding of one sequence of latents.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.audio import Samples
from myna.engines.batching.device import sent
from myna.engines.batching.noise import normal_frames
from myna.engines.gpt_sovits.sound.phonetic_encoder import at_speed
from myna.engines.gpt_sovits.sound.vits import Vits, latents_with
from myna.engines.gpt_sovits.voice.quantizer import FRAMES_PER_TOKEN

FLOW_REACH = 32  # frames to each side that the flow sees
VOCODER_REACH = 12  # frames to each side that the vocoder sees
HELD_BACK = 8  # frames, 0.16 s: the last are decided when what follows them is known
LOOKED_BACK = 250  # tokens, 10 s: what is decided is encoded again as far as this, for context
LONGEST_WINDOW = 200  # frames made into sound at once: bounds memory and the time of a chunk


class ArrivingLatents:
    """The latents of one sentence as far as its tokens have come. Belongs to one call."""

    def __init__(
        self,
        vits: Vits,
        phonemes: Tensor,
        voice: Tensor,
        *,
        seed: int,
        speed: float,
        features: Callable[[Tensor, Tensor, Tensor], Tensor] | None = None,
    ) -> None:
        """`phonemes` (1, L) are the sentence's; `voice` is (1, gin, 1).

        `features` does what `Vits.features` does, which else is asked.
        """
        self._vits = vits
        self._features = features or vits.features
        self._phonemes = sent(phonemes, vits.device)
        self.voice = sent(voice, vits.device)
        self._seed = seed
        self._speed = speed
        self._tokens: list[int] = []

    def extend(self, tokens: Sequence[int]) -> None:
        """Take the next tokens."""
        self._tokens += tokens

    def after(self, first: int, *, last: bool) -> Tensor | None:
        """Return the latents from frame `first` on, as of now: (1, channels, frames), or None.

        Without the last token, the last `HELD_BACK` of them will still change. Tokens more than
        `LOOKED_BACK` before are not looked at, so that a chunk costs no more the later it comes.
        """
        if not self._tokens:
            return None
        vits = self._vits
        left_out = max(0, int(first * self._speed) // FRAMES_PER_TOKEN - LOOKED_BACK)
        tokens = sent(torch.tensor([self._tokens[left_out:]]), vits.device)
        features = self._features(tokens, self._phonemes, self.voice)
        features = F.pad(features, (FRAMES_PER_TOKEN * left_out, 0))
        paced = at_pace(features, self._speed, last=last, first=first)[:, :, first:]
        encoded = vits.phonetic.prior(paced)
        _, channels, frames = encoded.mean.shape
        noise = normal_frames(self._seed, first, frames, channels, encoded.mean.device)
        return latents_with(encoded, noise)


class SpeechWindows:
    """One sentence on its way from tokens to sound. Belongs to one call."""

    def __init__(self, vits: Vits, arriving: ArrivingLatents) -> None:
        self._vits = vits
        self._arriving = arriving
        self._latents: Tensor | None = None  # the last decided ones, for the flow to look back on
        self._flowed: Tensor | None = None  # decided and not all heard: (1, channels, frames)
        self._decided = 0  # frames
        self._heard = 0  # frames

    def push(self, tokens: Sequence[int], *, last: bool) -> Iterator[Samples]:
        """Take the next tokens and yield the sound that is ready; after the last, all of it."""
        self._arriving.extend(tokens)
        self._decide(last=last)
        ready = self._decided if last else self._decided - VOCODER_REACH
        while self._flowed is not None and self._heard < ready:
            until = min(ready, self._heard + LONGEST_WINDOW)
            yield self._sounded(self._flowed, until)

    @torch.inference_mode()
    def _decide(self, *, last: bool) -> None:
        latents = self._arriving.after(self._decided, last=last)
        if latents is None:
            return
        count = latents.shape[2] - (0 if last else HELD_BACK)
        if count <= 0:
            return
        behind = self._latents
        window = latents if behind is None else torch.cat([behind, latents], dim=2)
        past = 0 if behind is None else behind.shape[2]
        flowed = self._vits.flow.inverse(window, self._arriving.voice)[:, :, past : past + count]
        before = self._flowed
        self._flowed = flowed if before is None else torch.cat([before, flowed], dim=2)
        self._latents = window[:, :, : past + count][:, :, -FLOW_REACH:]
        self._decided += count

    @torch.inference_mode()
    def _sounded(self, flowed: Tensor, until: int) -> Samples:
        """Return the sound from what was heard up to a frame, and forget what is behind it."""
        first = self._decided - flowed.shape[2]
        window = flowed[:, :, : until + VOCODER_REACH - first]
        sound = self._vits.vocoder(window, self._arriving.voice)[0, 0]
        step = self._vits.samples_per_frame
        heard = sound[(self._heard - first) * step : (until - first) * step]
        self._heard = until
        self._flowed = flowed[:, :, max(0, until - VOCODER_REACH - first) :]
        samples: Samples = heard.cpu().numpy().copy()
        return samples


def at_pace(features: Tensor, speed: float, *, last: bool, first: int = 1) -> Tensor:
    """Squeeze features (1, channels, T) to a speed, each frame by its own number alone.

    With the last of T frames there are int(T / speed) + 1, without as many as are certain. Where
    all are asked for at once, from `first` 0 on, they are spread evenly, as published.
    """
    if speed == 1:
        return features
    if last and first == 0:
        return at_speed(features, speed)
    length = features.shape[2]
    frames = int(length / speed) + 1 if last else max(0, int((length - 0.5) / speed - 0.5))
    numbers = torch.arange(frames, dtype=torch.float64, device=features.device)
    places = (numbers + 0.5) * speed - 0.5
    places = places.clamp(0, length - 1)
    left = places.long()
    right = (left + 1).clamp(max=length - 1)
    share = (places - left).float()
    return features[:, :, left] * (1 - share) + features[:, :, right] * share


def paced_between(features: Tensor, first: int, last: int, speed: float) -> Tensor:
    """Squeeze the frames from `first` to `last` of features (1, channels, T) to a speed."""
    inside = at_pace(features[:, :, first:last], speed, last=True)
    return torch.cat([features[:, :, :first], inside, features[:, :, last:]], dim=2)
