"""CosyVoice3's velocity field: a diffusion transformer (Peebles and Xie 2023; Du et al. 2025)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.layers import (
    CausalConvolution,
    Linear,
    attention,
    join_heads,
    sight_mask,
    split_heads,
)
from myna.engines.cosyvoice.acoustic.past_batch import AnyPast
from myna.engines.cosyvoice.acoustic.velocity import Condition, wave_angles

_HEAD_WIDTH = 64
_EPSILON = 1e-6
_TIME_CHANNELS = 256
_TIMES_KEPT = 64

Rotation = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    modulate: Linear
    query: Linear
    key: Linear
    value: Linear
    out: Linear
    widen: Linear
    narrow: Linear

    @classmethod
    def of(cls, tensors: Tensors, precision: torch.dtype) -> "_Block":
        own = tensors.scope("attn")
        return cls(
            Linear.of(tensors.scope("attn_norm.linear")),
            Linear.of(own.scope("to_q"), precision),
            Linear.of(own.scope("to_k"), precision),
            Linear.of(own.scope("to_v"), precision),
            Linear.of(own.scope("to_out.0"), precision),
            Linear.of(tensors.scope("ff.ff.0.0"), precision),
            Linear.of(tensors.scope("ff.ff.2"), precision),
        )

    def __call__(
        self, hidden: Tensor, modulation: Tensor, rotation: Rotation, sight: "_Sight"
    ) -> Tensor:
        shift, scale, gate, shift_wide, scale_wide, gate_wide = modulation.chunk(6, dim=-1)
        attended = self._attended(_modulated(hidden, shift, scale), rotation, sight)
        hidden = hidden + gate * attended
        widened = self.widen(_modulated(hidden, shift_wide, scale_wide))
        return hidden + gate_wide * self.narrow(F.gelu(widened, approximate="tanh"))

    def _attended(self, hidden: Tensor, rotation: Rotation, sight: "_Sight") -> Tensor:
        n_heads = hidden.shape[-1] // _HEAD_WIDTH
        query = split_heads(_rotated(self.query(hidden), rotation), n_heads)
        key = split_heads(_rotated(self.key(hidden), rotation), n_heads)
        value = split_heads(self.value(hidden), n_heads)
        key, value = key.to(self.query.weight.dtype), value.to(self.query.weight.dtype)
        if sight.past is not None:
            key, value = sight.past.extended(key, value)
        return self.out(join_heads(attention(query, key, value, sight.mask)))


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    past: AnyPast | None
    mask: Tensor | None


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
        self._at_times: dict[float, list[Tensor]] = {}

    def velocity(
        self, point: Tensor, condition: Condition, time: float, past: AnyPast | None
    ) -> Tensor:
        """See `VelocityField`."""
        frames, device = point.shape[2], point.device
        speaker = condition.speaker[:, :, None].expand(-1, -1, frames)
        given = torch.cat([point, condition.prompt, condition.tokens, speaker], dim=1)
        hidden = self._project(given.transpose(1, 2))
        hidden = hidden + self._placed(hidden, past)
        sight = _Sight(past, sight_mask(frames, past, device))
        places = torch.zeros(1, device=device) if past is None else past.places(device)
        rotation = _rotation(places, frames, self._frequencies)
        *of_blocks, of_last = self._modulations(time)
        for block, modulation in zip(self._blocks, of_blocks, strict=True):
            hidden = block(hidden, modulation, rotation, sight)
        scale, shift = of_last.chunk(2, dim=-1)
        return self._out(_modulated(hidden, shift, scale)).transpose(1, 2)

    def _modulations(self, time: float) -> list[Tensor]:
        """Return how each block, and what follows them, is modulated at a time: (1, 1, n) each.

        They are kept: their weights are a third of all, and paths share their times.
        """
        found = self._at_times.get(time)
        if found is None:
            waves = wave_angles(time, _TIME_CHANNELS, self._frequencies.device)
            moment = F.silu(self._time[1](F.silu(self._time[0](waves))))
            linears = [*(block.modulate for block in self._blocks), self._last_norm]
            found = [linear(moment)[:, None] for linear in linears]
            if len(self._at_times) < _TIMES_KEPT:
                self._at_times[time] = found
        return found

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


def _rotation(places: Tensor, frames: int, frequencies: Tensor) -> Rotation:
    """Return cosines and sines of rotary positions (Su et al. 2021).

    Two of shape (rows, frames, 32), for the places of each row's first frame.
    """
    positions = places[:, None] + torch.arange(frames, device=frequencies.device)
    angles = positions[:, :, None] * frequencies
    return angles.cos(), angles.sin()


def _rotated(inputs: Tensor, rotation: Rotation) -> Tensor:
    """Rotate neighbouring pairs of (B, T, C), of the first head only: they are trained so."""
    cosine, sine = rotation
    even, odd = inputs[..., 0:_HEAD_WIDTH:2], inputs[..., 1:_HEAD_WIDTH:2]
    turned = torch.stack([even * cosine - odd * sine, odd * cosine + even * sine], dim=-1)
    return torch.cat([turned.flatten(-2), inputs[..., _HEAD_WIDTH:]], dim=-1)
