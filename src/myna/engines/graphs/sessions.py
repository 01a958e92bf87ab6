"""ONNX Runtime sessions."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import (
    EPFail,
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NotImplemented,
    RuntimeException,
)

from myna.engines.graphs.graph_folder import GraphRefused
from myna.engines.graphs.large_pages import in_large_pages
from myna.engines.graphs.onnx_format import Array

_REFUSALS = (
    EPFail,
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NotImplemented,
    RuntimeException,
)
_ERRORS_ONLY = 3


def open_session(
    graph: Path | Iterable[bytes], threads: int, lent: Mapping[str, Array] = MappingProxyType({})
) -> onnxruntime.InferenceSession:
    """Load a graph from its file or from its pieces. Raises `GraphRefused`.

    `lent` are the constants that it lends; their memory must outlive the session.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # What it would join on its own is slower: an addition and a normalisation as one operator.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Weights beside what steps need, so that what loading took is given back.
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in lent.values()]
    options.add_external_initializers(list(lent), values)
    source = str(graph) if isinstance(graph, Path) else b"".join(graph)
    try:
        with in_large_pages():
            return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except _REFUSALS as error:
        raise GraphRefused(f"ONNX Runtime {onnxruntime.__version__} refuses it: {error}") from error
