"""Numbers to put into networks, and how far what comes out is from what should."""

import torch
from torch import Tensor


def normal(*shape: int, seed: int = 0) -> Tensor:
    """Return the same normally distributed numbers at each call."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def noise_in_decibels(got: Tensor, expected: Tensor) -> float:
    """Return the energy of a difference over that of what was expected."""
    error = (got - expected).square().mean() / expected.square().mean()
    return float(10 * torch.log10(error))
