"""Weights in eight bits, as ONNX Runtime's MatMulNBits reads them."""

import numpy as np
import numpy.typing as npt

from myna.engines.graphs.onnx_format import CONTRIBUTED, Graph

BLOCK = 64  # weights of one row that share a scale
_ZERO = 128  # the code of a weight of 0
_MOST = 127  # steps to each side of it
_INTEGER_PRODUCTS = 4  # the operator's accuracy level: activations in eight bits, too


def quantized(
    weight: npt.NDArray[np.float32], block: int = BLOCK
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Return codes (outputs, blocks, block) and scales (outputs, blocks) of (outputs, inputs).

    A weight is (code - 128) * scale; each block is scaled by its largest weight.
    """
    outputs, inputs = weight.shape
    blocks = -(-inputs // block)
    padded = np.zeros((outputs, blocks * block), np.float32)
    padded[:, :inputs] = weight
    grouped = padded.reshape(outputs, blocks, block)
    scales = np.abs(grouped).max(axis=2) / np.float32(_MOST)
    steps = grouped / np.where(scales > 0, scales, 1)[:, :, None]
    return (np.rint(steps) + _ZERO).astype(np.uint8), scales


def product(
    graph: Graph,
    name: str,
    inputs: str,
    weight: npt.NDArray[np.float32],
    bias: npt.NDArray[np.float32] | None = None,
) -> str:
    """Add `inputs @ weight^T + bias` to a graph, the weights in eight bits; return its name."""
    return coded_product(graph, name, inputs, quantized(weight), bias, weight.shape[1])


def coded_product(
    graph: Graph,
    name: str,
    inputs: str,
    weight: tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]],
    bias: npt.NDArray[np.float32] | None,
    n_inputs: int,
) -> str:
    """Do the same with a weight as `quantized` returns it."""
    codes, scales = weight
    parts = [inputs, graph.constant(f"{name}.codes", codes)]
    parts.append(graph.constant(f"{name}.scales", scales.reshape(-1)))
    if bias is not None:
        parts += ["", "", graph.constant(f"{name}.bias", bias)]
    shape = {"N": len(codes), "K": n_inputs, "bits": 8, "block_size": codes.shape[2]}
    shape["accuracy_level"] = _INTEGER_PRODUCTS
    return graph.node("MatMulNBits", parts, [name], shape, domain=CONTRIBUTED)
