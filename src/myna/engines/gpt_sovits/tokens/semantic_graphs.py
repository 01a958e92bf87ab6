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

GRAPH_VERSION = "4"  # raised whenever the graphs change
_EPSILON = 1e-5  # of the normalisations
_OPSET = 24  # the first whose Attention takes rows of several lengths

_Attend = Callable[[Graph, int, str], str]
"""Adds the attention of a layer, by its number, to what `attention_in` gave; returns its name."""


def token_graph(checkpoint: SemanticCheckpoint, product: Product) -> Graph:
    """Return the graph of one step.

    In: hidden (B, 1, channels), filled (B,) int64, how many positions each row has before this one,
    keys and values of each layer (B, heads, capacity, width), finite throughout, and what `product`
    leaves outside. Out: logits (B, 1, vocabulary), the keys and values, which must be bound to the
    same memory, and the queries of each layer, scaled: (B, heads, 1, width).
    """
    network = _Network(checkpoint, product)
    graph = network.graph("token", ("B", 1))
    graph.opset = _OPSET
    n_heads, width = checkpoint.n_heads, network.width
    graph.inputs.append(Port("filled", "int64", ("B",)))
    one = graph.constant("one", np.array(1, np.int64))
    graph.node("Add", ["filled", one], ["seen"])
    parted = graph.constant("parted", np.array([0, 3 * n_heads, 1, width], np.int64))
    whole = graph.constant("whole", np.array([0, 1, network.channels], np.int64))

    def grown(layer: int, name: str, part: str) -> str:
        """Write a token into keys or values where they are: nothing is copied."""
        known = Port(f"{name}.{layer}", "float32", ("B", n_heads, "capacity", width))
        graph.inputs.append(known)
        result = f"{known.name}.grown"
        graph.outputs.append(Port(result, known.dtype, known.shape))
        return graph.node("TensorScatter", [known.name, part, "filled"], [result])

    def attend(graph: Graph, layer: int, projected: str) -> str:
        parts = [f"{layer}.queries", f"{layer}.key", f"{layer}.value"]
        stacked = graph.node("Reshape", [projected, parted], [f"{layer}.stacked"])
        graph.node("Split", [stacked], parts, {"axis": 1, "num_outputs": 3})
        graph.outputs.append(Port(parts[0], "float32", ("B", n_heads, 1, width)))
        known = [grown(layer, "keys", parts[1]), grown(layer, "values", parts[2])]
        inputs = [parts[0], *known, "", "", "", "seen"]
        # Of what ONNX Runtime has for attention, this takes least; but only without a scale.
        found = graph.node("Attention", inputs, [f"{layer}.heads"], {"scale": 1.0})
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
            {"num_heads": n_heads, "scale": 1.0},
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

    @property
    def scales(self) -> Floats:
        """Of queries, keys and values: (3 * channels,). Scores come scaled out of their product."""
        scales = np.ones((3, self.channels), np.float32)
        scales[0] = self.width**-0.5
        return scales.reshape(-1)

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
        def product(name: str, inputs: str, parts: str, outputs: Floats | None = None) -> str:
            weight, bias = _array(tensors, f"{parts}weight"), _array(tensors, f"{parts}bias")
            if outputs is not None:
                weight, bias = weight * outputs[:, None], bias * outputs
            return self.product(graph, f"{layer}.{name}", inputs, weight, bias)

        def normalized(name: str, inputs: str, skipped: str) -> str:
            added = graph.node("Add", [inputs, skipped], [f"{layer}.{name}.sum"])
            parts = [
                graph.constant(f"{layer}.{part}", _array(tensors, part))
                for part in (f"{name}.weight", f"{name}.bias")
            ]
            result = [f"{layer}.{name}"]
            return graph.node("LayerNormalization", [added, *parts], result, {"epsilon": _EPSILON})

        projected = product("projected", hidden, "self_attn.in_proj_", self.scales)
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
