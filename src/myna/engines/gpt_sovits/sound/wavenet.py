"""Gated convolutions with a condition (WaveNet, van den Oord et al. 2016), as VITS has them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.layers import Convolution, masked


@dataclass(frozen=True, slots=True, eq=False)
class GatedConvolutions:
    """A stack of gated layers whose skip outputs are added up."""

    gates: tuple[Convolution, ...]
    outs: tuple[Convolution, ...]
    condition: Convolution

    @classmethod
    def of(cls, tensors: Tensors) -> "GatedConvolutions":
        """Read in_layers, res_skip_layers and cond_layer."""
        count = tensors.count("in_layers")
        return cls(
            tuple(Convolution.of(tensors.scope(f"in_layers.{index}")) for index in range(count)),
            tuple(
                Convolution.of(tensors.scope(f"res_skip_layers.{index}")) for index in range(count)
            ),
            Convolution.of(tensors.scope("cond_layer")),
        )

    def __call__(self, inputs: Tensor, voice: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, channels, T) to the same shape, told the voice (B, gin, 1)."""
        channels = inputs.shape[1]
        conditions = self.condition(voice).chunk(len(self.gates), dim=1)
        skipped = torch.zeros_like(inputs)
        for gate, out, condition in zip(self.gates, self.outs, conditions, strict=True):
            content, opening = (gate(inputs) + condition).chunk(2, dim=1)
            result = out(torch.tanh(content) * torch.sigmoid(opening))
            skipped = skipped + result[:, -channels:]
            if result.shape[1] > channels:  # the last layer has no residual half
                inputs = masked(inputs + result[:, :channels], mask)
        return masked(skipped, mask)
