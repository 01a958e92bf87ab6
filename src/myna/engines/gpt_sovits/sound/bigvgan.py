"""The vocoder of v3: BigVGAN v2 (Lee et al. 2023)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.layers import Convolution, Upsampling, residual_convolutions

_TAPS = 12  # of the filters around an activation
_TINY = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class _Snake:
    """x + sin^2(a x) / b at twice the rate, between low-pass filters (Karras et al. 2021)."""

    frequency: Tensor  # (1, channels, 1)
    inverse_size: Tensor

    @classmethod
    def of(cls, tensors: Tensors) -> "_Snake":
        frequency = tensors["act.alpha"].exp()[None, :, None]
        size = tensors["act.beta"].exp()[None, :, None]
        return cls(frequency, 1.0 / (size + _TINY))

    def __call__(self, inputs: Tensor) -> Tensor:
        channels = inputs.shape[1]
        taps = _low_pass(inputs.device).to(inputs).expand(channels, 1, _TAPS)
        padded = F.pad(inputs, (5, 5), mode="replicate")
        doubled = 2 * F.conv_transpose1d(padded, taps, stride=2, groups=channels)[..., 15:-15]
        doubled = doubled + self.inverse_size * torch.sin(doubled * self.frequency).square()
        padded = F.pad(doubled, (5, 6), mode="replicate")
        return F.conv1d(padded, taps, stride=2, groups=channels)


@lru_cache(maxsize=8)
def _low_pass(device: torch.device) -> Tensor:
    """Return a half-band filter, a sinc under a Kaiser window: (12,).

    It is sent to a GPU once: each time a GPU is sent something, it is waited for.
    """
    attenuation = 2.285 * (_TAPS // 2 - 1) * math.pi * 4 * 0.3 + 7.95  # dB, transition of 0.3
    beta = (
        0.1102 * (attenuation - 8.7)
        if attenuation > 50
        else (0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21))
    )
    window = torch.kaiser_window(_TAPS, periodic=False, beta=beta)
    taps = 0.5 * window * torch.sinc(0.5 * (torch.arange(_TAPS) - _TAPS // 2 + 0.5))
    return (taps / taps.sum()).to(device)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    dilated: tuple[Convolution, ...]
    plain: tuple[Convolution, ...]
    activations: tuple[_Snake, ...]  # alternating: before a dilated, before a plain one

    @classmethod
    def of(cls, tensors: Tensors, dilations: Sequence[int], dtype: torch.dtype) -> "_Block":
        return cls(
            *residual_convolutions(tensors, dilations, dtype),
            tuple(
                _Snake.of(tensors.scope(f"activations.{index}"))
                for index in range(2 * len(dilations))
            ),
        )

    def __call__(self, inputs: Tensor) -> Tensor:
        for index, (dilated, plain) in enumerate(zip(self.dilated, self.plain, strict=True)):
            hidden = _applied(dilated, self.activations[2 * index](inputs))
            inputs = inputs + _applied(plain, self.activations[2 * index + 1](hidden))
        return inputs


def _applied(layer: Convolution | Upsampling, inputs: Tensor) -> Tensor:
    """Convolve in the precision of the weights, and return float32: what it was given is too."""
    return layer(inputs.to(layer.weight.dtype)).float()


class BigVgan:
    """Upsamples in stages, each followed by the mean of residual blocks."""

    def __init__(
        self,
        tensors: Tensors,
        rates: Sequence[int],
        dilations: Sequence[Sequence[int]],
        *,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """`rates`: how many times longer each stage makes it; `dilations`: per residual block.

        `dtype` is that of the convolutions but the first and the last; between them all is float32.
        """
        self._before = Convolution.of(tensors.scope("conv_pre"))
        self._stages = [
            Upsampling.of(tensors.scope(f"ups.{index}.0"), rate).to(dtype)
            for index, rate in enumerate(rates)
        ]
        width = len(dilations)
        self._blocks = [
            [
                _Block.of(tensors.scope(f"resblocks.{stage * width + index}"), of_block, dtype)
                for index, of_block in enumerate(dilations)
            ]
            for stage in range(len(rates))
        ]
        self._activation = _Snake.of(tensors.scope("activation_post"))
        self._after = Convolution.of(tensors.scope("conv_post"))

    def __call__(self, mel: Tensor) -> Tensor:
        """Map log mel (B, n_mels, T) to sound within -1 and 1: (B, 1, T * product of rates)."""
        return self.unclamped(mel).clamp(-1, 1)

    def unclamped(self, mel: Tensor) -> Tensor:
        """Return the sound before peaks are cut."""
        hidden = self._before(mel)
        for upsample, blocks in zip(self._stages, self._blocks, strict=True):
            hidden = _applied(upsample, hidden)
            mean = blocks[0](hidden)
            for block in blocks[1:]:
                mean = mean + block(hidden)
            hidden = mean / len(blocks)
        return self._after(self._activation(hidden))
