"""How the networks are run: exactly, or as fast as this processor can."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from myna.engines.batching.device import CPU, computes_bfloat16, half_precision, processors
from myna.engines.checkpoints.layers import Linear
from myna.engines.checkpoints.when_needed import KEPT_SECONDS
from myna.engines.gpt_sovits.sound.eight_bit_linear import EightBitLinear, Projection, exact
from myna.engines.gpt_sovits.sound.half_linear import HalfLinear


@dataclass(frozen=True, slots=True)
class Execution:
    """What the settings say about it."""

    runtime: str = "fast"
    """`fast`: eight-bit graphs for semantic tokens; flow matching in eight bits and sound in
    bfloat16 where the processor has them. `exact`: 32 bits throughout, as the published
    networks."""
    graphs: Path | None = None
    """Where the graphs are kept; without, they are made anew at every start."""
    threads: int | None = None
    """Processors for one computation; None leaves one of them to the other threads."""
    device: torch.device = CPU
    """Where the networks are. On a GPU `fast` is 16 bits, in semantic tokens, flow matching and
    sound; `exact` is 32."""
    keep_all: bool = False
    """Keep in memory what only new voices and Chinese need. On a GPU it is kept anyway."""

    def take_threads(self) -> None:
        """Tell torch, for the whole process, how many threads to use.

        Two threads that share a busy processor are slower than one: they wait for each other.
        """
        torch.set_num_threads(
            self.threads or min(torch.get_num_threads(), max(1, processors() - 1))
        )

    @property
    def kept_seconds(self) -> float | None:
        """How long networks stay that not every sentence needs; None: always."""
        return None if self.keep_all or self.device.type != "cpu" else KEPT_SECONDS

    @property
    def half(self) -> torch.dtype:
        """The precision of the large layers on a GPU."""
        return half_precision(self.device) if self.runtime == "fast" else torch.float32

    @property
    def vocoder_dtype(self) -> torch.dtype:
        """The precision that the vocoder computes in."""
        if self.device.type != "cpu":
            return self.half
        fast = self.runtime == "fast" and computes_bfloat16()
        return torch.bfloat16 if fast else torch.float32

    @property
    def flow_projection(self) -> Callable[[Linear], Projection]:
        """What makes the large layers of flow matching."""
        if self.device.type != "cpu":
            return exact if self.runtime == "exact" else partial(HalfLinear, dtype=self.half)
        return EightBitLinear if self.runtime == "fast" and _computes_int8() else exact

    def of_windows(self, count: int) -> "Execution":
        """Return how sound is made where so many windows are made together.

        On a CPU in 32 bits: in fewer, what is nearly the same is rounded to something else, and
        one would hear the company.
        """
        return replace(self, runtime="exact") if count > 1 and self.device.type == "cpu" else self

    @property
    def sound_precision(self) -> str:
        """Name what the sound is computed in."""
        bits = "-int8" if self.flow_projection is EightBitLinear else ""
        return f"{self.vocoder_dtype}{bits}".removeprefix("torch.")


def _computes_int8() -> bool:
    """Whether it has instructions for products of eight bits, summed in 32."""
    return bool(getattr(torch.cpu, "_is_vnni_supported", bool)())
