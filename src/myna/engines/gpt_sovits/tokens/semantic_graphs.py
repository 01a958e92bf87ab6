"""The decoder of semantic tokens as graphs.

`prefix_graph` reads a request at once; `token_graph` reads one token of each of several
sequences, whose keys and values it extends in place. What form the weights have is for the caller
to say.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.weights import SemanticCheckpoint
from myna.engines.graphs.onnx_format import CONTRIBUTED, Axis, Graph, Port
from myna.engines.graphs.products import Floats, Product

GRAPH_VERSION = "2"  # raised whenever the graphs come to compute otherwise
GRAPH_PORTS = "projected"  # changed whenever they come to take or give something else
_EPSILON = 1e-5  # of the normalisations

_Attend = Callable[[Graph, int, str], str]
"""Adds the attention of a layer, by its number, to what `attention_in` gave; returns its name."""


def token_graph(checkpoint: SemanticCheckpoint, product: Product) -> Graph:
    """Return the graph of one step.

    In: hidden (B, 1, channels), lengths (B,) int32 of the sequences so far, longest (1,) int32 of
    them and this token, keys and values of each layer (B, heads, capacity, width), and what
    `product` leaves outside. Out: logits (B, 1, vocabulary), the keys and values, which must be
    bound to the same memory, and query, key and value of this token in each layer, side by side:
    (B, 1, 3 * channels).
    """
    network = _Network(checkpoint, product)
    n_heads = checkpoint.n_heads
    graph = network.graph("token", ("B", 1))
    graph.inputs += [Port("lengths", "int32", ("B",)), Port("longest", "int32", (1,))]

    def attend(graph: Graph, layer: int, projected: str) -> str:
        known = [f"keys.{layer}", f"values.{layer}"]
        grown = [f"{name}.grown" for name in known]
        shape = ("B", n_heads, "capacity", network.width)
        graph.inputs += [Port(name, "float32", shape) for name in known]
        graph.outputs += [Port(name, "float32", shape) for name in grown]
        graph.outputs.append(Port(projected, "float32", ("B", 1, 3 * network.channels)))
        return graph.node(
            "GroupQueryAttention",
            [projected, "", "", *known, "lengths", "longest"],
            [f"{layer}.attended", *grown],
            {"num_heads": n_heads, "kv_num_heads": n_heads},
            domain=CONTRIBUTED,
        )

    network.predict(graph, network.blocks(graph, attend), ("B", 1))
    return graph


def prefix_graph(checkpoint: SemanticCheckpoint, product: Product) -> Graph:
    """Return the graph that reads a prefix.

    In: hidden (1, T, channels), bias (1, 1, T, T), added to the scores, and what `product` leaves
    outside. Out: logits (1, vocabulary) of the last position, keys and values of each layer
    (1, heads, T, width).
    """
    network = _Network(checkpoint, product)
    n_heads = checkpoint.n_heads
    graph = network.graph("prefix", (1, "T"))
    graph.inputs.append(Port("bias", "float32", (1, 1, "T", "T")))

    def attend(graph: Graph, layer: int, projected: str) -> str:
        parts = [f"{layer}.query", f"{layer}.key", f"{layer}.value"]
        graph.node("Split", [projected], parts, {"axis": 2, "num_outputs": 3})
        known = [f"keys.{layer}", f"values.{layer}"]
        shape = (1, n_heads, "T", network.width)
        graph.outputs += [Port(name, "float32", shape) for name in known]
        return graph.node(
            "MultiHeadAttention",
            [*parts, "", "", "bias"],
            [f"{layer}.attended", *known],
            {"num_heads": n_heads},
            domain=CONTRIBUTED,
        )

    hidden = network.blocks(graph, attend)
    place = graph.constant("place", np.array(-1, np.int64))
    last = graph.node("Gather", [hidden, place], ["last"], {"axis": 1})
    network.predict(graph, last, (1,))
    return graph


@dataclass(frozen=True, slots=True)
class _Network:
    """What both graphs are made of."""

    checkpoint: SemanticCheckpoint
    product: Product

    @property
    def channels(self) -> int:
        channels: int = self.checkpoint.tensors["ar_predict_layer.weight"].shape[1]
        return channels

    @property
    def width(self) -> int:
        return self.channels // self.checkpoint.n_heads

    def graph(self, name: str, shape: tuple[Axis, ...]) -> Graph:
        return Graph(name, [Port("hidden", "float32", (*shape, self.channels))])

    def predict(self, graph: Graph, hidden: str, shape: tuple[Axis, ...]) -> None:
        weight = _array(self.checkpoint.tensors, "ar_predict_layer.weight")
        logits = self.product(graph, "logits", hidden, weight, None)
        graph.outputs.insert(0, Port(logits, "float32", (*shape, len(weight))))

    def blocks(self, graph: Graph, attend: _Attend) -> str:
        layers = self.checkpoint.tensors.scope("h.layers")
        hidden = "hidden"
        for layer in range(self.checkpoint.tensors.count("h.layers")):
            hidden = self.block(graph, layers.scope(str(layer)), layer, hidden, attend)
        return hidden

    def block(
        self, graph: Graph, tensors: Tensors, layer: int, hidden: str, attend: _Attend
    ) -> str:
        def product(name: str, inputs: str, parts: str) -> str:
            weight, bias = _array(tensors, f"{parts}weight"), _array(tensors, f"{parts}bias")
            return self.product(graph, f"{layer}.{name}", inputs, weight, bias)

        def normalized(name: str, inputs: str, skipped: str) -> str:
            added = graph.node("Add", [inputs, skipped], [f"{layer}.{name}.sum"])
            parts = [
                graph.constant(f"{layer}.{part}", _array(tensors, part))
                for part in (f"{name}.weight", f"{name}.bias")
            ]
            result = [f"{layer}.{name}"]
            return graph.node("LayerNormalization", [added, *parts], result, {"epsilon": _EPSILON})

        projected = product("projected", hidden, "self_attn.in_proj_")
        attended = attend(graph, layer, projected)
        found = product("found", attended, "self_attn.out_proj.")
        hidden = normalized("norm1", found, hidden)
        wide = product("wide", hidden, "linear1.")
        relu = graph.node("Relu", [wide], [f"{layer}.relu"])
        narrow = product("narrow", relu, "linear2.")
        return normalized("norm2", narrow, hidden)


def _array(tensors: Tensors, name: str) -> Floats:
    array: Floats = tensors[name].numpy()
    return array
