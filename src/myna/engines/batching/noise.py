"""Random numbers that depend on the request and the place, never on what else is running.

Each is a hash of (seed, position, index) by two rounds of the SplitMix64 finaliser (Steele, Lea
and Flood 2014) in wrapping 64-bit integers, so it is the same in any row of any batch and in
any window of a recording; on another device as well, but for the last bits of a logarithm.
"""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


_STEP = _signed(0x9E3779B97F4A7C15)
_FIRST = _signed(0xBF58476D1CE4E5B9)
_SECOND = _signed(0x94D049BB133111EB)
_LOW = {27: (1 << 37) - 1, 30: (1 << 34) - 1, 31: (1 << 33) - 1, 11: (1 << 53) - 1}
"""By how far a number is shifted right: the bits that are not copies of the sign."""

_WHOLE = (1 << 64) - 1


def _shifted(values: Tensor, bits: int) -> Tensor:
    return (values >> bits) & _LOW[bits]


def _mixed(values: Tensor) -> Tensor:
    values = (values ^ _shifted(values, 30)) * _FIRST
    values = (values ^ _shifted(values, 27)) * _SECOND
    return values ^ _shifted(values, 31)


def uniforms(seeds: Tensor, positions: Tensor, width: int) -> Tensor:
    """Return numbers strictly between 0 and 1 for int64 seeds and positions of one shape.

    Shape (*seeds.shape, width), float64.
    """
    indices = torch.arange(width, dtype=torch.int64, device=seeds.device)
    return uniforms_at(seeds, positions, indices)


def uniforms_at(seeds: Tensor, positions: Tensor, indices: Tensor) -> Tensor:
    """Return those of the numbers `uniforms` gives that have these indices.

    Shape (n,), or (*seeds.shape, n) for others in each row.
    """
    keys = _mixed(_mixed(seeds * _STEP + 1) + (positions + 1) * _STEP)
    bits = _mixed(keys[..., None] + (indices + 1) * _STEP)
    return (_shifted(bits, 11).to(torch.float64) + 0.5) * 2.0**-53


def exponentials(seeds: Tensor, steps: Tensor, width: int) -> Tensor:
    """Return exponentially distributed numbers of mean 1: (batch, width), float32."""
    return -torch.log(uniforms(seeds, steps, width)).to(torch.float32)


def exponentials_at(seeds: Tensor, steps: Tensor, indices: Tensor) -> Tensor:
    """Return those of the numbers `exponentials` gives that have these indices (batch, n)."""
    return -torch.log(uniforms_at(seeds, steps, indices)).to(torch.float32)


def exponential_rows(seed: int, steps: range, width: int) -> npt.NDArray[np.float32]:
    """Return the numbers `exponentials` gives one seed at each of some steps: (steps, width).

    The same hash in numpy, which begins a small computation sooner than torch.
    """
    own = _mixed_whole(seed * _STEP + 1)
    keys = [_mixed_whole(own + (step + 1) * _STEP) for step in steps]
    indices = np.arange(1, width + 1, dtype=np.uint64) * np.uint64(_STEP & _WHOLE)
    bits = indices + np.array(keys, np.uint64)[:, None]
    for shift, factor in ((30, _FIRST), (27, _SECOND)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor & _WHOLE)
    bits ^= bits >> np.uint64(31)
    uniform = ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return -np.log(uniform).astype(np.float32)


def _mixed_whole(value: int) -> int:
    value &= _WHOLE
    value = (value ^ value >> 30) * _FIRST & _WHOLE
    value = (value ^ value >> 27) * _SECOND & _WHOLE
    return value ^ value >> 31


def normal_frames(
    seed: int,
    first_frame: int,
    n_frames: int,
    channels: int,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Return normally distributed noise for absolute frames: (1, channels, n_frames), float32.

    Whatever window of frames is asked for, a frame gets the same numbers.
    """
    frames = torch.arange(first_frame, first_frame + n_frames, dtype=torch.int64, device=device)
    pairs = uniforms(torch.full_like(frames, seed), frames, 2 * channels)
    radius = torch.sqrt(-2.0 * torch.log(pairs[:, :channels]))
    angle = (2.0 * math.pi) * pairs[:, channels:]
    return (radius * torch.cos(angle)).to(torch.float32).T[None]
