"""HuBERT (Hsu et al. 2021): what is said in a recording, as 50 vectors per second."""

import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.errors import BadReference, WeightsMissing
from myna.engines.checkpoints.layers import LayerNorm, Linear
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.layers import Convolution
from myna.engines.gpt_sovits.model_folder import ModelFolder, under_either
from myna.engines.gpt_sovits.tokens.transformer_layer import LayerNames, TransformerLayer

SAMPLE_RATE = 16000  # Hz
SHORTEST = 400  # samples that give one vector

_NAMES = LayerNames(
    query="attention.q_proj",
    key="attention.k_proj",
    value="attention.v_proj",
    attended="attention.out_proj",
    attention_norm="layer_norm",
    widen="feed_forward.intermediate_dense",
    narrow="feed_forward.output_dense",
    last_norm="final_layer_norm",
)


class Hubert:
    """The base network: convolutions over samples, then a transformer."""

    def __init__(self, folder: ModelFolder) -> None:
        """Read the network. Raises `WeightsMissing` for a variant of another make."""
        if folder.config.get("do_stable_layer_norm") or (
            folder.config.get("feat_extract_norm", "group") != "group"
        ):
            raise WeightsMissing(
                f"{str(folder.path)!r} is a HuBERT normalised as the large ones are; GPT-SoVITS "
                "uses chinese-hubert-base. Put that folder there."
            )
        tensors = under_either(folder.tensors, "feature_projection", "hubert")
        epsilon = folder.number("layer_norm_eps", 1e-5)
        extractor = tensors.scope("feature_extractor")
        self._convolutions = [
            Convolution.of(extractor.scope(f"conv_layers.{index}.conv"), stride=stride)
            for index, stride in enumerate(_strides(folder))
        ]
        norm = extractor.scope("conv_layers.0.layer_norm")
        self._first_norm = (norm["weight"], norm["bias"])
        projection = tensors.scope("feature_projection")
        self._features_norm = (
            LayerNorm.of(projection.scope("layer_norm"), epsilon)
            if "layer_norm" in projection
            else None
        )
        self._project = Linear.of(projection.scope("projection"))
        encoder = tensors.scope("encoder")
        self._positions = _positions(encoder.scope("pos_conv_embed.conv"))
        self._norm = LayerNorm.of(encoder.scope("layer_norm"), epsilon)
        n_heads = folder.whole("num_attention_heads")
        self._layers = [
            TransformerLayer.of(encoder.scope(f"layers.{index}"), _NAMES, n_heads, epsilon)
            for index in range(encoder.count("layers"))
        ]

    def __call__(self, samples: Tensor) -> Tensor:
        """Map samples (1, n) at 16 kHz, as they are, to (1, channels, frames of 20 ms)."""
        if samples.shape[1] < SHORTEST:
            raise BadReference(
                f"The reference of {samples.shape[1] / SAMPLE_RATE:.3f} s is too short to hear "
                "anything in: give some seconds of speech."
            )
        hidden = samples[:, None]
        for index, convolution in enumerate(self._convolutions):
            hidden = convolution(hidden)
            if index == 0:
                weight, bias = self._first_norm
                hidden = F.group_norm(hidden, hidden.shape[1], weight, bias)
            hidden = F.gelu(hidden)
        hidden = hidden.transpose(1, 2)  # (1, frames, channels)
        if self._features_norm is not None:
            hidden = self._features_norm(hidden)
        hidden = self._project(hidden)
        hidden = self._norm(hidden + self._placed(hidden))
        for layer in self._layers:
            hidden = layer(hidden)
        return hidden.transpose(1, 2)

    def _placed(self, hidden: Tensor) -> Tensor:
        placed = self._positions(hidden.transpose(1, 2))
        return F.gelu(placed[:, :, : hidden.shape[1]]).transpose(1, 2)  # an even kernel adds one


def _strides(folder: ModelFolder) -> list[int]:
    strides = folder.config.get("conv_stride", [5, 2, 2, 2, 2, 2, 2])
    if not isinstance(strides, list):
        raise WeightsMissing(
            f"{str(folder.path / 'config.json')!r} has {strides!r} for 'conv_stride', not a "
            "list. Get the published file again."
        )
    return [int(stride) for stride in strides]


def _positions(tensors: Tensors) -> Convolution:
    weight = tensors["weight"]  # (channels, channels / groups, kernel)
    groups = weight.shape[0] // weight.shape[1]
    return Convolution(weight, tensors["bias"], padding=weight.shape[2] // 2, groups=groups)
