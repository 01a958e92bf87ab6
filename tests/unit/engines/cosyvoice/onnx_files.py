"""ONNX files, written byte by byte: as much of the format as the tiny networks here need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]

_TYPES = {"float32": 1, "int32": 6, "int64": 7}
_IR_VERSION, _OPERATOR_SET = 8, 13


@dataclass(frozen=True)
class Node:
    """One operation; attributes are whole numbers or lists of them."""

    operator: str
    inputs: Sequence[str]
    output: str
    attributes: Mapping[str, int | Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Value:
    """An input or output; a dimension by name is of any length."""

    name: str
    kind: str
    shape: Sequence[int | str]


def write_network(
    path: Path,
    nodes: Sequence[Node],
    inputs: Sequence[Value],
    output: Value,
    weights: Mapping[str, Array],
) -> None:
    """Write a network (ModelProto)."""
    graph = b"".join(_message(1, _node(node)) for node in nodes)
    graph += _text(2, "tiny")
    graph += b"".join(_message(5, _tensor(name, value)) for name, value in weights.items())
    graph += b"".join(_message(11, _value(value)) for value in inputs)
    graph += _message(12, _value(output))
    operators = _message(8, _number(2, _OPERATOR_SET))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_number(1, _IR_VERSION) + operators + _message(7, graph))


def write_speech_tokenizer(path: Path) -> None:
    """Write a network that tells frames apart by an inner product, four frames to a token."""
    weight = np.random.default_rng(1).normal(size=(1, 128, 4)).astype(np.float32)
    nodes = [
        Node("Conv", ["mel", "weight"], "drawn", {"strides": [4]}),
        Node("Mul", ["drawn", "scale"], "spread"),
        Node("Abs", ["spread"], "positive"),
        Node("Cast", ["positive"], "whole", {"to": _TYPES["int32"]}),
        Node("Mod", ["whole", "count"], "tokens"),
    ]
    inputs = [Value("mel", "float32", [1, 128, "frames"]), Value("length", "int32", [1])]
    weights: dict[str, Array] = {
        "weight": weight,
        "scale": np.array(100, np.float32),
        "count": np.array(6561, np.int32),
    }
    write_network(path, nodes, inputs, Value("tokens", "int32", [1, 1, "tokens"]), weights)


def write_speaker_network(path: Path) -> None:
    """Write a network that projects the bands' largest values."""
    weight = np.random.default_rng(2).normal(size=(80, 192)).astype(np.float32)
    nodes = [
        Node("ReduceMax", ["bands"], "loudest", {"axes": [1], "keepdims": 0}),
        Node("MatMul", ["loudest", "weight"], "vector"),
    ]
    inputs = [Value("bands", "float32", [1, "frames", 80])]
    write_network(path, nodes, inputs, Value("vector", "float32", [1, 192]), {"weight": weight})


def _node(node: Node) -> bytes:
    written = b"".join(_text(1, name) for name in node.inputs) + _text(2, node.output)
    written += _text(4, node.operator)
    for name, value in node.attributes.items():
        is_one = isinstance(value, int)
        numbers = [value] if isinstance(value, int) else value
        content = b"".join(_number(3 if is_one else 8, number) for number in numbers)
        written += _message(5, _text(1, name) + content + _number(20, 2 if is_one else 7))
    return written


def _tensor(name: str, value: Array) -> bytes:
    dimensions = b"".join(_number(1, length) for length in value.shape)
    kind = _number(2, _TYPES[value.dtype.name])
    return dimensions + kind + _text(8, name) + _message(9, value.tobytes())


def _value(value: Value) -> bytes:
    lengths = (
        _number(1, length) if isinstance(length, int) else _text(2, length)
        for length in value.shape
    )
    shape = b"".join(_message(1, length) for length in lengths)
    kind = _number(1, _TYPES[value.kind]) + _message(2, shape)
    return _text(1, value.name) + _message(2, _message(1, kind))


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _text(tag: int, value: str) -> bytes:
    return _message(tag, value.encode())


def _message(tag: int, content: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)
