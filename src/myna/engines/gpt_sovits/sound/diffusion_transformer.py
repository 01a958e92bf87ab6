"""The velocity field of v3 and v4: a diffusion transformer (Peebles and Xie 2023; F5-TTS, 2024).

Beside the time on the path it knows the length of the step to be made (shortcut models, Frans et
al. 2024). What does not change from step to step is computed once: see `conditioned`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.layers import LayerNorm, Linear, join_heads, split_heads
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.layers import Convolution, attention
from myna.engines.gpt_sovits.sound.eight_bit_linear import Projection, exact

HEAD_WIDTH = 64
_POSITIONS = 4096  # beyond which positions are not told apart
_EPSILON = 1e-6
_TIME_CHANNELS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """What the velocity depends on beside the point and the time."""

    constant: Tensor  # (batch, frames, channels): prompt and features, projected
    mask: Tensor | None  # (batch, frames) bool: False on padding


@dataclass(frozen=True, slots=True, eq=False)
class _TextBlock:
    """ConvNeXt V2 (Woo et al. 2023) over frames."""

    spread: Convolution
    norm: LayerNorm
    widen: Linear
    gamma: Tensor
    beta: Tensor
    narrow: Linear

    @classmethod
    def of(cls, tensors: Tensors) -> "_TextBlock":
        return cls(
            _grouped(tensors.scope("dwconv")),
            LayerNorm.of(tensors.scope("norm"), _EPSILON),
            Linear.of(tensors.scope("pwconv1")),
            tensors["grn.gamma"],
            tensors["grn.beta"],
            Linear.of(tensors.scope("pwconv2")),
        )

    def __call__(self, inputs: Tensor, mask: Tensor | None) -> Tensor:
        inputs = _kept(inputs, mask)
        hidden = self.norm(self.spread(inputs.transpose(1, 2)).transpose(1, 2))
        hidden = _kept(F.gelu(self.widen(hidden)), mask)
        level = hidden.square().sum(dim=1, keepdim=True).sqrt()  # over the frames
        level = level / (level.mean(dim=-1, keepdim=True) + _EPSILON)
        hidden = self.gamma * (hidden * level) + self.beta + hidden
        return inputs + self.narrow(hidden)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    modulate: Linear
    heard: Projection  # query, key and value in one
    attended: Projection
    widen: Projection
    narrow: Projection

    @classmethod
    def of(cls, tensors: Tensors, project: Callable[[Linear], Projection]) -> "_Block":
        own = tensors.scope("attn")
        heard = [Linear.of(own.scope(name)) for name in ("to_q", "to_k", "to_v")]
        biases = [linear.bias for linear in heard if linear.bias is not None]
        weight = torch.cat([linear.weight for linear in heard])
        return cls(
            Linear.of(tensors.scope("attn_norm.linear")),
            project(Linear(weight, torch.cat(biases) if biases else None)),
            project(Linear.of(own.scope("to_out.0"))),
            project(Linear.of(tensors.scope("ff.ff.0.0"))),
            project(Linear.of(tensors.scope("ff.ff.2"))),
        )

    def __call__(
        self, hidden: Tensor, time: Tensor, rotation: tuple[Tensor, Tensor], mask: Tensor | None
    ) -> Tensor:
        """Map (B, T, C) to the same, with `time` (B, C) after its activation."""
        shift, scale, gate, shift_wide, scale_wide, gate_wide = self.modulate(time)[:, None].chunk(
            6, dim=-1
        )
        attended = self._attention(_modulated(hidden, shift, scale), rotation, mask)
        hidden = hidden + gate * attended
        widened = self.widen(_modulated(hidden, shift_wide, scale_wide))
        return hidden + gate_wide * self.narrow(F.gelu(widened, approximate="tanh"))

    def _attention(
        self, hidden: Tensor, rotation: tuple[Tensor, Tensor], mask: Tensor | None
    ) -> Tensor:
        query, key, value = self.heard(hidden).chunk(3, dim=-1)
        # Only the first head's channels are rotated: the published networks are trained so.
        query, key = _rotated(query, rotation), _rotated(key, rotation)
        n_heads = hidden.shape[-1] // HEAD_WIDTH
        attended = attention(
            split_heads(query, n_heads),
            split_heads(key, n_heads),
            split_heads(value, n_heads),
            None if mask is None else mask[:, None, None],
        )
        return _kept(self.attended(join_heads(attended)), mask)


class DiffusionTransformer:
    """The network; read-only."""

    def __init__(self, tensors: Tensors, project: Callable[[Linear], Projection] = exact) -> None:
        """`tensors` are those under `cfm.estimator`; `project` makes the layers of its blocks."""
        self._time = _TimeEmbedding(tensors.scope("time_embed.time_mlp"))
        self._step = _TimeEmbedding(tensors.scope("d_embed.time_mlp"))
        text = tensors.scope("text_embed.text_blocks")
        self._text = [
            _TextBlock.of(text.scope(str(index)))
            for index in range(tensors.count("text_embed.text_blocks"))
        ]
        self._project = Linear.of(tensors.scope("input_embed.proj"))
        place = tensors.scope("input_embed.conv_pos_embed.conv1d")
        self._place = [_grouped(place.scope(index)) for index in ("0", "2")]
        blocks = tensors.scope("transformer_blocks")
        self._blocks = [
            _Block.of(blocks.scope(str(index)), project)
            for index in range(tensors.count("transformer_blocks"))
        ]
        self._last_norm = Linear.of(tensors.scope("norm_out.linear"))
        self._out = Linear.of(tensors.scope("proj_out"))

    @property
    def n_mels(self) -> int:
        """Bands of the mel spectrogram."""
        return self._out.weight.shape[0]

    def conditioned(
        self, features: Tensor, prompt: Tensor, mask: Tensor | None = None
    ) -> Condition:
        """Prepare what stays the same on the whole path.

        features: (B, T, channels). prompt: (B, T, n_mels), zero where nothing is given.
        mask: (B, T) bool, False on padding.
        """
        text = features + _positions(features.shape[1], features.shape[2], features.device)
        for block in self._text:
            text = block(text, mask)
        weight = self._project.weight[:, self.n_mels :]
        given = torch.cat([prompt, text], dim=-1)
        return Condition(F.linear(given, weight, self._project.bias), mask)

    def velocity(self, point: Tensor, condition: Condition, time: float, step: float) -> Tensor:
        """Return the velocity at a point (B, T, n_mels) on the path, for a step of this length."""
        moments = self._time(time, point) + self._step(step, point)  # (1, channels)
        activated = F.silu(moments).expand(point.shape[0], -1)
        weight = self._project.weight[:, : self.n_mels]
        hidden = F.linear(point, weight) + condition.constant
        hidden = hidden + self._placed(hidden, condition.mask)
        rotation = _rotation(hidden.shape[1], hidden.device)
        for block in self._blocks:
            hidden = block(hidden, activated, rotation, condition.mask)
        scale, shift = self._last_norm(activated)[:, None].chunk(2, dim=-1)
        return self._out(_modulated(hidden, shift, scale))

    def _placed(self, hidden: Tensor, mask: Tensor | None) -> Tensor:
        for convolution in self._place:
            hidden = _kept(hidden, mask).transpose(1, 2)
            hidden = F.mish(convolution(hidden)).transpose(1, 2)
        return hidden


class _TimeEmbedding:
    def __init__(self, tensors: Tensors) -> None:
        self._first = Linear.of(tensors.scope("0"))
        self._second = Linear.of(tensors.scope("2"))

    def __call__(self, value: float, like: Tensor) -> Tensor:
        half = _TIME_CHANNELS // 2
        steps = torch.arange(half, dtype=torch.float32, device=like.device)
        angles = value * 1000 * torch.exp(steps * (-math.log(10000) / (half - 1)))
        waves = torch.cat([angles.sin(), angles.cos()])[None].to(like.dtype)
        return self._second(F.silu(self._first(waves)))


def _kept(hidden: Tensor, mask: Tensor | None) -> Tensor:
    """Empty the frames of (B, T, C) that are padding."""
    return hidden if mask is None else hidden * mask[..., None]


def _grouped(tensors: Tensors) -> Convolution:
    weight = tensors["weight"]
    groups = weight.shape[0] // weight.shape[1]
    return Convolution(weight, tensors.get("bias"), weight.shape[2] // 2, groups=groups)


def _positions(frames: int, channels: int, device: torch.device) -> Tensor:
    """Return the position table: (frames, channels), cosines first."""
    steps = torch.arange(0, channels, 2, dtype=torch.float32, device=device)[: channels // 2]
    frequencies = 1.0 / (10000.0 ** (steps / channels))
    positions = torch.arange(frames, device=device).clamp(max=_POSITIONS - 1).to(torch.float32)
    angles = torch.outer(positions, frequencies)
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


def _modulated(hidden: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return F.layer_norm(hidden, hidden.shape[-1:], eps=_EPSILON) * (1 + scale) + shift


def _rotation(frames: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return cosines and sines of rotary positions (Su et al. 2021): (frames, 32) each."""
    steps = torch.arange(0, HEAD_WIDTH, 2, dtype=torch.float32, device=device)
    frequencies = 1.0 / (10000.0 ** (steps / HEAD_WIDTH))
    angles = torch.outer(torch.arange(frames, dtype=torch.float32, device=device), frequencies)
    return angles.cos(), angles.sin()


def _rotated(inputs: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Rotate neighbouring pairs among the first 64 channels of (B, T, C)."""
    cosine, sine = rotation
    even, odd = inputs[..., 0:HEAD_WIDTH:2], inputs[..., 1:HEAD_WIDTH:2]
    turned = torch.stack([even * cosine - odd * sine, odd * cosine + even * sine], dim=-1)
    return torch.cat([turned.flatten(-2).to(inputs.dtype), inputs[..., HEAD_WIDTH:]], dim=-1)
