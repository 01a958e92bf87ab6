"""Files with random weights, of the sizes and precisions that are published."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.cosyvoice import weights as cosyvoice
from benchmarks.gpt_sovits import weights as gpt_sovits
from benchmarks.memory.engines import COSYVOICE
from tests.unit.engines.cosyvoice import onnx_files
from tests.unit.engines.cosyvoice.tiny_checkpoint import write_checkpoint
from tests.unit.engines.gpt_sovits import tiny_checkpoints

PARTS = ("v2ProPlus", "v4", COSYVOICE)
_BERT_WIDTH, _BERT_WORDS, _BERT_LAYERS = 1024, 21128, 24
_TOKENIZER_WIDTH, _TOKENIZER_LAYERS = 2048, 29  # 490 MB


def write(part: str, folder: Path) -> None:
    """Write an installation."""
    if part == COSYVOICE:
        write_checkpoint(folder)
        cosyvoice.write_full_size(folder, half=False)
        _write_speech_tokenizer(folder / "speech_tokenizer_v2.onnx")
        return
    gpt_sovits.write_installation(folder, half=True)
    if part == "v4":
        gpt_sovits.write_v4(folder, half=True)
    _write_bert(folder / "chinese-roberta-wwm-ext-large")


def _write_bert(folder: Path) -> None:
    """Write BERT in 16 bits."""
    tiny_checkpoints.write_bert(folder)
    vocabulary = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    words = vocabulary["model"]["vocab"]
    words |= {f"[unused{number}]": number for number in range(len(words), _BERT_WORDS)}
    (folder / "tokenizer.json").write_text(json.dumps(vocabulary), "utf-8")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config |= {"hidden_size": _BERT_WIDTH, "num_attention_heads": 16}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    torch.save(_bert(), folder / "pytorch_model.bin")


def _bert() -> Mapping[str, Tensor]:
    width, generator = _BERT_WIDTH, torch.Generator().manual_seed(0)
    tensors: dict[str, Tensor] = {}

    def add(name: str, *shape: int) -> None:
        tensors[f"bert.{name}"] = (torch.randn(*shape, generator=generator) * 0.02).half()

    def linear(name: str, outputs: int, inputs: int) -> None:
        add(f"{name}.weight", outputs, inputs)
        add(f"{name}.bias", outputs)

    add("embeddings.word_embeddings.weight", _BERT_WORDS, width)
    add("embeddings.position_embeddings.weight", 512, width)
    add("embeddings.token_type_embeddings.weight", 2, width)
    norms = ["embeddings.LayerNorm"]
    for layer in range(_BERT_LAYERS):
        name = f"encoder.layer.{layer}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            linear(f"{name}.attention.{part}", width, width)
        linear(f"{name}.intermediate.dense", 4 * width, width)
        linear(f"{name}.output.dense", width, 4 * width)
        norms += [f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
    for name in norms:
        tensors[f"bert.{name}.weight"] = torch.ones(width).half()
        tensors[f"bert.{name}.bias"] = torch.zeros(width).half()
    return tensors


def _write_speech_tokenizer(path: Path) -> None:
    """Write a network of the published one's size, whose large layers change nothing."""
    node = onnx_files.Node
    nodes = [
        node("Conv", ["mel", "weight"], "drawn", {"strides": [4]}),
        node("ReduceMax", ["mel"], "layer", {"axes": [2], "keepdims": 0}),
    ]
    drawn = np.random.default_rng(1)
    weights: dict[str, onnx_files.Array] = {
        "weight": drawn.standard_normal((1, 128, 4), np.float32),
        "nothing": np.zeros((), np.float32),
        "scale": np.array(100, np.float32),
        "count": np.array(6561, np.int32),
    }
    inputs, name = 128, "layer"
    for layer in range(_TOKENIZER_LAYERS):
        weights[f"large.{layer}"] = drawn.standard_normal((inputs, _TOKENIZER_WIDTH), np.float32)
        nodes.append(node("MatMul", [name, f"large.{layer}"], f"layer.{layer}"))
        inputs, name = _TOKENIZER_WIDTH, f"layer.{layer}"
    nodes += [
        node("ReduceMax", [name], "largest", {"axes": [0, 1], "keepdims": 0}),
        node("Min", ["largest", "nothing"], "at.most.nothing"),
        node("Max", ["at.most.nothing", "nothing"], "changes.nothing"),
        node("Add", ["drawn", "changes.nothing"], "sum"),
        node("Mul", ["sum", "scale"], "spread"),
        node("Abs", ["spread"], "positive"),
        node("Cast", ["positive"], "whole", {"to": 6}),
        node("Mod", ["whole", "count"], "tokens"),
    ]
    value = onnx_files.Value
    given = [value("mel", "float32", [1, 128, "frames"]), value("length", "int32", [1])]
    output = value("tokens", "int32", [1, 1, "tokens"])
    onnx_files.write_network(path, nodes, given, output, weights)
