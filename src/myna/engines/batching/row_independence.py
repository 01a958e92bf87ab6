"""Whether the company of a sequence changes its logits: asked of a model's step once, at start.

A kernel of our own gives a row the same bits in any row of any batch; what the libraries promise of
their products is less, and hangs on the GPU, its driver and the shapes.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

DEPENDENT_ROWS = (
    "On %s, %s gives a sequence other numbers in other company, because the libraries round a row "
    "of a product by what is beside it: the same seed may say something else while others speak. "
    "For the same bits, set the engine's `slots` to 1."
)
"""A warning; takes the device and the model's name."""

_LENGTHS = (3, 64, 130, 300)  # positions of the sequences that are tried
_IDLE = -1

Step = Callable[[Tensor, Tensor], Tensor]
"""Takes how many positions are filled in each slot, and the token that each reads next: (slots,)
int64 both, no positions in an idle slot. Returns logits (slots, vocabulary)."""


def rows_are_independent(keys: Tensor, values: Tensor, step: Step) -> bool:
    """Step the same sequences in other slots and other company; say if all bits are the same.

    keys, values: (layers, slots, heads, capacity, width), of no sequence yet: they are overwritten.
    """
    slots, capacity, device = keys.shape[1], keys.shape[3], keys.device
    lengths = [min(length, capacity - 1) for length in _LENGTHS]
    held = [_random(keys, length, number) for number, length in enumerate(lengths)]

    def logits(numbers: Sequence[int]) -> Tensor:
        for slot, number in enumerate(numbers):
            if number != _IDLE:
                keys[:, slot, :, : lengths[number]] = held[number][0]
                values[:, slot, :, : lengths[number]] = held[number][1]
        filled = [0 if number == _IDLE else lengths[number] for number in numbers]
        tokens = [max(number, 0) for number in numbers]
        return step(torch.tensor(filled).to(device), torch.tensor(tokens).to(device))

    def alone(number: int, slot: int) -> Tensor:
        return logits([number if each == slot else _IDLE for each in range(slots)])[slot]

    expected = [alone(number, 0).clone() for number in range(len(lengths))]
    if any(not torch.equal(alone(number, slots - 1), row) for number, row in enumerate(expected)):
        return False
    for shift in range(len(lengths)):
        numbers = [(slot + shift) % len(lengths) for slot in range(slots)]
        together = logits(numbers)
        if any(
            not torch.equal(row, expected[number])
            for row, number in zip(together, numbers, strict=True)
        ):
            return False
    return True


def _random(like: Tensor, length: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return keys and values of one sequence: (layers, heads, length, width) each."""
    layers, _, heads, _, width = like.shape
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(2, layers, heads, length, width, generator=generator)
    first, second = drawn.to(like.device, like.dtype).unbind()
    return first, second
