"""The vocoder HiFi-GAN (Kong et al. 2020): from latents or mel frames to samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.layers import (
    Convolution,
    Upsampling,
    masked,
    residual_convolutions,
)

_SLOPE = 0.1
_LAST_SLOPE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class _ResidualBlock:
    dilated: tuple[Convolution, ...]
    plain: tuple[Convolution, ...]

    @classmethod
    def of(cls, tensors: Tensors, dilations: Sequence[int], dtype: torch.dtype) -> "_ResidualBlock":
        return cls(*residual_convolutions(tensors, dilations, dtype))

    def __call__(self, inputs: Tensor, mask: Tensor | None) -> Tensor:
        for dilated, plain in zip(self.dilated, self.plain, strict=True):
            hidden = masked(dilated(F.leaky_relu(inputs, _SLOPE)), mask)
            inputs = inputs + masked(plain(F.leaky_relu_(hidden, _SLOPE)), mask)
        return inputs


class HifiGan:
    """Upsamples in stages, each followed by the mean of residual blocks of several widths."""

    def __init__(
        self,
        tensors: Tensors,
        rates: Sequence[int],
        dilations: Sequence[Sequence[int]],
        *,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """`rates`: how many times longer each stage makes it; `dilations`: per residual block.

        `dtype` is that of the stages; the first and the last convolution stay in float32.
        """
        self._dtype = dtype
        self._before = Convolution.of(tensors.scope("conv_pre"))
        self._condition = (
            Convolution.of(tensors.scope("cond")) if "cond.weight" in tensors else None
        )
        self._stages = [
            Upsampling.of(tensors.scope(f"ups.{index}"), rate).to(dtype)
            for index, rate in enumerate(rates)
        ]
        width = len(dilations)
        self._blocks = [
            [
                _ResidualBlock.of(
                    tensors.scope(f"resblocks.{stage * width + index}"), of_block, dtype
                )
                for index, of_block in enumerate(dilations)
            ]
            for stage in range(len(rates))
        ]
        self._after = Convolution.of(tensors.scope("conv_post"))

    def __call__(
        self, frames: Tensor, voice: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Map (B, channels, T), told the voice (B, gin, 1), to sound (B, 1, T * product of rates).

        `mask` (B, 1, T) is 0 behind the end of a row shorter than others: up to there, a row
        sounds as it does alone. What comes out is within -1 and 1.
        """
        hidden = self._before(masked(frames, mask))
        if self._condition is not None and voice is not None:
            hidden = hidden + self._condition(voice)
        hidden = masked(hidden, mask).to(self._dtype)
        mask = None if mask is None else mask.to(self._dtype)
        for upsample, blocks in zip(self._stages, self._blocks, strict=True):
            mask = None if mask is None else _repeated(mask, upsample.stride)
            hidden = masked(upsample(F.leaky_relu(hidden, _SLOPE)), mask)
            mean = blocks[0](hidden, mask)
            for block in blocks[1:]:
                mean = mean + block(hidden, mask)
            hidden = mean / len(blocks)
        return torch.tanh(self._after(F.leaky_relu(hidden.float(), _LAST_SLOPE)))


def _repeated(mask: Tensor, times: int) -> Tensor:
    """Return a mask (B, 1, T) for each frame's parts: (B, 1, T * times)."""
    return mask[..., None].expand(-1, -1, -1, times).flatten(2)
