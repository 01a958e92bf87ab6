"""How a model is run: what costs time against what is heard."""

from dataclasses import dataclass

from myna.core.errors import SettingsError
from myna.engines.cosyvoice.acoustic.request import SCHEDULES, Schedule


@dataclass(frozen=True, slots=True)
class Runtime:
    """Chosen once, for all calls."""

    preset: str = "balanced"
    """When sound is made: `realtime`, `balanced` or `quality`."""
    steps: int = 10
    """Of flow matching: time grows with it."""
    guidance: float | None = None
    """How far flow matching goes beyond what it is told; 0 halves its time. None: the model's."""
    threads: int | None = None
    """Processors torch uses in this process; None leaves it to torch."""

    def __post_init__(self) -> None:
        if self.preset not in SCHEDULES:
            raise SettingsError(
                f"There is no preset {self.preset!r}: choose one of {', '.join(SCHEDULES)}."
            )

    @property
    def schedule(self) -> Schedule:
        """When sound is made while tokens arrive."""
        return SCHEDULES[self.preset]

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same request would sound different."""
        return f"{self.preset}-{self.steps}-{self.guidance}"
