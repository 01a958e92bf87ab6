"""Tiny flows and vocoders of both generations: the published layers and names, few channels."""

import torch
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.flow import Flow, read_flow
from myna.engines.cosyvoice.acoustic.recorded_step import Recording
from myna.engines.cosyvoice.acoustic.request import SpeechPrompt
from myna.engines.cosyvoice.acoustic.vocoder import Vocoder, read_vocoder
from myna.engines.cosyvoice.version import Version

N_MELS, VOCABULARY, HEAD_WIDTH = 80, 6561, 16
_WIDTH, _HEADS = 32, 2  # of the encoder
_CHANNELS = 32  # of the U-Net
_TIME = 64
_DEEP = 128  # of the transformer of version 3: its heads are 64 wide
Shapes = dict[str, tuple[int, ...]]


def flow_state(version: Version) -> dict[str, Tensor]:
    """Return what a `flow.pt` holds."""
    shapes = _linear("spk_embed_affine_layer", 192, N_MELS)
    if version is Version.COSYVOICE2:
        shapes |= {"input_embedding.weight": (VOCABULARY, _WIDTH)} | _encoder() | _unet()
    else:
        shapes |= {"input_embedding.weight": (VOCABULARY, N_MELS)} | _transformer()
        shapes |= _look_ahead("pre_lookahead_layer", N_MELS, 48)
    return _filled(shapes)


def vocoder_state(version: Version) -> dict[str, Tensor]:
    """Return what a `hift.pt` holds; those of version 2 in the older names of weight norm."""
    causal = version is Version.COSYVOICE3
    width, rates, kernels = 32, (8, 5, 3), (16, 11, 7)
    shapes = _linear("m_source.l_linear", 9, 1)
    shapes |= _normed("conv_pre", width, N_MELS, 5 if causal else 7)
    for stage, kernel in enumerate(kernels):
        inputs, outputs = width >> stage, width >> (stage + 1)
        ends = (outputs, inputs) if causal else (inputs, outputs)
        shapes |= _normed(f"ups.{stage}", *ends, kernel) | {f"ups.{stage}.bias": (outputs,)}
        stride = (15, 3, 1)[stage]
        thinning = 2 * stride if stride > 1 else 1
        shapes |= _convolution(f"source_downs.{stage}", outputs, 18, thinning)
        shapes |= _residual(f"source_resblocks.{stage}", outputs, (7, 7, 11)[stage])
        for number, reach in enumerate((3, 7, 11)):
            shapes |= _residual(f"resblocks.{3 * stage + number}", outputs, reach)
    shapes |= _normed("conv_post", 18, width >> len(rates), 7)
    for index in range(5):
        inputs, kernel = (16, 3) if index else (N_MELS, 4 if causal else 3)
        shapes |= _normed(f"f0_predictor.condnet.{2 * index}", 16, inputs, kernel)
    shapes |= _linear("f0_predictor.classifier", 16, 1)
    state = _filled(shapes)
    state["f0_predictor.classifier.weight"] *= 40
    state["f0_predictor.classifier.bias"] += 120
    state["conv_post.weight_g"] *= 0.05
    state["conv_post.bias"] -= 3
    return {f"generator.{name}": it for name, it in state.items()}


@torch.inference_mode()
def tiny_flow(
    version: Version = Version.COSYVOICE2,
    precision: torch.dtype = torch.float32,
    recording: Recording | None = None,
    device: torch.device | str = "cpu",
) -> Flow:
    return read_flow(
        Tensors(flow_state(version), "flow.pt", device=device),
        version=version,
        head_width=HEAD_WIDTH,
        precision=precision,
        recording=recording,
    )


@torch.inference_mode()
def tiny_vocoder(
    version: Version = Version.COSYVOICE2,
    *,
    recorded: bool = False,
    device: torch.device | str = "cpu",
) -> Vocoder:
    tensors = Tensors(vocoder_state(version), "hift.pt", device=device)
    return read_vocoder(tensors, version=version, recorded=recorded)


def prompt(tokens: int, seed: int = 5) -> SpeechPrompt:
    """Return a voice told by so many tokens."""
    drawn = torch.Generator().manual_seed(seed)
    return SpeechPrompt(
        torch.randint(0, VOCABULARY, (tokens,), generator=drawn),
        torch.randn(N_MELS, 2 * tokens, generator=drawn) * 2 - 5,
        torch.randn(192, generator=drawn),
    )


def speech_tokens(count: int, seed: int = 9) -> list[int]:
    drawn = torch.Generator().manual_seed(seed)
    return [int(it) for it in torch.randint(0, VOCABULARY, (count,), generator=drawn)]


def _encoder() -> Shapes:
    shapes = _look_ahead("encoder.pre_lookahead_layer", _WIDTH, _WIDTH)
    shapes |= _convolution("encoder.up_layer.conv", _WIDTH, _WIDTH, 5)
    shapes |= _norm("encoder.after_norm", _WIDTH) | _linear("encoder_proj", _WIDTH, N_MELS)
    for name in ("embed", "up_embed"):
        shapes |= _linear(f"encoder.{name}.out.0", _WIDTH, _WIDTH)
        shapes |= _norm(f"encoder.{name}.out.1", _WIDTH)
    for name in ("encoders.0", "up_encoders.0", "up_encoders.1"):
        block = f"encoder.{name}"
        for part in ("linear_q", "linear_k", "linear_v", "linear_out"):
            shapes |= _linear(f"{block}.self_attn.{part}", _WIDTH, _WIDTH)
        shapes |= _linear(f"{block}.self_attn.linear_pos", _WIDTH, _WIDTH, bias=False)
        for part in ("pos_bias_u", "pos_bias_v"):
            shapes[f"{block}.self_attn.{part}"] = (_HEADS, _WIDTH // _HEADS)
        shapes |= _linear(f"{block}.feed_forward.w_1", _WIDTH, 48)
        shapes |= _linear(f"{block}.feed_forward.w_2", 48, _WIDTH)
        shapes |= _norm(f"{block}.norm_ff", _WIDTH) | _norm(f"{block}.norm_mha", _WIDTH)
    return shapes


def _unet() -> Shapes:
    name = "decoder.estimator"
    shapes = _linear(f"{name}.time_mlp.linear_1", 4 * N_MELS, _TIME)
    shapes |= _linear(f"{name}.time_mlp.linear_2", _TIME, _TIME)
    shapes |= _stage(f"{name}.down_blocks.0", 4 * N_MELS) | _stage(f"{name}.mid_blocks.0")
    shapes |= _stage(f"{name}.up_blocks.0", 2 * _CHANNELS)
    for part in ("down_blocks", "up_blocks"):
        shapes |= _convolution(f"{name}.{part}.0.2", _CHANNELS, _CHANNELS, 3)
    shapes |= _convolution(f"{name}.final_block.block.0", _CHANNELS, _CHANNELS, 3)
    shapes |= _norm(f"{name}.final_block.block.2", _CHANNELS)
    return shapes | _convolution(f"{name}.final_proj", N_MELS, _CHANNELS, 1)


def _stage(name: str, inputs: int = _CHANNELS) -> Shapes:
    shapes = _linear(f"{name}.0.mlp.1", _TIME, _CHANNELS)
    shapes |= _convolution(f"{name}.0.res_conv", _CHANNELS, inputs, 1)
    for number, width in ((1, inputs), (2, _CHANNELS)):
        shapes |= _convolution(f"{name}.0.block{number}.block.0", _CHANNELS, width, 3)
        shapes |= _norm(f"{name}.0.block{number}.block.2", _CHANNELS)
    block = f"{name}.1.0"
    for part in ("to_q", "to_k", "to_v"):
        shapes |= _linear(f"{block}.attn1.{part}", _CHANNELS, 2 * HEAD_WIDTH, bias=False)
    shapes |= _linear(f"{block}.attn1.to_out.0", 2 * HEAD_WIDTH, _CHANNELS)
    shapes |= _linear(f"{block}.ff.net.0.proj", _CHANNELS, 48)
    shapes |= _linear(f"{block}.ff.net.2", 48, _CHANNELS)
    return shapes | _norm(f"{block}.norm1", _CHANNELS) | _norm(f"{block}.norm3", _CHANNELS)


def _transformer() -> Shapes:
    name = "decoder.estimator"
    shapes = _linear(f"{name}.time_embed.time_mlp.0", 256, _DEEP)
    shapes |= _linear(f"{name}.time_embed.time_mlp.2", _DEEP, _DEEP)
    shapes |= _linear(f"{name}.input_embed.proj", 4 * N_MELS, _DEEP)
    for part in ("conv1", "conv2"):
        shapes |= _convolution(f"{name}.input_embed.conv_pos_embed.{part}.0", _DEEP, 8, 31)
    shapes[f"{name}.rotary_embed.inv_freq"] = (32,)
    for index in range(2):
        block = f"{name}.transformer_blocks.{index}"
        shapes |= _linear(f"{block}.attn_norm.linear", _DEEP, 6 * _DEEP)
        for part in ("to_q", "to_k", "to_v", "to_out.0"):
            shapes |= _linear(f"{block}.attn.{part}", _DEEP, _DEEP)
        shapes |= _linear(f"{block}.ff.ff.0.0", _DEEP, 2 * _DEEP)
        shapes |= _linear(f"{block}.ff.ff.2", 2 * _DEEP, _DEEP)
    shapes |= _linear(f"{name}.norm_out.linear", _DEEP, 2 * _DEEP)
    return shapes | _linear(f"{name}.proj_out", _DEEP, N_MELS)


def _look_ahead(name: str, outer: int, inner: int) -> Shapes:
    return _convolution(f"{name}.conv1", inner, outer, 4) | _convolution(
        f"{name}.conv2", outer, inner, 3
    )


def _residual(name: str, channels: int, kernel: int) -> Shapes:
    shapes: Shapes = {}
    for index in range(3):
        for number in (1, 2):
            shapes |= _normed(f"{name}.convs{number}.{index}", channels, channels, kernel)
            shapes[f"{name}.activations{number}.{index}.alpha"] = (channels,)
    return shapes


def _linear(name: str, inputs: int, outputs: int, *, bias: bool = True) -> Shapes:
    return {f"{name}.weight": (outputs, inputs)} | ({f"{name}.bias": (outputs,)} if bias else {})


def _norm(name: str, channels: int) -> Shapes:
    return {f"{name}.weight": (channels,), f"{name}.bias": (channels,)}


def _convolution(name: str, outputs: int, inputs: int, kernel: int) -> Shapes:
    return {f"{name}.weight": (outputs, inputs, kernel), f"{name}.bias": (outputs,)}


def _normed(name: str, outputs: int, inputs: int, kernel: int) -> Shapes:
    return {
        f"{name}.weight_g": (outputs, 1, 1),
        f"{name}.weight_v": (outputs, inputs, kernel),
        f"{name}.bias": (outputs,),
    }


def _filled(shapes: Shapes) -> dict[str, Tensor]:
    drawn = torch.Generator().manual_seed(3)
    return {name: _tensor(name, shape, drawn) for name, shape in shapes.items()}


def _tensor(name: str, shape: tuple[int, ...], drawn: torch.Generator) -> Tensor:
    noise = torch.randn(shape, generator=drawn)
    if name.endswith(".inv_freq"):
        return 10000.0 ** -(torch.arange(32) / 32)
    if name.endswith((".weight_g", ".alpha")) or (len(shape) == 1 and name.endswith(".weight")):
        return 1 + 0.1 * noise
    if len(shape) == 1:
        return 0.05 * noise
    return noise / max(1, noise[0].numel()) ** 0.5
