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

GRAPH_VERSION = "3"  # raised whenever the graphs come to compute otherwise
GRAPH_PORTS = "queries"  # changed whenever they come to take or give something else
_EPSILON = 1e-5  # of the normalisations

_Attend = Callable[[Graph, int, str], str]
"""Adds the attention of a layer, by its number, to what `attention_in` gave; returns its name."""


def token_graph(checkpoint: SemanticCheckpoint, product: Product) -> Graph:
    """Return the graph of one step.

    In: hidden (B, 1, channels), places (B, 1, heads, 3) int64, the row, the head and the position
    that the token is written at, bias (B, 1, 1, capacity), added to the scores of positions, keys
    and values of each layer (B, heads, capacity, width), finite throughout, and what `product`
    leaves outside. Out: logits (B, 1, vocabulary), the keys and values, which must be bound to the
    same memory, and the queries of each layer, scaled: (B, heads, 1, width).
    """
    network = _Network(checkpoint, product)
    graph = network.graph("token", ("B", 1))
    n_heads, width = checkpoint.n_heads, network.width
    graph.inputs += [
        Port("places", "int64", ("B", 1, n_heads, 3)),
        Port("bias", "float32", ("B", 1, 1, "capacity")),
    ]
    parted = graph.constant("parted", np.array([0, 3, n_heads, width], np.int64))
    asking = graph.constant("asking", np.array([0, n_heads, 1, width], np.int64))
    whole = graph.constant("whole", np.array([0, 1, network.channels], np.int64))
    scale = graph.constant("scale", np.array(width**-0.5, np.float32))

    def grown(layer: int, name: str, part: str) -> str:
        """Write a token into keys or values where they are: nothing is copied."""
        known = Port(f"{name}.{layer}", "float32", ("B", n_heads, "capacity", width))
        graph.inputs.append(known)
        result = f"{known.name}.grown"
        graph.outputs.append(Port(result, known.dtype, known.shape))
        return graph.node("ScatterND", [known.name, "places", part], [result])

    def attend(graph: Graph, layer: int, projected: str) -> str:
        # One operator could do all this (GroupQueryAttention), but takes twice as long.
        parts = [f"{layer}.query", f"{layer}.key", f"{layer}.value"]
        stacked = graph.node("Reshape", [projected, parted], [f"{layer}.stacked"])
        graph.node("Split", [stacked], parts, {"axis": 1, "num_outputs": 3})
        keys, values = grown(layer, "keys", parts[1]), grown(layer, "values", parts[2])
        heads = graph.node("Reshape", [parts[0], asking], [f"{layer}.heads"])
        scaled = graph.node("Mul", [heads, scale], [f"{layer}.scaled"])
        graph.outputs.append(Port(scaled, "float32", ("B", n_heads, 1, width)))
        of_keys = {"transB": 1}
        products = [f"{layer}.products"]
        graph.node("FusedMatMul", [scaled, keys], products, of_keys, domain=CONTRIBUTED)
        scores = graph.node("Add", [*products, "bias"], [f"{layer}.scores"])
        weights = graph.node("Softmax", [scores], [f"{layer}.weights"])
        found = graph.node("MatMul", [weights, values], [f"{layer}.heads.found"])
        return graph.node("Reshape", [found, whole], [f"{layer}.attended"])

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
