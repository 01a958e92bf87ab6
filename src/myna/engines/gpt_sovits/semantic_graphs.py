"""The decoder of semantic tokens as two graphs of the same weights in eight bits.

`prefix_graph` reads a request at once; `token_graph` reads one token of each of several
sequences, whose keys and values it extends in place.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.weights import SemanticCheckpoint
from myna.engines.graphs import eight_bit
from myna.engines.graphs.onnx_format import CONTRIBUTED, Axis, Graph, Port

GRAPH_VERSION = "1"  # raised whenever the graphs come to compute otherwise
_EPSILON = 1e-5  # of the normalisations

Attend = Callable[[Graph, int, str], str]
"""Adds the attention of a layer, by its number, to what `attention_in` gave; returns its name."""


def token_graph(checkpoint: SemanticCheckpoint) -> Graph:
    """Return the graph of one step.

    In: hidden (B, 1, channels), lengths (B,) int32 of the sequences so far, longest (1,) int32 of
    them and this token, keys and values of each layer (B, heads, capacity, width). Out: logits
    (B, 1, vocabulary), and the keys and values, which must be bound to the same memory.
    """
    n_heads = checkpoint.n_heads
    graph = _graph("token", checkpoint, ("B", 1))
    graph.inputs += [Port("lengths", "int32", ("B",)), Port("longest", "int32", (1,))]

    def attend(graph: Graph, layer: int, projected: str) -> str:
        known = [f"keys.{layer}", f"values.{layer}"]
        grown = [f"{name}.grown" for name in known]
        shape = ("B", n_heads, "capacity", _width(checkpoint))
        graph.inputs += [Port(name, "float32", shape) for name in known]
        graph.outputs += [Port(name, "float32", shape) for name in grown]
        return graph.node(
            "GroupQueryAttention",
            [projected, "", "", *known, "lengths", "longest"],
            [f"{layer}.attended", *grown],
            {"num_heads": n_heads, "kv_num_heads": n_heads},
            domain=CONTRIBUTED,
        )

    _predict(graph, checkpoint, _blocks(graph, checkpoint, attend), ("B", 1))
    return graph


def prefix_graph(checkpoint: SemanticCheckpoint) -> Graph:
    """Return the graph that reads a prefix.

    In: hidden (1, T, channels), bias (1, 1, T, T), added to the scores. Out: logits
    (1, vocabulary) of the last position, keys and values of each layer (1, heads, T, width).
    """
    n_heads = checkpoint.n_heads
    graph = _graph("prefix", checkpoint, (1, "T"))
    graph.inputs.append(Port("bias", "float32", (1, 1, "T", "T")))

    def attend(graph: Graph, layer: int, projected: str) -> str:
        parts = [f"{layer}.query", f"{layer}.key", f"{layer}.value"]
        graph.node("Split", [projected], parts, {"axis": 2, "num_outputs": 3})
        known = [f"keys.{layer}", f"values.{layer}"]
        shape = (1, n_heads, "T", _width(checkpoint))
        graph.outputs += [Port(name, "float32", shape) for name in known]
        return graph.node(
            "MultiHeadAttention",
            [*parts, "", "", "bias"],
            [f"{layer}.attended", *known],
            {"num_heads": n_heads},
            domain=CONTRIBUTED,
        )

    hidden = _blocks(graph, checkpoint, attend)
    place = graph.constant("place", np.array(-1, np.int64))
    last = graph.node("Gather", [hidden, place], ["last"], {"axis": 1})
    _predict(graph, checkpoint, last, (1,))
    return graph


def _graph(name: str, checkpoint: SemanticCheckpoint, shape: tuple[Axis, ...]) -> Graph:
    return Graph(name, [Port("hidden", "float32", (*shape, _channels(checkpoint)))])


def _predict(
    graph: Graph, checkpoint: SemanticCheckpoint, hidden: str, shape: tuple[Axis, ...]
) -> None:
    weight = _array(checkpoint.tensors, "ar_predict_layer.weight")
    eight_bit.product(graph, "logits", hidden, weight)
    graph.outputs.insert(0, Port("logits", "float32", (*shape, len(weight))))


def _channels(checkpoint: SemanticCheckpoint) -> int:
    channels: int = checkpoint.tensors["ar_predict_layer.weight"].shape[1]
    return channels


def _width(checkpoint: SemanticCheckpoint) -> int:
    return _channels(checkpoint) // checkpoint.n_heads


def _blocks(graph: Graph, checkpoint: SemanticCheckpoint, attend: Attend) -> str:
    layers = checkpoint.tensors.scope("h.layers")
    hidden = "hidden"
    for layer in range(checkpoint.tensors.count("h.layers")):
        hidden = _block(graph, layers.scope(str(layer)), layer, hidden, attend)
    return hidden


def _block(graph: Graph, tensors: Tensors, layer: int, hidden: str, attend: Attend) -> str:
    def product(name: str, inputs: str, weight: str, bias: str | None = None) -> str:
        added = None if bias is None else _array(tensors, bias)
        return eight_bit.product(graph, f"{layer}.{name}", inputs, _array(tensors, weight), added)

    def normalized(name: str, inputs: str, skipped: str, bias: str) -> str:
        constants = [
            graph.constant(f"{layer}.{part}", _array(tensors, part))
            for part in (f"{name}.weight", f"{name}.bias", bias)
        ]
        return graph.node(
            "SkipLayerNormalization",
            [inputs, skipped, *constants],
            [f"{layer}.{name}"],
            {"epsilon": _EPSILON},
            domain=CONTRIBUTED,
        )

    projected = product("projected", hidden, "self_attn.in_proj_weight", "self_attn.in_proj_bias")
    found = product("found", attend(graph, layer, projected), "self_attn.out_proj.weight")
    hidden = normalized("norm1", found, hidden, "self_attn.out_proj.bias")
    wide = product("wide", hidden, "linear1.weight", "linear1.bias")
    narrow = product("narrow", graph.node("Relu", [wide], [f"{layer}.relu"]), "linear2.weight")
    return normalized("norm2", narrow, hidden, "linear2.bias")


def _array(tensors: Tensors, name: str) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = tensors[name].numpy()
    return array
