"""Variants of the same work in turn, A B C A B C, so that a disturbance meets all of them."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

READ_MEGABYTES = 512


@dataclass(frozen=True)
class Variant:
    """One way to do the work, and what must be done before it, which is not timed."""

    run: Callable[[], object]
    prepare: Callable[[], object] = bool


def compared(
    variants: Mapping[str, Variant], rounds: int, amount: float, unit: str, turns: int = 1
) -> dict[str, float]:
    """Print how much each variant does a second, and its ratio to the first; return the rates.

    Each variant does `amount` of `unit` a round, in so many runs; they take turns. A first round
    is not counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(rounds + 1):
        for variant in variants.values():
            variant.prepare()
        taken = dict.fromkeys(variants, 0.0)
        for name, variant in [*variants.items()] * turns:
            taken[name] += timed(variant.run)
        for name in variants if number else ():
            seconds[name].append(taken[name])
    return report(seconds, amount, unit)


def timed(run: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def report(seconds: Mapping[str, Sequence[float]], amount: float, unit: str) -> dict[str, float]:
    """Print the rates of variants, of what each round took, and their ratios to the first."""
    base = seconds[next(iter(seconds))]
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
