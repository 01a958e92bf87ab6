"""The encoder that hears a voice in a spectrogram (Meta-StyleSpeech, Min et al. 2021)."""

import math

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.layers import Linear, join_heads, split_heads
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.layers import Convolution

_HEADS = 2


class ReferenceEncoder:
    """Turns a reference spectrogram of any length into one vector."""

    def __init__(self, tensors: Tensors) -> None:
        self._spectral = [Linear.of(tensors.scope(f"spectral.{index}.fc")) for index in (0, 3)]
        self._temporal = [
            Convolution.of(tensors.scope(f"temporal.{index}.conv1.conv")) for index in (0, 1)
        ]
        attention = tensors.scope("slf_attn")
        self._query = Linear.of(attention.scope("w_qs"))
        self._key = Linear.of(attention.scope("w_ks"))
        self._value = Linear.of(attention.scope("w_vs"))
        self._attended = Linear.of(attention.scope("fc"))
        self._out = Linear.of(tensors.scope("fc.fc"))

    @property
    def n_bins(self) -> int:
        """How many of a spectrogram's bins, from the lowest, are looked at."""
        return self._spectral[0].weight.shape[1]

    def __call__(self, spectrogram: Tensor) -> Tensor:
        """Map magnitudes (1, bins, frames) to (1, channels, 1)."""
        hidden = spectrogram[:, : self.n_bins].transpose(1, 2)  # (1, frames, bins)
        for linear in self._spectral:
            hidden = F.mish(linear(hidden))
        hidden = hidden.transpose(1, 2)
        for convolution in self._temporal:
            hidden = hidden + F.glu(convolution(hidden), dim=1)
        hidden = hidden.transpose(1, 2)
        hidden = hidden + self._attention(hidden)
        return self._out(hidden).mean(dim=1)[..., None]

    def _attention(self, hidden: Tensor) -> Tensor:
        query, key, value = (
            split_heads(projection(hidden), _HEADS)
            for projection in (self._query, self._key, self._value)
        )
        # By the width of all heads together, not of one: the published networks are trained so.
        scores = query @ key.transpose(2, 3) / math.sqrt(hidden.shape[-1])
        return self._attended(join_heads(torch.softmax(scores, dim=-1) @ value))
