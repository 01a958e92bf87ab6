"""How a model is run: what costs time against what is heard."""

from dataclasses import dataclass
from pathlib import Path

from myna.core.errors import SettingsError
from myna.engines.cosyvoice.acoustic.request import SCHEDULES, FlowOptions, Schedule

FRAMES_PER_SECOND = 50


@dataclass(frozen=True, slots=True)
class Runtime:
    """Chosen once, for all calls."""

    preset: str = "balanced"
    """When sound is made: `realtime`, `balanced` or `quality`."""
    steps: int = 10
    """Of flow matching: time grows with it."""
    guidance: float | None = None
    """How far flow matching goes beyond what it is told; 0 halves its time. None: the model's."""
    history_seconds: float = 5.0
    """How much of what was said flow matching looks back on while it streams, beside the
    reference. Each second takes some 200 megabytes of memory while a text is spoken."""
    threads: int | None = None
    """Processors torch uses in this process; None leaves it to torch."""
    precision: str = "exact"
    """Of the language model: `exact`, 32 bits throughout, or `fast`, a graph in eight bits."""
    graphs: Path | None = None
    """Where the graph is kept; without, it is made anew at every start."""

    def __post_init__(self) -> None:
        if self.preset not in SCHEDULES:
            raise SettingsError(
                f"There is no preset {self.preset!r}: choose one of {', '.join(SCHEDULES)}."
            )
        if self.precision not in ("exact", "fast"):
            raise SettingsError(f"There is no precision {self.precision!r}: exact or fast.")

    @property
    def schedule(self) -> Schedule:
        """When sound is made while tokens arrive."""
        return SCHEDULES[self.preset]

    def flow(self, guidance: float, steps: int | None) -> FlowOptions:
        """Return how flow matching goes; `guidance` is the model's own, `steps` a request's."""
        own = guidance if self.guidance is None else self.guidance
        return FlowOptions(
            steps or self.steps, own, round(self.history_seconds * FRAMES_PER_SECOND)
        )

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same request would sound different."""
        return f"{self.preset}-{self.steps}-{self.guidance}-{self.history_seconds}"
