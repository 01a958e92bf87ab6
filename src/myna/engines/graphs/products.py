"""Products with weights, in the two forms in which a graph can have them."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from myna.engines.graphs import eight_bit
from myna.engines.graphs.onnx_format import CONTRIBUTED, Graph

Floats = npt.NDArray[np.float32]
Product = Callable[[Graph, str, str, Floats, Floats | None], str]
"""Adds inputs @ weight^T + bias to a graph, by the names of the result and of the inputs.

weight: (outputs, inputs). bias: (outputs,) or None. Returns the name of the result.
"""


class EightBits:
    """Weights in eight bits, quantised once for all graphs: a name is one product in all."""

    def __init__(self) -> None:
        self._quantized: dict[str, tuple[npt.NDArray[np.uint8], Floats]] = {}

    def __call__(
        self, graph: Graph, name: str, inputs: str, weight: Floats, bias: Floats | None
    ) -> str:
        """Add a product."""
        if name not in self._quantized:
            self._quantized[name] = eight_bit.quantized(weight)
        coded = self._quantized[name]
        return eight_bit.coded_product(graph, name, inputs, coded, bias, weight.shape[1])


def in_32_bits(graph: Graph, name: str, inputs: str, weight: Floats, bias: Floats | None) -> str:
    """Add a product whose weight stays where it is until the graph is loaded."""
    lent = graph.lent(f"{name}.weight", np.ascontiguousarray(weight))
    if bias is None:
        return graph.node("FusedMatMul", [inputs, lent], [name], {"transB": 1}, domain=CONTRIBUTED)
    product = [f"{name}.product"]
    graph.node("FusedMatMul", [inputs, lent], product, {"transB": 1}, domain=CONTRIBUTED)
    return graph.node("Add", [*product, graph.constant(f"{name}.bias", bias)], [name])
