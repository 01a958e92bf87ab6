"""What an ONNX file says it takes, read without the weights in it.

Fields of a protocol-buffer message say how long they are, so a file is walked in a moment however
large it is; that it is whole is seen on the way. Numbers of fields are those of onnx.proto.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5  # kinds of fields
_FIXED = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}
_GRAPH = 7  # of a model
_WEIGHT, _INPUT = 5, 11  # of a graph
_NAMES = {_WEIGHT: 8, _INPUT: 1}  # in which field of these their name is
_LONGEST_VARINT = 10  # bytes


def read_inputs(path: Path) -> list[str]:
    """Return the names of a network's inputs. Raises `ValueError` for anything but a whole file."""
    named: dict[int, list[str]] = {_INPUT: [], _WEIGHT: []}
    graphs = 0
    with path.open("rb") as file:
        for number, end in _fields(file, path.stat().st_size):
            if number == _GRAPH:
                graphs += 1
                for inner, inner_end in _fields(file, end):
                    if inner in named:
                        named[inner].append(_name(file, inner_end, _NAMES[inner]))
    if graphs != 1:
        raise ValueError(f"there are {graphs} graphs in it")
    return [name for name in named[_INPUT] if name not in set(named[_WEIGHT])]


def _name(file: BinaryIO, end: int, wanted: int) -> str:
    found = ""
    for number, field_end in _fields(file, end):
        if number == wanted:
            found = file.read(field_end - file.tell()).decode()
    return found


def _fields(file: BinaryIO, end: int) -> Iterator[tuple[int, int]]:
    """Yield the number of each field of a message and where it ends; what is not read is skipped.

    The file stands at the content of the field.
    """
    while (place := file.tell()) < end:
        key = _varint(file)
        kind, number = key & 7, key >> 3
        if kind == _VARINT:
            _varint(file)
            length = 0
        elif kind == _LENGTH:
            length = _varint(file)
        elif kind in _FIXED:
            length = _FIXED[kind]
        else:
            raise ValueError(f"at {place} there is no field of a message")
        field_end = file.tell() + length
        if field_end > end:
            raise ValueError(f"the field at {place} goes on beyond the end")
        yield number, field_end
        file.seek(field_end)


def _varint(file: BinaryIO) -> int:
    value = 0
    for place in range(_LONGEST_VARINT):
        read = file.read(1)
        if not read:
            raise ValueError("it ends within a number")
        value |= (read[0] & 127) << 7 * place
        if read[0] < 128:
            return value
    raise ValueError("a number has no end")
