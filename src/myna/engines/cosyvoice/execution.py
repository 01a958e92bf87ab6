"""How a model is run: what costs time and memory against what is heard."""

from dataclasses import dataclass
from pathlib import Path

import torch

from myna.core.errors import SettingsError
from myna.engines.batching.device import CPU, computes_bfloat16, half_precision
from myna.engines.checkpoints.when_needed import KEPT_SECONDS
from myna.engines.cosyvoice.acoustic.recorded_step import Recording
from myna.engines.cosyvoice.acoustic.request import SCHEDULES, FlowOptions, Schedule

FRAMES_PER_SECOND = 50
RUNTIMES = ("fast", "exact")


@dataclass(frozen=True, slots=True)
class Execution:
    """Chosen once, for all calls."""

    preset: str = "balanced"
    """When sound is made: `realtime`, `balanced` or `quality`."""
    runtime: str = "fast"
    """`fast`: the language model in eight bits; flow matching in bfloat16 where the processor has
    it. `exact`: 32 bits throughout, as the published networks."""
    graphs: Path | None = None
    """Where the graphs of the fast language model are kept; without, they are made anew."""
    steps: int = 10
    """Of flow matching, where a request does not say: time grows with them."""
    guidance: float | None = None
    """How far flow matching goes beyond what it is told; 0 halves its time. None: the model's."""
    history_seconds: float = 5.0
    """How much of what was said flow matching looks back on while it streams, beside the
    reference. A second takes 220 megabytes for each stream, half of that in bfloat16."""
    prompt_bytes: int = 2_000_000_000
    """Memory for what flow matching computed of the voices spoken with last."""
    threads: int | None = None
    """Processors torch uses in this process; None leaves it to torch."""
    chunks: int = 1
    """Chunks of different streams that flow matching makes together. 1: a request has the same
    bits in any company; more: the same but for rounding."""
    compatible: bool = False
    """Decode and stream as the published code of CosyVoice2 does, with its defects."""
    device: torch.device = CPU
    """Where the networks are, but for the two that listen to a reference. On a GPU `fast` is 16
    bits, in the language model and flow matching; `exact` is 32."""
    keep_all: bool = False
    """Keep in memory what only new voices need: the two networks that listen to a reference."""

    def __post_init__(self) -> None:
        for name, chosen, known in (
            ("preset", self.preset, tuple(SCHEDULES)),
            ("runtime", self.runtime, RUNTIMES),
        ):
            if chosen not in known:
                raise SettingsError(
                    f"There is no {name} {chosen!r}: choose one of {', '.join(known)}."
                )

    @property
    def kept_seconds(self) -> float | None:
        """How long networks stay that not every text needs; None: always."""
        return None if self.keep_all else KEPT_SECONDS

    @property
    def schedule(self) -> Schedule:
        """When sound is made while tokens arrive."""
        return SCHEDULES[self.preset]

    @property
    def language_precision(self) -> torch.dtype:
        """What the language model is computed in on a GPU."""
        return half_precision(self.device) if self.runtime == "fast" else torch.float32

    @property
    def flow_precision(self) -> torch.dtype:
        """What flow matching is computed in."""
        if self.device.type != "cpu":
            return self.language_precision
        is_fast = self.runtime == "fast" and computes_bfloat16()
        return torch.bfloat16 if is_fast else torch.float32

    def flow(self, guidance: float, steps: int | None) -> FlowOptions:
        """Return how flow matching goes; `guidance` is the model's own, `steps` a request's."""
        own = guidance if self.guidance is None else self.guidance
        history = None if self.compatible else round(self.history_seconds * FRAMES_PER_SECOND)
        return FlowOptions(steps or self.steps, own, history)

    def recording(self, guidance: float) -> Recording | None:
        """Return which steps of flow matching are recorded, for a GPU; see `flow`."""
        if self.device.type == "cpu":
            return None
        calls = [1]
        while calls[-1] < self.chunks:
            calls.append(min(2 * calls[-1], self.chunks))
        return Recording(self.flow(guidance, None).guidance, tuple(calls))

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same request would sound different."""
        precision = str(self.flow_precision).removeprefix("torch.")
        said = (self.preset, precision, self.steps, self.guidance, self.history_seconds)
        shared = ("shared",) if self.chunks > 1 else ()
        published = ("compatible",) if self.compatible else ()
        return "-".join(map(str, said + shared + published))
