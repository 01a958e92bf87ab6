"""HiFT (Li et al. 2023): mel spectrogram to samples by a source, a filter and an inverse STFT."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.fourier import Fourier
from myna.engines.cosyvoice.acoustic.pitch import PitchPredictor
from myna.engines.cosyvoice.acoustic.recorded_filter import RecordedFilter
from myna.engines.cosyvoice.acoustic.request import SAMPLES_PER_FRAME
from myna.engines.cosyvoice.acoustic.source import Source
from myna.engines.cosyvoice.version import Version

_SLOPE = 0.1
_LOUDEST_BIN = 100.0
_LOUDEST_SAMPLE = 0.99
_REACH, _CAUSAL_REACH = 15, 29  # frames; of the excitation, a frame further than of mel
_DILATIONS = (1, 3, 5)


@dataclass(frozen=True, slots=True, eq=False)
class _Convolution:
    weight: Tensor  # (outputs, inputs, kernel)
    bias: Tensor | None
    padding: tuple[int, int]
    dilation: int = 1
    stride: int = 1

    def __call__(self, inputs: Tensor) -> Tensor:
        left, right = self.padding
        if left == right:
            return F.conv1d(inputs, self.weight, self.bias, self.stride, left, self.dilation)
        padded = F.pad(inputs, self.padding)
        return F.conv1d(padded, self.weight, self.bias, self.stride, 0, self.dilation)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the layers of either kind: centred on their frame, or ending at it."""

    causal: bool

    def convolution(self, tensors: Tensors, dilation: int = 1) -> _Convolution:
        weight = tensors["weight"]
        reach = (weight.shape[2] - 1) * dilation
        padding = (reach, 0) if self.causal else (reach // 2, reach // 2)
        return _Convolution(weight, tensors.get("bias"), padding, dilation)

    def looking_ahead(self, tensors: Tensors) -> _Convolution:
        """Read the first convolution: a causal one begins at its frame."""
        if not self.causal:
            return self.convolution(tensors)
        weight = tensors["weight"]
        return _Convolution(weight, tensors.get("bias"), (0, weight.shape[2] - 1))

    def thinning(self, tensors: Tensors, stride: int) -> _Convolution:
        padding = (stride - 1, 0) if self.causal else (stride // 2, stride // 2)
        return _Convolution(tensors["weight"], tensors.get("bias"), padding, 1, stride)


@dataclass(frozen=True, slots=True, eq=False)
class _ResidualBlock:
    """Dilated convolutions with the activation of Ziyin et al. 2020: x + sin^2(a x) / a."""

    layers: tuple[tuple[Tensor, _Convolution, Tensor, _Convolution], ...]

    @classmethod
    def of(cls, tensors: Tensors, read: _Reader) -> "_ResidualBlock":
        return cls(
            tuple(
                (
                    tensors[f"activations1.{index}.alpha"][:, None],
                    read.convolution(tensors.scope(f"convs1.{index}"), dilation),
                    tensors[f"activations2.{index}.alpha"][:, None],
                    read.convolution(tensors.scope(f"convs2.{index}")),
                )
                for index, dilation in enumerate(_DILATIONS)
            )
        )

    def __call__(self, inputs: Tensor) -> Tensor:
        for first, dilated, second, plain in self.layers:
            inputs = inputs + plain(_snake(dilated(_snake(inputs, first)), second))
        return inputs


def _snake(inputs: Tensor, alpha: Tensor) -> Tensor:
    return inputs + torch.sin(inputs * alpha).square_() / (alpha + 1e-9)


@dataclass(frozen=True, slots=True, eq=False)
class _Stage:
    weight: Tensor
    bias: Tensor
    rate: int
    causal: bool
    source: _Convolution
    source_block: _ResidualBlock
    blocks: tuple[_ResidualBlock, ...]

    def upsampled(self, hidden: Tensor) -> Tensor:
        kernel = self.weight.shape[2]
        if self.causal:
            hidden = F.pad(hidden.repeat_interleave(self.rate, dim=2), (kernel - 1, 0))
            return F.conv1d(hidden, self.weight, self.bias)
        padding = (kernel - self.rate) // 2
        return F.conv_transpose1d(hidden, self.weight, self.bias, self.rate, padding)

    def __call__(self, hidden: Tensor, spectrum: Tensor, *, last: bool) -> Tensor:
        hidden = self.upsampled(F.leaky_relu(hidden, _SLOPE))
        if last:
            hidden = F.pad(hidden, (1, 0), mode="reflect")
        hidden = hidden + self.source_block(self.source(spectrum))
        mean = self.blocks[0](hidden)
        for block in self.blocks[1:]:
            mean = mean + block(hidden)
        return mean / len(self.blocks)


class Vocoder:
    """The networks of `hift.pt`; read-only."""

    def __init__(self, tensors: Tensors, *, causal: bool, recorded: bool = False) -> None:
        """A causal vocoder looks a few frames ahead at once, and from then on at none.

        recorded: windows of some lengths are recorded now, on the device of the tensors.
        """
        read = _Reader(causal)
        self.causal = causal
        self.pitch = PitchPredictor(tensors.scope("f0_predictor"), causal=causal)
        self.source = Source(tensors.scope("m_source.l_linear"), causal=causal)
        self._before = read.looking_ahead(tensors.scope("conv_pre"))
        self._stages = _stages(tensors, read)
        self._after = read.convolution(tensors.scope("conv_post"))
        self._window = torch.hann_window(self._after.weight.shape[0] - 2).to(self._after.weight)
        rate = math.prod(stage.rate for stage in self._stages) * self._hop
        if rate != SAMPLES_PER_FRAME:
            raise WeightsMissing(
                f"{tensors.source!r} makes {rate} samples of a frame, not {SAMPLES_PER_FRAME}: "
                "it is another model's vocoder."
            )
        self._fourier = Fourier(self._window, self._hop)
        self.windows: RecordedFilter | None = None
        """What filters windows of some lengths sooner."""
        if recorded:
            n_mels = self._before.weight.shape[1]
            self.windows = RecordedFilter(self._recordable, n_mels, tensors.device)

    @property
    def ahead(self) -> int:
        """How many frames after one a causal vocoder's sound of it depends on."""
        return self._before.padding[1] + 1

    @property
    def behind(self) -> int:
        """How many frames before one its sound depends on."""
        return _CAUSAL_REACH if self.causal else _REACH

    @property
    def _hop(self) -> int:
        return self._window.shape[0] // 4

    def __call__(self, mel: Tensor, source: Tensor) -> Tensor:
        """Map mel (1, n_mels, T) and its excitation (1, 1, 480 T) to sound (480 T,)."""
        magnitude, phase = self._filtered(mel, self._spectrum(source[:, 0]))
        sound = torch.istft(
            torch.polar(magnitude, phase), len(self._window), self._hop, window=self._window
        )
        return sound[0].clamp(-_LOUDEST_SAMPLE, _LOUDEST_SAMPLE)

    def _recordable(self, mel: Tensor, source: Tensor) -> Tensor:
        """Do the same, but for rounding, in a way that reads nothing back."""
        magnitude, phase = self._filtered(mel, self._fourier.parts(source[:, 0]))
        parts = torch.cat([magnitude * phase.cos(), magnitude * phase.sin()], dim=1)
        return self._fourier.samples(parts)[0].clamp(-_LOUDEST_SAMPLE, _LOUDEST_SAMPLE)

    def _filtered(self, mel: Tensor, spectrum: Tensor) -> tuple[Tensor, Tensor]:
        """Return the sound's magnitude and phase: (1, bins, 480 T / hop + 1) each."""
        hidden = self._before(mel)
        for stage in self._stages:
            hidden = stage(hidden, spectrum, last=stage is self._stages[-1])
        hidden = self._after(F.leaky_relu(hidden))
        bins = hidden.shape[1] // 2
        magnitude = torch.exp(hidden[:, :bins]).clamp(max=_LOUDEST_BIN)
        return magnitude, torch.sin(hidden[:, bins:])

    def _spectrum(self, source: Tensor) -> Tensor:
        """Return real and imaginary parts of the excitation (1, N): (1, 2 bins, N / hop + 1)."""
        spectrum = torch.stft(
            source, len(self._window), self._hop, window=self._window, return_complex=True
        )
        return torch.cat([spectrum.real, spectrum.imag], dim=1)


def _stages(tensors: Tensors, read: _Reader) -> list[_Stage]:
    count = tensors.count("ups")
    width = tensors.count("resblocks") // max(count, 1)
    weights = [tensors[f"ups.{index}.weight"] for index in range(count)]
    rates = [weight.shape[2] // 2 for weight in weights]
    return [
        _Stage(
            weights[index],
            tensors[f"ups.{index}.bias"],
            rates[index],
            read.causal,
            read.thinning(tensors.scope(f"source_downs.{index}"), math.prod(rates[index + 1 :])),
            _ResidualBlock.of(tensors.scope(f"source_resblocks.{index}"), read),
            tuple(
                _ResidualBlock.of(tensors.scope(f"resblocks.{index * width + number}"), read)
                for number in range(width)
            ),
        )
        for index in range(count)
    ]


def read_vocoder(tensors: Tensors, *, version: Version, recorded: bool = False) -> Vocoder:
    """Read the tensors of `hift.pt`, with or without `generator.` in their names.

    recorded: windows of some lengths are recorded now, for a GPU.

    Raises `WeightsMissing` naming the tensor that lacks.
    """
    if any("generator." in name for name in tensors.stored):
        bare = {name.replace("generator.", ""): it for name, it in tensors.stored.items()}
        tensors = Tensors(bare, tensors.source, device=tensors.device)
    return Vocoder(tensors, causal=version is Version.COSYVOICE3, recorded=recorded)
