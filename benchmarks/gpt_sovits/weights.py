"""Files of full size with random weights, by the recipe of the parity data."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tests.parity import recipe
from tests.unit.engines.gpt_sovits import shapes, tiny_checkpoints

KEYS = Path("tests/parity/data/gptsovits")
CALMED = ("out_proj.weight", "linear2.weight")
CALM = 0.3  # with less, what a token changes is lost on its way through the layers
PREDICT = "model.ar_predict_layer.weight"
WIDTH = 768  # of HuBERT, whose other proportions follow


def write_installation(folder: Path, *, half: bool = False) -> None:
    """Write v2ProPlus as it is published, but BERT: 1.2 GB, ten seconds.

    `half` has 16 bits where the published files have them: all but the speaker network.
    """

    def stored(weights: dict[str, Tensor]) -> dict[str, Tensor]:
        return in_16_bits(weights) if half else weights

    write(folder / "s1v3.ckpt", {"weight": stored(gpt()), "config": GPT_CONFIG, "info": ""})
    sovits = stored(filled(keys("vits_v2proplus_full")))
    config = tiny_checkpoints.sovits_config("v2ProPlus")
    write(folder / "v2Pro/s2Gv2ProPlus.pth", {"weight": sovits, "config": config, "info": ""})
    write(folder / "sv/pretrained_eres2netv2w24s4ep4.ckpt", filled(keys("sv_eres2netv2")))
    write(folder / "chinese-hubert-base/pytorch_model.bin", stored(filled(hubert())))
    (folder / "chinese-hubert-base/config.json").write_text(json.dumps(HUBERT_CONFIG), "utf-8")


def write_v4(folder: Path, *, half: bool = False) -> None:
    """Write v4's decoder and vocoder beside what `write_installation` writes."""
    wide = filled(shapes.mel_features(shapes.FULL_V2) | shapes.flow_matching(shapes.FULL_MATCHING))
    content = {"config": tiny_checkpoints.sovits_config("v4"), "info": ""}
    content["weight"] = in_16_bits(wide) if half else wide
    write(folder / "gsv-v4-pretrained/s2Gv4.pth", content)
    vocoder = shapes.hifigan("", 512, 100, (20, 12, 4, 4, 4), None)
    write(folder / tiny_checkpoints.VOCODER_V4, filled(vocoder))


def in_16_bits(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the same in half precision."""
    return {name: it.half() if it.is_floating_point() else it for name, it in weights.items()}


GPT_CONFIG = {
    "model": {
        "vocab_size": 1025,
        "phoneme_vocab_size": 732,
        "embedding_dim": 512,
        "hidden_dim": 512,
        "head": 16,
        "n_layer": 24,
        "dropout": 0,
        "EOS": 1024,
    },
    "data": {"max_sec": 54},
}
HUBERT_CONFIG = {
    "model_type": "hubert",
    "hidden_size": WIDTH,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 4 * WIDTH,
    "conv_dim": [512] * 7,
    "conv_stride": [5, 2, 2, 2, 2, 2, 2],
    "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
    "num_conv_pos_embeddings": 128,
    "num_conv_pos_embedding_groups": 16,
    "feat_extract_norm": "group",
    "do_stable_layer_norm": False,
    "layer_norm_eps": 1e-5,
}


def gpt() -> dict[str, Tensor]:
    """Return the decoder of semantic tokens: what is said matters, and it never ends by itself."""
    shapes = keys("t2s_full")
    weights = filled(
        {name if name.startswith("model.") else f"model.{name}": shapes[name] for name in shapes}
    )
    for name, tensor in weights.items():
        if name.endswith(CALMED):
            tensor.mul_(CALM)
    weights[PREDICT][-1] = 0  # never among the most probable
    return weights


def keys(name: str) -> Mapping[str, Sequence[int]]:
    """Return the shapes of a network's tensors."""
    found: dict[str, list[int]] = json.loads((KEYS / f"keys_{name}.json").read_text("utf-8"))
    return found


def filled(shapes: Mapping[str, Sequence[int]]) -> dict[str, Tensor]:
    """Return the tensors of a network."""
    return {name: torch.from_numpy(np.asarray(a)) for name, a in recipe.state(shapes).items()}


def write(path: Path, content: Mapping[str, object]) -> None:
    """Save a checkpoint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(dict(content), path)


def hubert() -> dict[str, Sequence[int]]:
    """Return the shapes of HuBERT's tensors."""
    position = "encoder.pos_conv_embed.conv"
    shapes: dict[str, Sequence[int]] = {
        "feature_extractor.conv_layers.0.layer_norm.weight": [512],
        "feature_extractor.conv_layers.0.layer_norm.bias": [512],
        "feature_projection.layer_norm.weight": [512],
        "feature_projection.layer_norm.bias": [512],
        "feature_projection.projection.weight": [WIDTH, 512],
        "feature_projection.projection.bias": [WIDTH],
        f"{position}.bias": [WIDTH],
        f"{position}.weight_g": [1, 1, 128],
        f"{position}.weight_v": [WIDTH, WIDTH // 16, 128],
        "encoder.layer_norm.weight": [WIDTH],
        "encoder.layer_norm.bias": [WIDTH],
    }
    for index, size in enumerate((10, 3, 3, 3, 3, 2, 2)):
        inputs = 512 if index else 1
        shapes[f"feature_extractor.conv_layers.{index}.conv.weight"] = [512, inputs, size]
    for layer in range(12):
        name = f"encoder.layers.{layer}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            shapes[f"{name}.attention.{part}.weight"] = [WIDTH, WIDTH]
            shapes[f"{name}.attention.{part}.bias"] = [WIDTH]
        for part in ("layer_norm", "final_layer_norm"):
            shapes[f"{name}.{part}.weight"] = [WIDTH]
            shapes[f"{name}.{part}.bias"] = [WIDTH]
        for part, outputs, inputs in (
            ("intermediate_dense", 4 * WIDTH, WIDTH),
            ("output_dense", WIDTH, 4 * WIDTH),
        ):
            shapes[f"{name}.feed_forward.{part}.weight"] = [outputs, inputs]
            shapes[f"{name}.feed_forward.{part}.bias"] = [outputs]
    return shapes
