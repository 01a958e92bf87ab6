"""CosyVoice3's velocity field: a diffusion transformer (Peebles and Xie 2023; Du et al. 2025)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.layers import (
    CausalConvolution,
    Linear,
    SelfAttention,
    Sight,
    Turning,
    sight_mask,
)
from myna.engines.cosyvoice.acoustic.past import AnyPast
from myna.engines.cosyvoice.acoustic.velocity import Condition, Moments, wave_angles

_HEAD_WIDTH = 64
_EPSILON = 1e-6
_TIME_CHANNELS = 256


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    modulate: Linear
    attention: SelfAttention
    widen: Linear
    narrow: Linear

    @classmethod
    def of(cls, tensors: Tensors, precision: torch.dtype) -> "_Block":
        return cls(
            Linear.of(tensors.scope("attn_norm.linear")),
            SelfAttention.of(tensors.scope("attn"), _HEAD_WIDTH, precision),
            Linear.of(tensors.scope("ff.ff.0.0"), precision),
            Linear.of(tensors.scope("ff.ff.2"), precision),
        )

    def __call__(
        self, hidden: Tensor, modulation: Tensor, sight: Sight, rotated: Turning
    ) -> Tensor:
        shift, scale, gate, shift_wide, scale_wide, gate_wide = modulation.chunk(6, dim=-1)
        attended = self.attention(_modulated(hidden, shift, scale), sight, rotated)
        hidden = hidden + gate * attended
        widened = self.widen(_modulated(hidden, shift_wide, scale_wide))
        return hidden + gate_wide * self.narrow(F.gelu(widened, approximate="tanh"))


class DiffusionTransformer:
    """The network; read-only."""

    def __init__(self, tensors: Tensors, precision: torch.dtype = torch.float32) -> None:
        """`tensors` are those under `decoder.estimator`; `precision` is that of its blocks."""
        time = tensors.scope("time_embed.time_mlp")
        self._time = [Linear.of(time.scope(index)) for index in ("0", "2")]
        self._project = Linear.of(tensors.scope("input_embed.proj"))
        place = tensors.scope("input_embed.conv_pos_embed")
        self._place = [_grouped(place.scope(name)) for name in ("conv1.0", "conv2.0")]
        self._blocks = [
            _Block.of(tensors.scope(f"transformer_blocks.{index}"), precision)
            for index in range(tensors.count("transformer_blocks"))
        ]
        self._frequencies = tensors["rotary_embed.inv_freq"]
        self._last_norm = Linear.of(tensors.scope("norm_out.linear"))
        self._out = Linear.of(tensors.scope("proj_out"))
        self._moments = Moments(self._modulations)

    def moment(self, time: float) -> Tensor:
        """See `VelocityField`. Its weights are a third of all."""
        return self._moments(time)

    def velocity(
        self, point: Tensor, condition: Condition, moment: Tensor, past: AnyPast | None
    ) -> Tensor:
        """See `VelocityField`."""
        frames, device = point.shape[2], point.device
        speaker = condition.speaker[:, :, None].expand(-1, -1, frames)
        given = torch.cat([point, condition.prompt, condition.tokens, speaker], dim=1)
        hidden = self._project(given.transpose(1, 2))
        hidden = hidden + self._placed(hidden, past)
        sight = Sight(past, sight_mask(frames, past, device))
        places = torch.zeros(1, device=device) if past is None else past.places(device)
        rotated = _rotation(places, frames, self._frequencies)
        channels = hidden.shape[2]
        sizes = [6 * channels] * len(self._blocks) + [2 * channels]
        *of_blocks, of_last = torch.split(moment, sizes, 2)
        for block, modulation in zip(self._blocks, of_blocks, strict=True):
            hidden = block(hidden, modulation, sight, rotated)
        scale, shift = of_last.chunk(2, dim=-1)
        return self._out(_modulated(hidden, shift, scale)).transpose(1, 2)

    def _modulations(self, time: float) -> Tensor:
        """Return how each block, and what follows them, is modulated at a time: (1, 1, all)."""
        waves = wave_angles(time, _TIME_CHANNELS, self._frequencies.device)
        moment = F.silu(self._time[1](F.silu(self._time[0](waves))))
        linears = [*(block.modulate for block in self._blocks), self._last_norm]
        return torch.cat([linear(moment) for linear in linears], dim=1)[:, None]

    def _placed(self, hidden: Tensor, past: AnyPast | None) -> Tensor:
        hidden = hidden.transpose(1, 2)
        for convolution in self._place:
            hidden = F.mish(convolution(hidden, past))
        return hidden.transpose(1, 2)


def _grouped(tensors: Tensors) -> CausalConvolution:
    outputs, inputs = tensors["weight"].shape[:2]
    return CausalConvolution.of(tensors, groups=outputs // inputs)


def _modulated(hidden: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return F.layer_norm(hidden, hidden.shape[-1:], eps=_EPSILON) * (1 + scale) + shift


def _rotation(places: Tensor, frames: int, frequencies: Tensor) -> Turning:
    """Return rotary positions (Su et al. 2021): what rotates neighbouring pairs of (B, T, C).

    places: those of each row's first frame. Only the first head is rotated: they are trained so.
    """
    positions = places[:, None] + torch.arange(frames, device=frequencies.device)
    angles = positions[:, :, None] * frequencies
    cosine, sine = angles.cos(), angles.sin()  # (rows, frames, 32)

    def rotated(inputs: Tensor) -> Tensor:
        even, odd = inputs[..., 0:_HEAD_WIDTH:2], inputs[..., 1:_HEAD_WIDTH:2]
        turned = torch.stack([even * cosine - odd * sine, odd * cosine + even * sine], dim=-1)
        return torch.cat([turned.flatten(-2), inputs[..., _HEAD_WIDTH:]], dim=-1)

    return rotated
