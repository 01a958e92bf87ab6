"""The language model's decoder as a graph with weights in eight bits."""

import numpy as np
import numpy.typing as npt
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.tokens.key_value_cache import BackboneShape
from myna.engines.graphs import eight_bit
from myna.engines.graphs.onnx_format import CONTRIBUTED, Graph, Port

GRAPH_VERSION = "2"  # raised whenever the graph comes to compute otherwise

_Floats = npt.NDArray[np.float32]


def decoder_graph(tensors: Tensors, shape: BackboneShape) -> Graph:
    """Return the graph that appends T positions to each of B sequences.

    In: hidden (B, T, channels), lengths (B,) int32 of the sequences with the new positions, less
    one, longest (1,) int32 of them, cosines and sines of all positions, keys and
    values of each layer (B, key heads, capacity, width). Out: logits (B, vocabulary) after the
    last position, and the keys and values, which must be bound to the same memory.
    """
    bias = tensors.get("llm_decoder.bias")
    return _DecoderGraph(tensors.scope("llm.model.model"), shape).built(
        _array(tensors["llm_decoder.weight"]), None if bias is None else _array(bias)
    )


class _DecoderGraph:
    """A graph under construction."""

    def __init__(self, tensors: Tensors, shape: BackboneShape) -> None:
        self.tensors = tensors
        self.shape = shape
        angles = ("capacity", shape.width // 2)
        inputs = [
            Port("hidden", "float32", ("B", "T", shape.channels)),
            Port("lengths", "int32", ("B",)),
            Port("longest", "int32", (1,)),
            Port("cosines", "float32", angles),
            Port("sines", "float32", angles),
        ]
        self.graph = Graph("decoder", inputs)

    def built(self, head: _Floats, bias: _Floats | None) -> Graph:
        graph = self.graph
        residual, branch = "hidden", ""
        for layer in range(self.shape.n_layers):
            own = self.tensors.scope(f"layers.{layer}")
            residual, normal = self.normalized(
                f"{layer}.first", residual, branch, own["input_layernorm.weight"]
            )
            branch = self.attended(layer, normal, own.scope("self_attn"))
            residual, normal = self.normalized(
                f"{layer}.second", residual, branch, own["post_attention_layernorm.weight"]
            )
            branch = self.gated(layer, normal, own.scope("mlp"))
        _, normal = self.normalized("last", residual, branch, self.tensors["norm.weight"])
        place = graph.constant("place", np.array(-1, np.int64))
        last = graph.node("Gather", [normal, place], ["last.position"], {"axis": 1})
        eight_bit.product(graph, "logits", last, head, bias)
        graph.outputs.insert(0, Port("logits", "float32", ("B", len(head))))
        return graph

    def normalized(self, name: str, residual: str, branch: str, weight: Tensor) -> tuple[str, str]:
        """Add a branch to the residual and normalise: the names of the sum and of the result."""
        gain = self.graph.constant(f"{name}.gain", _array(weight))
        epsilon = {"epsilon": self.shape.norm_epsilon}
        if not branch:
            normal = self.graph.node(
                "SimplifiedLayerNormalization", [residual, gain], [name], epsilon
            )
            return residual, normal
        self.graph.node(
            "SkipSimplifiedLayerNormalization",
            [residual, branch, gain],
            [name, "", "", f"{name}.sum"],
            epsilon,
            domain=CONTRIBUTED,
        )
        return f"{name}.sum", name

    def attended(self, layer: int, inputs: str, tensors: Tensors) -> str:
        shape, graph = self.shape, self.graph
        parts = ("q_proj", "k_proj", "v_proj")
        weight = np.concatenate([_array(tensors[f"{part}.weight"]) for part in parts])
        bias = np.concatenate([_array(tensors[f"{part}.bias"]) for part in parts])
        projected = eight_bit.product(graph, f"{layer}.projected", inputs, weight, bias)
        known = [f"keys.{layer}", f"values.{layer}"]
        grown = [f"{name}.grown" for name in known]
        memory = ("B", shape.n_key_heads, "capacity", shape.width)
        graph.inputs += [Port(name, "float32", memory) for name in known]
        graph.outputs += [Port(name, "float32", memory) for name in grown]
        heads = {"num_heads": shape.n_heads, "kv_num_heads": shape.n_key_heads, "do_rotary": 1}
        found = graph.node(
            "GroupQueryAttention",
            [projected, "", "", *known, "lengths", "longest", "cosines", "sines"],
            [f"{layer}.attended", *grown],
            heads,
            domain=CONTRIBUTED,
        )
        return eight_bit.product(graph, f"{layer}.found", found, _array(tensors["o_proj.weight"]))

    def gated(self, layer: int, inputs: str, tensors: Tensors) -> str:
        """SwiGLU: one half of a wide layer gates the other."""
        graph = self.graph
        gate = self.product(f"{layer}.gate", inputs, tensors["gate_proj.weight"])
        wide = self.product(f"{layer}.wide", inputs, tensors["up_proj.weight"])
        curve = {"alpha": 1.0}  # x * sigmoid(x)
        curved = graph.node("QuickGelu", [gate], [f"{layer}.curved"], curve, domain=CONTRIBUTED)
        product = graph.node("Mul", [curved, wide], [f"{layer}.gated"])
        return self.product(f"{layer}.narrow", product, tensors["down_proj.weight"])

    def product(self, name: str, inputs: str, weight: Tensor) -> str:
        return eight_bit.product(self.graph, name, inputs, _array(weight))


def _array(tensor: Tensor) -> _Floats:
    array: _Floats = tensor.numpy()
    return array
