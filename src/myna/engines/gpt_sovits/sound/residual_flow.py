"""The invertible map between a voice's latents and everyone's (VITS's residual coupling)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.layers import Convolution, masked
from myna.engines.gpt_sovits.sound.wavenet import GatedConvolutions


@dataclass(frozen=True, slots=True, eq=False)
class _Coupling:
    before: Convolution
    convolutions: GatedConvolutions
    after: Convolution

    def shift(self, half: Tensor, voice: Tensor, mask: Tensor | None) -> Tensor:
        """Return what one half of the channels says of the mean of the other."""
        hidden = masked(self.before(half), mask)
        return masked(self.after(self.convolutions(hidden, voice, mask)), mask)


class ResidualFlow:
    """Couplings that move the mean only, with the channels reversed in between."""

    def __init__(self, tensors: Tensors) -> None:
        """Couplings are the even children; the odd ones, reversals, have no weights."""
        self._couplings: list[_Coupling] = []
        while (name := f"flows.{2 * len(self._couplings)}") in tensors:
            own = tensors.scope(name)
            self._couplings.append(
                _Coupling(
                    Convolution.of(own.scope("pre")),
                    GatedConvolutions.of(own.scope("enc")),
                    Convolution.of(own.scope("post")),
                )
            )

    def inverse(self, latents: Tensor, voice: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map latents drawn from the prior (B, channels, T) to those of the voice (B, gin, 1)."""
        for coupling in reversed(self._couplings):
            kept, moved = latents.flip(1).chunk(2, dim=1)
            moved = moved - coupling.shift(kept, voice, mask)
            latents = torch.cat([kept, masked(moved, mask)], dim=1)
        return latents
