"""A lane on a pretended device."""

from collections.abc import Callable

from myna.engines.batching.lane import Lane
from tests.unit.engines.pretended_device import DEVICE, PretendedDevice


class StrictLane(Lane):
    """Has a step refuse what a step that is recorded cannot do."""

    def __init__(self, device: PretendedDevice) -> None:
        super().__init__(DEVICE)
        self._pretended = device
        self.ran = 0
        """How often a step was run."""

    def recorded(self, step: Callable[[], None]) -> Callable[[], None]:
        def strictly() -> None:
            with self._pretended.refusing_reads():
                step()
            self.ran += 1

        return strictly
