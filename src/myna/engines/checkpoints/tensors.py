"""The tensors of a checkpoint, by name."""

from collections.abc import Mapping

import torch
from torch import Tensor

from myna.core.errors import WeightsMissing
from myna.engines.checkpoints.rows import LeavesRows, Rows, RowsInMemory


class Tensors:
    """A read-only view of the tensors whose names begin with a prefix.

    Reading `weight` of a weight-normalised layer returns the folded weight (Salimans and Kingma
    2016): g * v / |v|. Floating tensors come as float32, or another `dtype` asked for, whatever
    the file holds.
    """

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        source: str,
        *,
        prefix: str = "",
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """`source` names the file in messages."""
        self._tensors = tensors
        self._dtype = dtype
        self.device = torch.device(device)
        """Where tensors are returned."""
        self.source = source
        self.prefix = prefix

    @property
    def stored(self) -> Mapping[str, Tensor]:
        """Everything the file holds, as it is there, whatever the prefix."""
        return self._tensors

    def scope(self, name: str) -> "Tensors":
        """Return the view of what lies under `name`."""
        return Tensors(
            self._tensors,
            self.source,
            prefix=f"{self.prefix}{name}.",
            device=self.device,
            dtype=self._dtype,
        )

    def to(self, device: torch.device | str, dtype: torch.dtype = torch.float32) -> "Tensors":
        """Return the same view, whose tensors come on another device, or in another precision."""
        return Tensors(self._tensors, self.source, prefix=self.prefix, device=device, dtype=dtype)

    def __getitem__(self, name: str) -> Tensor:
        """Return a tensor, or raise `WeightsMissing` naming it and the file."""
        found = self.get(name)
        if found is None:
            raise WeightsMissing(
                f"{self.source!r} lacks the tensor {self.prefix + name!r}. The file is incomplete "
                "or of another model: get it again, or point the setting at the right file."
            )
        return found

    def get(self, name: str) -> Tensor | None:
        """Return a tensor, or None where there is none of this name."""
        full = self.prefix + name
        stored = self._tensors.get(full)
        found = self._folded(full) if stored is None else self._ready(stored)
        return found.to(self._dtype) if found is not None and found.is_floating_point() else found

    def rows(self, name: str) -> Rows:
        """Return the rows of a table of which few are needed at a time, in float32.

        On a CPU they are left in the file where that is possible. Raises `WeightsMissing`.
        """
        full, stored = self.prefix + name, self._tensors
        if self.device.type == "cpu" and isinstance(stored, LeavesRows) and full in stored:
            return stored.rows(full)
        return RowsInMemory(self[name])

    def __contains__(self, name: str) -> bool:
        """Whether a tensor of this name, or anything under it, is there."""
        full = self.prefix + name
        return full in self._tensors or any(key.startswith(full + ".") for key in self._tensors)

    def count(self, name: str) -> int:
        """Return how many numbered children `name.0`, `name.1`, ... there are."""
        start = f"{self.prefix}{name}."
        numbers = {
            key[len(start) :].split(".", 1)[0] for key in self._tensors if key.startswith(start)
        }
        number = 0
        while str(number) in numbers:
            number += 1
        return number

    def _folded(self, full: str) -> Tensor | None:
        stem, _, leaf = full.rpartition(".")
        for magnitude_name, direction_name in (
            (f"{full}_g", f"{full}_v"),
            (
                f"{stem}.parametrizations.{leaf}.original0",
                f"{stem}.parametrizations.{leaf}.original1",
            ),
        ):
            magnitude = self._tensors.get(magnitude_name)
            direction = self._tensors.get(direction_name)
            if magnitude is not None and direction is not None:
                return fold_weight_norm(self._ready(magnitude), self._ready(direction))
        return None

    def _ready(self, tensor: Tensor) -> Tensor:
        if tensor.is_floating_point():
            return tensor.to(self.device, torch.float32)
        return tensor.to(self.device)


def fold_weight_norm(magnitude: Tensor, direction: Tensor) -> Tensor:
    """Return the weight whose norm over every axis of length 1 in `magnitude` is `magnitude`."""
    axes = [axis for axis, length in enumerate(magnitude.shape) if length == 1]
    norm = direction.square().sum(dim=axes, keepdim=True).sqrt()
    return direction * (magnitude / norm)
