"""A device that is none: its tensors compute on the CPU, and mix with those of the CPU as little as
those of a GPU would. So what a GPU would refuse is found without one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

DEVICE = torch.device("meta")
_MOVES = ("aten._to_copy", "aten.copy_")
_TAKE_INDICES = ("aten.index.Tensor", "aten.index_put_", "aten._index_put_impl_")
_READS = ("aten._local_scalar_dense", "aten.nonzero", "aten.masked_select", "aten.equal")


class _Placed(Tensor):
    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> "_Placed":
        with torch.inference_mode(mode=False):  # what is held is of inference, whenever it is made
            made: _Placed = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
                cls,
                held.shape,
                strides=held.stride(),
                storage_offset=held.storage_offset(),
                dtype=held.dtype,
                device=DEVICE,
            )
        made.held = held
        return made

    @classmethod
    def __torch_dispatch__(
        cls, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        raise AssertionError(f"{function} was called in a thread without the device")


class _Constants(TorchFunctionMode):
    """`torch.tensor` makes a tensor where nobody sees it, so it is moved here."""

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if function is torch.tensor and kwargs.get("device") == DEVICE:
            return torch.tensor(*args, **kwargs | {"device": None}).to(DEVICE)
        return function(*args, **kwargs)


class PretendedDevice(TorchDispatchMode):
    """While it is entered, `DEVICE` can be computed on, in this thread."""

    def __init__(self) -> None:
        super().__init__()
        self.reads_are_refused = False
        self._constants = _Constants()
        self._depth = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # nothing is compiled here, and to import what compiles takes seconds

    def __enter__(self) -> Self:
        if not self._depth:
            self._constants.__enter__()
        self._depth += 1
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._depth -= 1
        if not self._depth:
            self._constants.__exit__(*error)

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        given: list[Any] = []
        tree_map(given.append, (args, kwargs))
        placed = [each for each in given if isinstance(each, _Placed)]
        if not placed and DEVICE not in [each for each in given if isinstance(each, torch.device)]:
            return function(*args, **kwargs)
        with self:
            made = function.decompose(*args, **kwargs)
        if made is not NotImplemented:
            return made
        name = str(function)
        if self.reads_are_refused and _reads(name, args, kwargs):
            raise AssertionError(f"{name} reads numbers back from the device")
        mixes = any(_is_here(each) and each.dim() > 0 for each in given)
        if mixes and not name.startswith((*_MOVES, *_TAKE_INDICES)):
            raise AssertionError(f"{name} mixes tensors of the device and of the CPU")
        return _computed(function, args, kwargs, placed)

    @contextmanager
    def refusing_reads(self) -> Iterator[None]:
        """Have whatever would wait for a GPU fail."""
        self.reads_are_refused = True
        try:
            yield
        finally:
            self.reads_are_refused = False


def _reads(name: str, args: Any, kwargs: Any) -> bool:
    if name.startswith("aten._to_copy"):
        there = isinstance(args[0], _Placed)
        moves = there != (kwargs.get("device", DEVICE if there else None) == DEVICE)
        return moves and (there or not kwargs.get("non_blocking"))  # what is sent is not waited for
    if name.startswith("aten.copy_"):
        return isinstance(args[0], _Placed) != isinstance(args[1], _Placed) and args[1].dim() > 0
    by_mask = name.startswith(_TAKE_INDICES) and any(
        index is not None and index.dtype == torch.bool for index in args[1]
    )
    return by_mask or name.startswith(_READS)


def _computed(function: Any, args: Any, kwargs: dict[str, Any], placed: list[_Placed]) -> Any:
    """Compute on the CPU, and return what belongs there as tensors of the device."""
    there = _is_there(str(function), args, kwargs)
    if kwargs.get("device") == DEVICE:
        kwargs = kwargs | {"device": torch.device("cpu")}
    args, kwargs = tree_map(_held, (args, kwargs))
    with torch.inference_mode():
        made = function(*args, **kwargs)
    wrappers = {id(each.held): each for each in placed}

    def wrapped(each: Any) -> Any:
        if not isinstance(each, Tensor):
            return each
        found = wrappers.get(id(each))
        if found is not None:
            return found
        return _Placed(each) if there else each

    return tree_map(wrapped, made)


def _is_here(each: Any) -> bool:
    return isinstance(each, Tensor) and not isinstance(each, _Placed)


def _held(each: Any) -> Any:
    return each.held if isinstance(each, _Placed) else each


def _is_there(name: str, args: Any, kwargs: dict[str, Any]) -> bool:
    """Whether what a function returns is on the device."""
    device = kwargs.get("device")
    if device is not None:
        return bool(device == DEVICE)
    if name.startswith(("aten.copy_", "aten.index")):
        return isinstance(args[0], _Placed)
    return True
