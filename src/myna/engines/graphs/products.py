"""Products with weights, in the two forms that a graph can hold them.

`EightBits` writes them into the graph. `LentWeights` leaves them where they are: they are inputs,
whose memory whoever runs the graph lends to it, so that it costs nothing to make and to load.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.engines.graphs import eight_bit
from myna.engines.graphs.onnx_format import CONTRIBUTED, Graph, Port

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """gain * (x @ weight^T + bias)."""

    weight: Floats  # (outputs, inputs)
    bias: Floats | None = None  # (outputs,)
    gain: Floats | None = None  # (outputs,)

    @property
    def gained_bias(self) -> Floats | None:
        """The bias as it comes out."""
        return self.bias if self.bias is None or self.gain is None else self.bias * self.gain


Product = Callable[[Graph, str, str, Affine], str]
"""Adds an affine map to a graph, by its name and that of its input; returns its name."""


class EightBits:
    """Weights are quantised once, whatever graphs they go into: a name is one map in all."""

    def __init__(self) -> None:
        self._quantized: dict[str, tuple[npt.NDArray[np.uint8], Floats]] = {}

    def __call__(self, graph: Graph, name: str, inputs: str, affine: Affine) -> str:
        """Add a product."""
        if name not in self._quantized:
            gained = affine.weight if affine.gain is None else affine.weight * affine.gain[:, None]
            self._quantized[name] = eight_bit.quantized(gained)
        return eight_bit.coded_product(
            graph, name, inputs, self._quantized[name], affine.weight.shape, affine.gained_bias
        )


class LentWeights:
    """Weights as inputs of a graph, in 32 bits."""

    def __init__(self) -> None:
        self.arrays: dict[str, Floats] = {}
        """What the inputs are to be bound to, by their names."""

    def __call__(self, graph: Graph, name: str, inputs: str, affine: Affine) -> str:
        """Add a product."""
        weight = f"{name}.weight"
        self.arrays[weight] = np.ascontiguousarray(affine.weight)
        graph.inputs.append(Port(weight, "float32", affine.weight.shape))
        terms = [("Mul", "gain", affine.gain), ("Add", "bias", affine.gained_bias)]
        present = [(operator, part, term) for operator, part, term in terms if term is not None]
        results = [f"{name}.{number}" for number in range(len(present))] + [name]
        result = graph.node(
            "FusedMatMul", [inputs, weight], results[:1], {"transB": 1}, domain=CONTRIBUTED
        )
        for (operator, part, term), named in zip(present, results[1:], strict=True):
            constant = graph.constant(f"{name}.{part}", term)
            result = graph.node(operator, [result, constant], [named])
        return result
