"""Models in the ONNX format, written without the `onnx` package.

A model is a protocol-buffer message; the numbers of its fields are those of ONNX's own definition
(onnx.proto, IR version 9). Only what small graphs need is here.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

IR_VERSION = 9
OPSET = 18
CONTRIBUTED = "com.microsoft"
"""The domain of the operators that only ONNX Runtime has."""

Array = npt.NDArray[np.float32] | npt.NDArray[np.uint8] | npt.NDArray[np.int64]
Axis = int | str
"""A number, or the name of a length that is known only when the graph runs."""

_TYPES = {"float32": 1, "uint8": 2, "int32": 6, "int64": 7}
_FLOAT, _INT = 1, 2  # kinds of attributes
_EXTERNAL = 1  # data that are not in the file


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a graph."""

    name: str
    dtype: str
    shape: tuple[Axis, ...]


@dataclass(slots=True, eq=False)
class Graph:
    """A graph that grows node by node."""

    name: str
    inputs: list[Port] = field(default_factory=list)
    opset: int = OPSET
    """Whose operators it is made of."""
    outputs: list[Port] = field(default_factory=list)
    lends: dict[str, Array] = field(default_factory=dict)
    """Constants that are not in the file: whoever loads the graph lends their memory to it."""
    _nodes: list[bytes] = field(default_factory=list)
    _constants: list[Sequence[bytes]] = field(default_factory=list)

    def constant(self, name: str, array: Array) -> str:
        """Add a constant and return its name."""
        raw = np.ascontiguousarray(array).tobytes()
        head = _tensor(name, array) + _opening(9, len(raw))
        self._constants.append((_opening(5, len(head) + len(raw)) + head, raw))
        return name

    def lent(self, name: str, array: Array) -> str:
        """Add a constant, contiguous, that stays where it is, and return its name."""
        place = _message(13, _text(1, "location") + _text(2, "lent"))
        self._constants.append((_message(5, _tensor(name, array) + place + _whole(14, _EXTERNAL)),))
        self.lends[name] = array
        return name

    def node(
        self,
        operator: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        attributes: Mapping[str, int | float] | None = None,
        *,
        domain: str = "",
    ) -> str:
        """Add a node, named after its first output, and return that name. "" leaves one out."""
        body = b"".join(_text(1, name) for name in inputs)
        body += b"".join(_text(2, name) for name in outputs)
        body += _text(3, outputs[0]) + _text(4, operator)
        body += b"".join(_attribute(*item) for item in (attributes or {}).items())
        body += _text(7, domain)
        self._nodes.append(_message(1, body))
        return outputs[0]

    def model(self) -> Iterator[bytes]:
        """Yield the file, piece by piece."""
        parts = [*self._nodes, _text(2, self.name)]
        parts += [piece for constant in self._constants for piece in constant]
        parts += [_message(11, _port(port)) for port in self.inputs]
        parts += [_message(12, _port(port)) for port in self.outputs]
        yield _whole(1, IR_VERSION) + _text(2, "myna")
        for domain, version in (("", self.opset), (CONTRIBUTED, 1)):
            yield _message(8, _text(1, domain) + _whole(2, version))
        yield _opening(7, sum(map(len, parts)))
        yield from parts


def _tensor(name: str, array: Array) -> bytes:
    dims = b"".join(_whole(1, size) for size in array.shape)
    return dims + _whole(2, _TYPES[array.dtype.name]) + _text(8, name)


def _attribute(name: str, value: int | float) -> bytes:
    if isinstance(value, float):
        content = _key(2, 5) + struct.pack("<f", value) + _whole(20, _FLOAT)
    else:
        content = _whole(3, value) + _whole(20, _INT)
    return _message(5, _text(1, name) + content)


def _port(port: Port) -> bytes:
    axes = (_text(2, axis) if isinstance(axis, str) else _whole(1, axis) for axis in port.shape)
    shape = b"".join(_message(1, axis) for axis in axes)
    tensor = _whole(1, _TYPES[port.dtype]) + _message(2, shape)
    return _text(1, port.name) + _message(2, _message(1, tensor))


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _whole(number: int, value: int) -> bytes:
    return _key(number, 0) + _varint(value)


def _text(number: int, text: str) -> bytes:
    return _message(number, text.encode())


def _message(number: int, body: bytes) -> bytes:
    return _opening(number, len(body)) + body


def _opening(number: int, length: int) -> bytes:
    return _key(number, 2) + _varint(length)


def _varint(value: int) -> bytes:
    coded = bytearray()
    while value > 127:
        coded.append(value & 127 | 128)
        value >>= 7
    return bytes([*coded, value])
