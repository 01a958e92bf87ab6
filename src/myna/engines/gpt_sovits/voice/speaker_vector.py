"""The speaker network of the Pro versions: ERes2NetV2 (Chen et al. 2024) up to its last map."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.errors import BadReference
from myna.dsp.fbank import kaldi_fbank
from myna.dsp.windowed_sinc import windowed_sinc
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.voice.spectrograms import REFERENCE_RATE

SAMPLE_RATE = 16000  # Hz
N_MELS = 80
_CEILING = 20.0  # of the activations inside blocks
_EPSILON = 1e-5
_STRIDES = (1, 2, 2, 2)  # of the four stages


@dataclass(frozen=True, slots=True, eq=False)
class _Convolution:
    """A two-dimensional convolution with the batch norm behind it folded in."""

    weight: Tensor
    bias: Tensor
    stride: int = 1

    @classmethod
    def of(cls, convolution: Tensors, norm: Tensors, stride: int = 1) -> "_Convolution":
        gain = norm["weight"] / torch.sqrt(norm["running_var"] + _EPSILON)
        bias = convolution.get("bias")
        shift = -norm["running_mean"] if bias is None else bias - norm["running_mean"]
        weight = convolution["weight"] * gain[:, None, None, None]
        return cls(weight, norm["bias"] + shift * gain, stride)

    def __call__(self, inputs: Tensor) -> Tensor:
        padding = self.weight.shape[2] // 2
        return F.conv2d(inputs, self.weight, self.bias, self.stride, padding)


@dataclass(frozen=True, slots=True, eq=False)
class _Fusion:
    """Weighs two maps against each other (attentional feature fusion, Dai et al. 2021)."""

    narrow: _Convolution
    widen: _Convolution

    @classmethod
    def of(cls, tensors: Tensors) -> "_Fusion":
        own = tensors.scope("local_att")
        return cls(
            _Convolution.of(own.scope("0"), own.scope("1")),
            _Convolution.of(own.scope("3"), own.scope("4")),
        )

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        hidden = F.silu(self.narrow(torch.cat([first, second], dim=1)))
        share = 1 + torch.tanh(self.widen(hidden))
        return first * share + second * (2 - share)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """A residual block whose channels are in groups, each convolved with the one before."""

    reduce: _Convolution
    groups: tuple[_Convolution, ...]
    fusions: tuple[_Fusion, ...]  # none: groups are added
    expand: _Convolution
    shortcut: _Convolution | None

    @classmethod
    def of(cls, tensors: Tensors, stride: int) -> "_Block":
        shortcut = tensors.scope("shortcut")
        return cls(
            _Convolution.of(tensors.scope("conv1"), tensors.scope("bn1"), stride),
            tuple(
                _Convolution.of(tensors.scope(f"convs.{index}"), tensors.scope(f"bns.{index}"))
                for index in range(tensors.count("convs"))
            ),
            tuple(
                _Fusion.of(tensors.scope(f"fuse_models.{index}"))
                for index in range(tensors.count("fuse_models"))
            ),
            _Convolution.of(tensors.scope("conv3"), tensors.scope("bn3")),
            _Convolution.of(shortcut.scope("0"), shortcut.scope("1"), stride)
            if "shortcut" in tensors
            else None,
        )

    def __call__(self, inputs: Tensor) -> Tensor:
        parts = F.hardtanh(self.reduce(inputs), 0.0, _CEILING).chunk(len(self.groups), dim=1)
        outputs: list[Tensor] = []
        for index, (part, convolution) in enumerate(zip(parts, self.groups, strict=True)):
            if outputs:
                part = self._joined(outputs[-1], part, index - 1)
            outputs.append(F.hardtanh(convolution(part), 0.0, _CEILING))
        residual = inputs if self.shortcut is None else self.shortcut(inputs)
        return F.hardtanh(self.expand(torch.cat(outputs, dim=1)) + residual, 0.0, _CEILING)

    def _joined(self, before: Tensor, part: Tensor, index: int) -> Tensor:
        return self.fusions[index](before, part) if self.fusions else before + part


class SpeakerNetwork:
    """Turns a recording into the 20480 numbers a Pro version knows a speaker by."""

    def __init__(self, tensors: Tensors) -> None:
        """Read the network from the tensors of its file."""
        self._stem = _Convolution.of(tensors.scope("conv1"), tensors.scope("bn1"))
        self._stages = [
            _stage(tensors.scope(f"layer{number}"), tensors.count(f"layer{number}"), stride)
            for number, stride in enumerate(_STRIDES, start=1)
        ]
        halve = tensors.scope("layer3_ds")
        self._halve = (halve["weight"], halve.get("bias"))
        self._fusion = _Fusion.of(tensors.scope("fuse34"))

    def vector(self, samples: Tensor) -> Tensor:
        """Return the speaker vector of `reference_samples` (1, samples): (1, 20480)."""
        lowered = windowed_sinc(samples[0].cpu().numpy(), REFERENCE_RATE, SAMPLE_RATE)
        features = kaldi_fbank(lowered, SAMPLE_RATE, N_MELS)
        if not len(features):
            raise BadReference(
                f"The reference of {samples.shape[1] / REFERENCE_RATE:.3f} s is too short to tell "
                "a speaker by: give some seconds of speech."
            )
        return self(torch.from_numpy(features)[None].to(self._stem.weight.device))

    def __call__(self, features: Tensor) -> Tensor:
        """Map filter-bank frames (1, frames, 80) to (1, 20480)."""
        hidden = F.relu(self._stem(features.transpose(1, 2)[:, None]))  # (1, 64, 80, frames)
        third = hidden
        for number, stage in enumerate(self._stages, start=1):
            for block in stage:
                hidden = block(hidden)
            if number == len(self._stages) - 1:
                third = hidden
        weight, bias = self._halve
        third = F.conv2d(third, weight, bias, stride=2, padding=1)
        fused = self._fusion(hidden, third)  # (1, 2048, 10, frames / 8)
        return fused.flatten(1, 2).mean(dim=-1)


def _stage(tensors: Tensors, count: int, stride: int) -> Sequence[_Block]:
    return [_Block.of(tensors.scope(str(index)), 1 if index else stride) for index in range(count)]
