"""A sentence's mel spectrogram made window by window, each continuing the one before.

Flow matching sees a bounded number of frames at once: those of a prompt, at first the reference's,
and the new ones. What was made last is the next window's prompt. Noise belongs to a frame's
absolute number, so it does not depend on where windows begin.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from myna.core.errors import BadReference
from myna.engines.batching.noise import normal_frames
from myna.engines.gpt_sovits.flow_matching import FlowMatching, Windows
from myna.engines.gpt_sovits.weights import Version

_LONGEST_PROMPT = {Version.V3: 468, Version.V4: 500}  # frames: 5 s
_LONGEST_WINDOW = {Version.V3: 934, Version.V4: 1000}  # frames, with the prompt: 10 s


@dataclass(frozen=True, slots=True, eq=False)
class MelPrompt:
    """Speech that is to be continued, as features and as mel, frame by frame."""

    features: Tensor  # (1, 512, P)
    mel: Tensor  # (1, n_mels, P), normalised

    def followed_by(self, features: Tensor, mel: Tensor) -> "MelPrompt":
        """Return as many frames, the last of which are these."""
        frames = self.mel.shape[2]
        return MelPrompt(
            torch.cat([self.features, features], dim=2)[:, :, -frames:],
            torch.cat([self.mel, mel], dim=2)[:, :, -frames:],
        )


def mel_prompt(features: Tensor, mel: Tensor, version: Version) -> MelPrompt:
    """Make a prompt of a reference's features (1, 512, F) and normalised mel (1, n_mels, M).

    Both begin with the recording and seldom end at the same frame: what both have counts, of a
    long reference the end.
    """
    frames = min(features.shape[2], mel.shape[2])
    if frames == 0:
        raise BadReference("The reference is too short to continue: give some seconds of speech.")
    first = max(0, frames - _LONGEST_PROMPT[version])
    return MelPrompt(features[:, :, first:frames], mel[:, :, first:frames])


@dataclass(frozen=True, slots=True)
class MelPlan:
    """How to go about a sentence."""

    version: Version
    steps: int
    seed: int
    new_frames: Sequence[int] = ()
    """How many new frames the first windows have, the last number for all that follow; none: as
    many as fit, as where nobody listens yet."""

    def size(self, window: int, prompt_frames: int) -> int:
        """Return how many new frames a window has, counted from 0."""
        most = _LONGEST_WINDOW[self.version] - prompt_frames
        if not self.new_frames:
            return most
        return max(1, min(most, self.new_frames[min(window, len(self.new_frames) - 1)]))


def mel_windows(
    matching: FlowMatching, prompt: MelPrompt, features: Tensor, plan: MelPlan
) -> Iterator[Tensor]:
    """Yield the normalised mel of a sentence's features (1, 512, F): (1, n_mels, n) at a time."""
    first, window = 0, 0
    while first < features.shape[2]:
        frames = prompt.mel.shape[2]
        new = features[:, :, first : first + plan.size(window, frames)]
        noise = normal_frames(plan.seed, first, new.shape[2], prompt.mel.shape[1])
        noise = torch.cat([torch.zeros_like(prompt.mel), noise.to(prompt.mel)], dim=2)
        seen = torch.cat([prompt.features, new], dim=2).transpose(1, 2)
        mel = matching(Windows(seen, prompt.mel, noise), plan.steps)[:, :, frames:]
        yield mel
        prompt = prompt.followed_by(new, mel)
        first, window = first + new.shape[2], window + 1
