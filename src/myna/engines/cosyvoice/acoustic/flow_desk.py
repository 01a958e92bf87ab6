"""Where calls in several threads meet for the flow, the most urgent first."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from torch import Tensor

from myna.core.playback import NOTHING_HEARD
from myna.engines.batching.desk import Desk
from myna.engines.batching.device import wait_for
from myna.engines.cosyvoice.acoustic.mel_stream import Begun, MelStream, finish_together


@dataclass(frozen=True, slots=True, eq=False)
class _Advance:
    stream: MelStream
    count: int


class FlowDesk:
    """Advances the streams of many threads; those that are alike share a pass."""

    def __init__(self, most: int = 16, at_once: int = 1) -> None:
        """`most` calls share a pass, `at_once` passes are under way.

        With 1 in a pass, a stream has the same bits whoever else is served.
        """
        self._desk = Desk(_advanced, most, _likeness, at_once)

    def advance(self, stream: MelStream, count: int, deadline: float = NOTHING_HEARD) -> Tensor:
        """See `MelStream.advance` and `Playback.deadline`."""
        return self._desk.done(_Advance(stream, count), deadline)


def _likeness(advance: _Advance) -> Hashable:
    return advance.stream.likeness(advance.count)


def _advanced(advances: Sequence[_Advance]) -> list[Tensor | Exception]:
    device = advances[0].stream.flow.device
    if len(advances) == 1:
        mel = advances[0].stream.advance(advances[0].count)
        wait_for(device)
        return [mel]
    begun = [_begun(advance) for advance in advances]
    mels = iter(finish_together([one for one in begun if isinstance(one, Begun)]))
    wait_for(device)
    return [next(mels) if isinstance(one, Begun) else one for one in begun]


def _begun(advance: _Advance) -> Begun | Exception:
    try:
        return advance.stream.begin(advance.count)
    except Exception as error:  # noqa: BLE001 - its own caller must hear of it, no other
        return error
