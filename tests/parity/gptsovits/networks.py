"""Checkpoints filled by the recipe."""

import torch

from myna.engines.checkpoints.tensors import Tensors
from tests.parity import recipe
from tests.parity.case import Case


def tensors_of(case: Case, prefix: str = "") -> Tensors:
    """Return all weights of a case."""
    filled = {name: torch.from_numpy(array) for name, array in recipe.state(case.shapes).items()}
    return Tensors(filled, case.name, prefix=prefix)
