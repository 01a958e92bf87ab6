"""Variants of the same work in turn, A B C A B C, so that a disturbance meets all of them."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

READ_MEGABYTES = 512


@dataclass(frozen=True)
class Variant:
    """One way to do the work, and what must be done before it, which is not timed."""

    run: Callable[[], object]
    prepare: Callable[[], object] = bool


def compared(
    variants: Mapping[str, Variant], rounds: int, amount: float, unit: str
) -> dict[str, float]:
    """Print how much each variant does a second, and its ratio to the first; return the rates.

    Each run of a variant does `amount` of `unit`; a first run of each is not counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(rounds + 1):
        for name, variant in variants.items():
            variant.prepare()
            began = time.perf_counter()
            variant.run()
            if number:
                seconds[name].append(time.perf_counter() - began)
    base = seconds[next(iter(variants))]
    for name, taken in seconds.items():
        ratios = [first / own for first, own in zip(base, taken, strict=True)]
        print(
            f"  {name:22s} {amount / statistics.median(taken):8.2f} {unit}/s, "
            f"x{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
            flush=True,
        )
    return {name: amount / statistics.median(taken) for name, taken in seconds.items()}


def read_bandwidth() -> float:
    """Return the bytes a second that one thread reads from memory, at best."""
    buffer = torch.ones(READ_MEGABYTES * 1_000_000 // 4)
    taken = []
    for _ in range(7):
        began = time.perf_counter()
        buffer.sum()
        taken.append(time.perf_counter() - began)
    return buffer.nbytes / min(taken)
