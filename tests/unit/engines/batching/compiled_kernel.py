"""Compiles the Triton kernel for a GPU that need not be there, and prints what it takes, as JSON.

    python -m tests.unit.engines.batching.compiled_kernel

Of each kernel: whether the threads' numbers fit their registers. A process of its own, because
Triton keeps what it compiles in a folder that it learns of when it is imported.
"""

import json
import sys
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from myna.engines.batching import decode_kernel
from myna.engines.batching.decode_kernel import SPLIT

GENERATION = 90  # H100, H200
FAMILIES = {"gpt_sovits": (1, 32, 1280), "cosyvoice2": (7, 64, 8192)}  # group, width, capacity


def main() -> None:
    """Print one object."""
    found = {}
    for name, (group, width, capacity) in FAMILIES.items():
        n_splits = triton.cdiv(capacity, SPLIT)
        both = {"width": width, "split": SPLIT, "n_splits": n_splits}
        sizes = {"scale": width**-0.5, "group": group, "capacity": capacity}
        padded = {"padded": triton.next_power_of_2(n_splits)}
        found[f"{name} attend"] = _fits(decode_kernel._attend_splits, both | sizes)
        found[f"{name} merge"] = _fits(decode_kernel._merge_splits, both | padded)
    sys.stdout.write(json.dumps(found))


TYPES = {
    **dict.fromkeys(("query", "new_key", "new_value", "keys", "values", "merged"), "*bf16"),
    **dict.fromkeys(("query_stride", "key_stride", "value_stride"), "i32"),
    "lengths": "*i64",
}


def _fits(kernel: Any, constants: dict[str, float]) -> bool:
    types = {
        name: "constexpr" if name in constants else TYPES.get(name, "*fp32")
        for name in kernel.arg_names
    }
    places = {(kernel.arg_names.index(name),): value for name, value in constants.items()}
    source = ASTSource(kernel, types, places)
    warps = {"num_warps": decode_kernel.warps_for(int(constants["width"]))}
    made = triton.compile(source, target=GPUTarget("cuda", GENERATION, 32), options=warps)
    assert made.asm["cubin"]
    return "__local_depot" not in made.asm["ptx"]


if __name__ == "__main__":
    main()
