"""Files in the formats and folders GPT-SoVITS publishes, with small random networks in them.

The weights follow from their names, so every run writes the same. A tiny decoder of semantic
tokens ends by itself after about a second of speech.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.parity import recipe
from tests.unit.engines.gpt_sovits import shapes
from tests.unit.engines.gpt_sovits.shapes import TINY, Dimensions, Shapes

CONTEXT = 32  # channels of the tiny BERT
SPEAKER_WIDTH = 8  # of the tiny speaker network's first stage; whole thirds of it are needed
HEADERS = {"v1": b"00", "v2": b"01", "v3": b"02", "v2Pro": b"05", "v2ProPlus": b"06"}
LORA_HEADERS = {"v3": b"03", "v4": b"04"}
"""First bytes that newer trainers write in place of the zip's."""
VOCODER_V4 = "gsv-v4-pretrained/vocoder.pth"
VOCODER_V3 = "models--nvidia--bigvgan_v2_24khz_100band_256x"
CHARACTERS = (
    "你好世界今天气很我们是中国人的一不了在有这个上来到时大地为子就说那要下看出会可也着得里"
)

GPT_FILES = {
    "v1": "s1bert25hz-2kh-longer-epoch=68e-step=50232.ckpt",
    "v2": "gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt",
    "v2Pro": "s1v3.ckpt",
    "v2ProPlus": "s1v3.ckpt",
    "v3": "s1v3.ckpt",
    "v4": "s1v3.ckpt",
}
SOVITS_FILES = {
    "v1": "s2G488k.pth",
    "v2": "gsv-v2final-pretrained/s2G2333k.pth",
    "v2Pro": "v2Pro/s2Gv2Pro.pth",
    "v2ProPlus": "v2Pro/s2Gv2ProPlus.pth",
    "v3": "s2Gv3.pth",
    "v4": "gsv-v4-pretrained/s2Gv4.pth",
}


@dataclass(frozen=True)
class Installation:
    """Where the files of one version are."""

    root: Path
    gpt: Path
    sovits: Path
    hubert: Path
    bert: Path
    speaker: Path | None
    vocoder: Path | None = None
    """A file for v4, a folder for v3."""


def write_installation(root: Path, version: str = "v2", *, bert: bool = True) -> Installation:
    """Write everything a version needs, laid out as the published folder is."""
    installation = Installation(
        root,
        root / GPT_FILES[version],
        root / SOVITS_FILES[version],
        root / "chinese-hubert-base",
        root / "chinese-roberta-wwm-ext-large",
        root / "sv" / "pretrained_eres2netv2w24s4ep4.ckpt" if "Pro" in version else None,
        {"v3": root / VOCODER_V3, "v4": root / VOCODER_V4}.get(version),
    )
    if version == "v3":
        write_bigvgan(root / VOCODER_V3)
    if version == "v4":
        write_vocoder_v4(root / VOCODER_V4)
    write_gpt(installation.gpt, version)
    write_sovits(installation.sovits, version)
    write_hubert(installation.hubert)
    if bert:
        write_bert(installation.bert)
    if installation.speaker is not None:
        write_speaker_network(installation.speaker)
    return installation


def weights(of: Shapes, *, half: bool = False) -> dict[str, Tensor]:
    """Fill shapes by the parity recipe."""
    filled = {name: torch.from_numpy(np.asarray(recipe.weight(name, of[name]))) for name in of}
    if half:
        return {
            name: tensor.half() if tensor.is_floating_point() else tensor
            for name, tensor in filled.items()
        }
    return filled


def write_gpt(path: Path, version: str = "v2", *, half: bool = False) -> None:
    """Write a .ckpt: weight, config, info."""
    channels, layers = 16, 2
    symbols = 512 if version == "v1" else 732
    filled = weights(shapes.gpt(channels, layers, symbols, CONTEXT), half=half)
    _let_it_end(filled, layers)
    model = {
        "vocab_size": 1025,
        "phoneme_vocab_size": 512 if version == "v1" else 732,
        "embedding_dim": channels,
        "hidden_dim": channels,
        "head": 2,
        "linear_units": 2048,
        "n_layer": layers,
        "dropout": 0,
        "EOS": 1024,
    }
    config = {"model": model, "data": {"max_sec": 54}, "inference": {"top_k": 15}}
    _save({"weight": filled, "config": config, "info": "GPT-e15"}, path)


def _let_it_end(filled: dict[str, Tensor], layers: int) -> None:
    """Give the end token a logit that is always about 2.5: one draw in twenty or so.

    One channel of the last hidden state is made nearly constant, and only the end reads it.
    """
    filled[f"model.h.layers.{layers - 1}.norm2.bias"][0] = 8.0
    predict = filled["model.ar_predict_layer.weight"]
    predict[:, 0] = 0.0
    predict[1024] = 0.0
    predict[1024, 0] = 2.5 / 8.0


def dimensions(version: str) -> Dimensions:
    """The size of the tiny network of a version."""
    if version == "v1":
        return replace(TINY, symbols=322, bins=1025)
    return replace(TINY, kernels=(20, 16, 8, 2, 2)) if version == "v2ProPlus" else TINY


def sovits_config(version: str) -> dict[str, Any]:
    """The settings a SoVITS file comes with."""
    return {
        "data": {"sampling_rate": 32000, "filter_length": 2048, "hop_length": 640},
        "train": {"segment_size": 20480},
        "model": {
            "n_heads": 2,
            "upsample_rates": [10, 8, 2, 2, 2],
            "upsample_kernel_sizes": list(dimensions(version).kernels),
            "resblock_kernel_sizes": [3, 7, 11],
            "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
            "version": version,
        },
        "version": version,
    }


def write_sovits(
    path: Path,
    version: str = "v2",
    *,
    header: bytes | None = None,
    pickled_config: bool = True,
    half: bool = False,
) -> None:
    """Write a .pth: weight, config (a pickled bag of settings unless told otherwise), info."""
    filled = weights(sovits_shapes(version), half=half)
    config = sovits_config(version)
    content = {"weight": filled, "info": "8epoch_96iteration"}
    with _module_utils() as bag:
        _save(content | {"config": bag(config) if pickled_config else config}, path)
    if header is not None:
        path.write_bytes(header + path.read_bytes()[2:])


def sovits_shapes(version: str) -> Shapes:
    """The tensors of a version's SoVITS file."""
    if version in ("v3", "v4"):
        return shapes.mel_features(TINY) | shapes.flow_matching(shapes.TINY_MATCHING)
    return shapes.sovits(dimensions(version), pro="Pro" in version)


def write_lora(path: Path, version: str = "v4", *, rank: int = 4) -> None:
    """Write a fine-tuned file of LoRA factors and a few whole tensors, with its header."""
    filled = weights(shapes.lora(shapes.TINY_MATCHING, rank), half=True)
    filled["bridge.0.bias"] = torch.full((TINY.joined,), 0.5).half()
    _save({"weight": filled, "config": {}, "info": "4epoch", "lora_rank": rank}, path)
    path.write_bytes(LORA_HEADERS[version] + path.read_bytes()[2:])


def write_vocoder_v4(path: Path) -> None:
    """Write v4's vocoder: a plain dictionary, weight norm folded."""
    _save(_quiet(weights(shapes.hifigan("", 32, 100, (20, 12, 4, 4, 4), None))), path)


def _quiet(filled: dict[str, Tensor]) -> dict[str, Tensor]:
    """Let a vocoder of random weights stay far below full scale."""
    for name in filled:
        if name.startswith("conv_post.weight") and not name.endswith("_v"):
            filled[name] = filled[name] / 16
    return filled


def write_bigvgan(folder: Path) -> None:
    """Write v3's vocoder as its publisher lays it out."""
    rates, kernels = [4, 4, 2, 2, 2, 2], (8, 8, 4, 4, 4, 4)
    config = {
        "sampling_rate": 24000,
        "upsample_rates": rates,
        "upsample_kernel_sizes": list(kernels),
        "resblock_kernel_sizes": [3, 7, 11],
        "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
    }
    filled = _quiet(weights(shapes.bigvgan(64, kernels)))
    _save({"generator": filled}, folder / "bigvgan_generator.pt")
    (folder / "config.json").write_text(json.dumps(config), "utf-8")


@contextmanager
def _module_utils() -> Iterator[Any]:  # a function from mappings to bags
    """Make `utils.HParams` exist while a file that refers to it is written, and no longer."""
    bag = type("HParams", (), {"__module__": "utils"})

    def filled(settings: Mapping[str, Any]) -> object:
        made = bag()
        for name, value in settings.items():
            setattr(made, name, filled(value) if isinstance(value, Mapping) else value)
        return made

    module, before = ModuleType("utils"), sys.modules.get("utils")
    vars(module)["HParams"] = bag
    sys.modules["utils"] = module
    try:
        yield filled
    finally:
        del sys.modules["utils"]
        if before is not None:
            sys.modules["utils"] = before


def write_speaker_network(path: Path) -> None:
    """Write the speaker network: a plain dictionary of tensors."""
    _save(weights(shapes.speaker_network(SPEAKER_WIDTH, (1, 1, 1, 1))), path)


def write_hubert(folder: Path, *, legacy_norm: bool = True) -> None:
    """Write chinese-hubert-base; `legacy_norm` names the weight norm as torch before 2.1 did."""
    width, channels, layers, kernel = TINY.features, 8, 2, 8
    config = {
        "model_type": "hubert",
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "intermediate_size": 2 * width,
        "conv_dim": [channels] * 7,
        "conv_stride": [5, 2, 2, 2, 2, 2, 2],
        "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
        "num_conv_pos_embeddings": kernel,
        "num_conv_pos_embedding_groups": 2,
        "feat_extract_norm": "group",
        "do_stable_layer_norm": False,
        "layer_norm_eps": 1e-5,
    }
    position = "encoder.pos_conv_embed.conv"
    found: Shapes = {
        "masked_spec_embed": [width],
        "feature_extractor.conv_layers.0.layer_norm.weight": [channels],
        "feature_extractor.conv_layers.0.layer_norm.bias": [channels],
        **_norm("feature_projection.layer_norm", channels),
        **_linear("feature_projection.projection", width, channels),
        f"{position}.bias": [width],
        f"{position}.weight_g": [1, 1, kernel],
        f"{position}.weight_v": [width, width // 2, kernel],
        **_norm("encoder.layer_norm", width),
    }
    for index, size in enumerate((10, 3, 3, 3, 3, 2, 2)):
        inputs = channels if index else 1
        found[f"feature_extractor.conv_layers.{index}.conv.weight"] = [channels, inputs, size]
    for layer in range(layers):
        name = f"encoder.layers.{layer}"
        for projection in ("q_proj", "k_proj", "v_proj", "out_proj"):
            found |= _linear(f"{name}.attention.{projection}", width, width)
        found |= _norm(f"{name}.layer_norm", width) | _norm(f"{name}.final_layer_norm", width)
        found |= _linear(f"{name}.feed_forward.intermediate_dense", 2 * width, width)
        found |= _linear(f"{name}.feed_forward.output_dense", width, 2 * width)
    filled = weights(found)
    if not legacy_norm:
        for old, new in (("weight_g", "original0"), ("weight_v", "original1")):
            parametrized = f"{position}.parametrizations.weight.{new}"
            filled[parametrized] = filled.pop(f"{position}.{old}")
    _write_folder(folder, config, filled)


def write_bert(folder: Path) -> None:
    """Write chinese-roberta-wwm-ext-large: the vocabulary is of a few dozen characters."""
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"!?…,.-"]
    vocabulary = {token: number for number, token in enumerate([*marks, *CHARACTERS])}
    config = {
        "model_type": "bert",
        "hidden_size": CONTEXT,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "intermediate_size": 2 * CONTEXT,
        "max_position_embeddings": 512,
        "vocab_size": len(vocabulary),
        "layer_norm_eps": 1e-12,
    }
    found: Shapes = {
        "bert.embeddings.word_embeddings.weight": [len(vocabulary), CONTEXT],
        "bert.embeddings.position_embeddings.weight": [512, CONTEXT],
        "bert.embeddings.token_type_embeddings.weight": [2, CONTEXT],
        **_norm("bert.embeddings.LayerNorm", CONTEXT),
    }
    for layer in range(3):
        name = f"bert.encoder.layer.{layer}"
        for projection in ("self.query", "self.key", "self.value", "output.dense"):
            found |= _linear(f"{name}.attention.{projection}", CONTEXT, CONTEXT)
        found |= _norm(f"{name}.attention.output.LayerNorm", CONTEXT)
        found |= _linear(f"{name}.intermediate.dense", 2 * CONTEXT, CONTEXT)
        found |= _linear(f"{name}.output.dense", CONTEXT, 2 * CONTEXT)
        found |= _norm(f"{name}.output.LayerNorm", CONTEXT)
    _write_folder(folder, config, weights(found))
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}}), "utf-8")


def _linear(name: str, outputs: int, inputs: int) -> Shapes:
    return {f"{name}.weight": [outputs, inputs], f"{name}.bias": [outputs]}


def _norm(name: str, channels: int) -> Shapes:
    return {f"{name}.weight": [channels], f"{name}.bias": [channels]}


def _write_folder(folder: Path, config: Mapping[str, Any], filled: dict[str, Tensor]) -> None:
    _save(filled, folder / "pytorch_model.bin")
    (folder / "config.json").write_text(json.dumps(config), "utf-8")


def _save(content: Mapping[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(dict(content), path)
