"""The neural source filter's source (Wang et al. 2019): harmonics of the pitch, and noise."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.batching.noise import uniforms
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.layers import Linear
from myna.engines.cosyvoice.acoustic.request import SAMPLE_RATE, SAMPLES_PER_FRAME

_VOICED_ABOVE = 10.0  # Hz
_SINE_LEVEL = 0.1
_VOICED_NOISE = 0.003
_UNVOICED_NOISE = _SINE_LEVEL / 3


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where in a recording a stretch of frames begins, so that its sound goes on smoothly."""

    frame: int = 0
    cycles: Tensor | None = None
    """How often the pitch had turned before, over 480: (1,) float64; None at the beginning."""


def cycles_after(place: Place, pitch: Tensor) -> Place:
    """Return the place after the frames of a pitch (1, T) in Hz."""
    turned = (pitch.to(torch.float64) / SAMPLE_RATE).sum(dim=1)
    before = 0.0 if place.cycles is None else place.cycles
    return Place(place.frame + pitch.shape[1], before + turned)


class Source:
    """Turns pitch into what the vocoder's filter is excited by; read-only."""

    def __init__(self, tensors: Tensors, *, causal: bool) -> None:
        """`tensors` are those under `m_source.l_linear`. A causal source looks at no next frame."""
        self._mix = Linear.of(tensors)
        self._causal = causal

    @property
    def harmonics(self) -> int:
        """How many multiples of the pitch there are, itself included."""
        return self._mix.weight.shape[1]

    def noise(self, place: Place, frames: int, seed: int) -> Tensor:
        """Return the noise of some frames: (frames * 480, harmonics), the same in any window."""
        first = place.frame * SAMPLES_PER_FRAME
        end, device = first + frames * SAMPLES_PER_FRAME, self._mix.weight.device
        samples = torch.arange(first, end, dtype=torch.int64, device=device)
        seeds = torch.full_like(samples, seed)
        if self._causal:
            return uniforms(seeds, samples, self.harmonics).to(torch.float32)
        half = (self.harmonics + 1) // 2
        drawn = uniforms(seeds, samples, 2 * half).to(torch.float32)
        radius = torch.sqrt(-2.0 * torch.log(drawn[:, :half]))
        angle = (2.0 * math.pi) * drawn[:, half:]
        pairs = torch.cat([radius * torch.cos(angle), radius * torch.sin(angle)], dim=1)
        return pairs[:, : self.harmonics]

    def __call__(
        self,
        pitch: Tensor,
        noise: Tensor,
        place: Place | None = None,
        precision: torch.dtype = torch.float64,
    ) -> Tensor:
        """Map pitch (1, T) in Hz and noise (480 T, harmonics) to an excitation (1, 1, 480 T).

        Phases are summed in float64: a minute on, float32 knows those of high harmonics to a
        hundredth of a turn.
        """
        sines = torch.sin(self._phases(pitch.to(precision), place or Place())).to(torch.float32)
        voiced = (pitch > _VOICED_ABOVE).to(torch.float32)
        voiced = voiced.repeat_interleave(SAMPLES_PER_FRAME, dim=1)[:, :, None]
        level = voiced * _VOICED_NOISE + (1 - voiced) * _UNVOICED_NOISE
        waves = _SINE_LEVEL * sines * voiced + level * noise.to(sines)[None]
        return torch.tanh(self._mix(waves)).transpose(1, 2)

    def _phases(self, pitch: Tensor, place: Place) -> Tensor:
        """Return each harmonic's phase at each sample, in radians: (1, 480 T, harmonics)."""
        multiples = torch.arange(1, self.harmonics + 1, device=pitch.device).to(pitch)
        turned = torch.cumsum((pitch[:, :, None] * multiples / SAMPLE_RATE) % 1, dim=1)
        if place.cycles is not None:
            before = (place.cycles.to(pitch) * multiples)[None, None]
            turned = torch.cat([before, before + turned], dim=1)
        by_frame = (turned * (2.0 * math.pi)).transpose(1, 2) * SAMPLES_PER_FRAME
        mode = "nearest" if self._causal else "linear"
        by_sample = F.interpolate(by_frame, scale_factor=float(SAMPLES_PER_FRAME), mode=mode)
        return by_sample[:, :, -SAMPLES_PER_FRAME * pitch.shape[1] :].transpose(1, 2)
