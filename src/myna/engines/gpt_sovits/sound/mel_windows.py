"""A sentence's mel spectrogram made window by window, each continuing the one before.

Flow matching sees a bounded number of frames at once: those of a prompt, at first the reference's,
and the new ones. What was made last is the next window's prompt. Noise belongs to a frame's
absolute number, so it does not depend on where windows begin. Windows overlap by some frames, made
of the same noise by both, and are cross-faded there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.errors import BadReference
from myna.engines.batching.noise import normal_frames
from myna.engines.gpt_sovits.sound.flow_matching import Known, Windows
from myna.engines.gpt_sovits.weights import Version

OVERLAP = 8  # frames that two windows both make
LONGEST_PROMPT = {Version.V3: 468, Version.V4: 500}  # frames: 5 s
LONGEST_WINDOW = {Version.V3: 934, Version.V4: 1000}  # frames, with the prompt: 10 s

Matching = Callable[[Windows, int], Tensor]
"""Windows and a number of steps to the normalised mel of all their frames."""


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
    first = max(0, frames - LONGEST_PROMPT[version])
    return MelPrompt(features[:, :, first:frames], mel[:, :, first:frames])


@dataclass(frozen=True, slots=True, eq=False)
class MelPlan:
    """How to go about a sentence."""

    steps: int
    seed: int
    longest: int
    """Frames of a window at most, with the prompt."""
    known: Known | None = None
    """Frames that are to stay as they are, from the first one made on: (1, n_mels, F)."""


class MelWindows:
    """One sentence's mel spectrogram on its way. Belongs to one call."""

    def __init__(self, matching: Matching, prompt: MelPrompt, plan: MelPlan) -> None:
        self._matching = matching
        self._prompt = prompt
        self._plan = plan
        self._settled = 0  # frames that were yielded
        self._faded = prompt.mel[:, :, :0]  # made, and to be cross-faded with what follows

    def push(self, features: Tensor, *, last: bool) -> Iterator[Tensor]:
        """Take all features known so far (1, 512, F) and yield what they settle of the mel.

        Each piece is (1, n_mels, n), normalised; after the last features, they make F frames.
        """
        while self._settled + self._faded.shape[2] < features.shape[2]:
            yield self._window(features, last=last)
        if last and self._faded.shape[2]:
            yield self._faded
            self._faded = self._faded[:, :, :0]

    def _window(self, features: Tensor, *, last: bool) -> Tensor:
        first, frames = self._settled, self._prompt.mel.shape[2]
        new = features[:, :, first : first + max(OVERLAP + 1, self._plan.longest - frames)]
        mel = self._made(new)
        past = self._faded.shape[2]
        share = torch.arange(1, past + 1, dtype=mel.dtype, device=mel.device) / (past + 1)
        mel[:, :, :past] = self._faded * (1 - share) + mel[:, :, :past] * share
        ends = last and first + new.shape[2] == features.shape[2]
        settled = new.shape[2] - (0 if ends else min(OVERLAP, new.shape[2] - 1))
        self._faded = mel[:, :, settled:]
        self._prompt = self._prompt.followed_by(new[:, :, :settled], mel[:, :, :settled])
        self._settled += settled
        return mel[:, :, :settled]

    def _made(self, new: Tensor) -> Tensor:
        """Return the mel of new features, which begin with the first frame not settled."""
        prompt = self._prompt
        (_, n_mels, _), frames = prompt.mel.shape, new.shape[2]
        noise = normal_frames(self._plan.seed, self._settled, frames, n_mels, new.device)
        noise = torch.cat([torch.zeros_like(prompt.mel), noise.to(prompt.mel)], dim=2)
        seen = torch.cat([prompt.features, new], dim=2).transpose(1, 2)
        known = self._known(new.shape[2])
        mel = self._matching(Windows(seen, prompt.mel, noise, known), self._plan.steps)
        return mel[:, :, prompt.mel.shape[2] :].clone()

    def _known(self, count: int) -> Known | None:
        """Return what is known of the next frames, behind a prompt of which nothing need be."""
        known, prompted = self._plan.known, self._prompt.mel.shape[2]
        if known is None:
            return None
        window = slice(self._settled, self._settled + count)
        return Known(
            F.pad(known.mel[:, :, window], (prompted, 0)),
            F.pad(known.mask[:, :, window], (prompted, 0)),
        )
