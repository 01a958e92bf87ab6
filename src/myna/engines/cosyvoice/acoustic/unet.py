"""CosyVoice2's velocity field: a causal U-Net of one level (Du et al. 2024).

Stages of a residual block of convolutions and some transformer blocks, the first stage's outcome
beside the last one's input.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.layers import LayerNorm
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.layers import (
    CausalConvolution,
    Linear,
    SelfAttention,
    Sight,
    sight_mask,
)
from myna.engines.cosyvoice.acoustic.past import AnyPast
from myna.engines.cosyvoice.acoustic.velocity import Condition, Moments, wave_angles


@dataclass(frozen=True, slots=True, eq=False)
class _Convolved:
    convolution: CausalConvolution
    norm: LayerNorm

    @classmethod
    def of(cls, tensors: Tensors) -> "_Convolved":
        return cls(
            CausalConvolution.of(tensors.scope("block.0")),
            LayerNorm.of(tensors.scope("block.2")),
        )

    def __call__(self, inputs: Tensor, past: AnyPast | None) -> Tensor:
        return F.mish(self.norm.over_channels(self.convolution(inputs, past)))


@dataclass(frozen=True, slots=True, eq=False)
class _Residual:
    first: _Convolved
    second: _Convolved
    time: Linear
    beside: CausalConvolution

    @classmethod
    def of(cls, tensors: Tensors) -> "_Residual":
        return cls(
            _Convolved.of(tensors.scope("block1")),
            _Convolved.of(tensors.scope("block2")),
            Linear.of(tensors.scope("mlp.1")),
            CausalConvolution.of(tensors.scope("res_conv")),
        )

    def __call__(self, inputs: Tensor, time: Tensor, past: AnyPast | None) -> Tensor:
        hidden = self.first(inputs, past) + self.time(time)[:, :, None]
        return self.second(hidden, past) + self.beside(inputs, None)


@dataclass(frozen=True, slots=True, eq=False)
class _Transformer:
    attention_norm: LayerNorm
    attention: SelfAttention
    feed_forward_norm: LayerNorm
    widen: Linear
    narrow: Linear

    @classmethod
    def of(cls, tensors: Tensors, head_width: int, precision: torch.dtype) -> "_Transformer":
        return cls(
            LayerNorm.of(tensors.scope("norm1")),
            SelfAttention.of(tensors.scope("attn1"), head_width, precision),
            LayerNorm.of(tensors.scope("norm3")),
            Linear.of(tensors.scope("ff.net.0.proj"), precision),
            Linear.of(tensors.scope("ff.net.2"), precision),
        )

    def __call__(self, hidden: Tensor, sight: Sight) -> Tensor:
        hidden = hidden + self.attention(self.attention_norm(hidden), sight)
        return hidden + self.narrow(F.gelu(self.widen(self.feed_forward_norm(hidden))))


@dataclass(frozen=True, slots=True, eq=False)
class _Stage:
    residual: _Residual
    transformers: tuple[_Transformer, ...]
    after: CausalConvolution | None

    @classmethod
    def of(cls, tensors: Tensors, head_width: int, precision: torch.dtype) -> "_Stage":
        blocks = tensors.scope("1")
        return cls(
            _Residual.of(tensors.scope("0")),
            tuple(
                _Transformer.of(blocks.scope(str(index)), head_width, precision)
                for index in range(tensors.count("1"))
            ),
            CausalConvolution.of(tensors.scope("2")) if "2" in tensors else None,
        )

    def transformed(self, hidden: Tensor, sight: Sight) -> Tensor:
        hidden = hidden.transpose(1, 2)
        for transformer in self.transformers:
            hidden = transformer(hidden, sight)
        return hidden.transpose(1, 2)


class UNet:
    """The network; read-only."""

    def __init__(
        self, tensors: Tensors, head_width: int, precision: torch.dtype = torch.float32
    ) -> None:
        """`tensors` are those under `decoder.estimator`; `precision` is that of transformers."""
        self._time = [Linear.of(tensors.scope(f"time_mlp.linear_{n}")) for n in (1, 2)]
        names = [f"{part}.{index}" for part in _PARTS for index in range(tensors.count(part))]
        self._stages = [_Stage.of(tensors.scope(name), head_width, precision) for name in names]
        self._last = _Convolved.of(tensors.scope("final_block"))
        self._out = CausalConvolution.of(tensors.scope("final_proj"))
        self._moments = Moments(self._moment)

    def moment(self, time: float) -> Tensor:
        """See `VelocityField`."""
        return self._moments(time)

    def velocity(
        self, point: Tensor, condition: Condition, moment: Tensor, past: AnyPast | None
    ) -> Tensor:
        """See `VelocityField`."""
        speaker = condition.speaker[:, :, None].expand(-1, -1, point.shape[2])
        hidden = torch.cat([point, condition.tokens, speaker, condition.prompt], dim=1)
        sight = Sight(past, sight_mask(point.shape[2], past, point.device))
        skipped = hidden
        for index, stage in enumerate(self._stages):
            if index == len(self._stages) - 1:
                hidden = torch.cat([hidden, skipped], dim=1)
            hidden = stage.residual(hidden, moment, past)
            hidden = stage.transformed(hidden, sight)
            if index == 0:
                skipped = hidden
            if stage.after is not None:
                hidden = stage.after(hidden, past)
        return self._out(self._last(hidden, past), None)

    def _moment(self, time: float) -> Tensor:
        first, second = self._time
        waves = wave_angles(time, first.weight.shape[1], self._out.weight.device)
        return F.mish(second(F.silu(first(waves))))


_PARTS = ("down_blocks", "mid_blocks", "up_blocks")
