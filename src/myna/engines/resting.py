"""Engines that failed, and when they may be tried again."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass

from myna.core.errors import EngineError

LONGEST_FACTOR = 8  # an engine that keeps failing rests so many times longer at most
PROBE_PATIENCE = 0.25  # seconds a listener waits for a probe; the next one hears the outcome

Probe = Callable[[], None]
"""Asks an engine whether it could speak now. Raises `EngineError` where it could not."""


@dataclass(slots=True)
class _Rest:
    until: float
    failures: int = 1
    probing: Future[None] | None = None
    probed_at: float = 0.0


class Rests:
    """Which engines rest.

    An engine that failed rests for `cooldown` seconds, twice as long after each further failure
    without a success. Then, where there is a probe for it, it is asked how it is before a listener
    has to rely on it: beside the sentence, for which another engine is at hand.
    """

    def __init__(self, cooldown: float, probes: Mapping[str, Probe]) -> None:
        self._cooldown = cooldown
        self._probes = probes
        self._lock = threading.Lock()
        self._rests: dict[str, _Rest] = {}
        self._stumbled_at: dict[str, float] = {}

    def failed(self, name: str) -> None:
        """Send an engine to rest."""
        with self._lock:
            known = self._rests.get(name)
            failures = known.failures + 1 if known else 1
            seconds = self._cooldown * min(2 ** (failures - 1), LONGEST_FACTOR)
            self._rests[name] = _Rest(time.monotonic() + seconds, failures)

    def stumbled(self, name: str) -> None:
        """Note that a sentence broke off. Once is chance; again soon after is a failure."""
        now = time.monotonic()
        before = self._stumbled_at.get(name)
        self._stumbled_at[name] = now
        if before is not None and now - before < self._cooldown:
            self.failed(name)

    def succeeded(self, name: str) -> None:
        """Note that an engine spoke: all is forgiven."""
        self._rests.pop(name, None)

    def has_failed(self, name: str) -> bool:
        """Whether an engine failed and has not spoken since."""
        return name in self._rests

    def is_resting(self, name: str) -> bool:
        """Whether another engine should be preferred now. May wait for a probe, briefly."""
        rest = self._rests.get(name)
        if rest is None:
            return False
        if time.monotonic() < rest.until:
            return True
        return name in self._probes and not self._is_well(name, rest)

    def _is_well(self, name: str, rest: _Rest) -> bool:
        probing = self._probing(name, rest)
        wait([probing], PROBE_PATIENCE)
        if not probing.done():
            return False
        rest.probing = None
        if probing.exception() is None:
            return True
        self.failed(name)
        return False

    def _probing(self, name: str, rest: _Rest) -> Future[None]:
        with self._lock:
            is_stale = time.monotonic() - rest.probed_at > self._cooldown
            if rest.probing is None or (rest.probing.done() and is_stale):
                rest.probing = Future()
                rest.probed_at = time.monotonic()
                arguments = (self._probes[name], rest.probing)
                threading.Thread(
                    target=_probe, args=arguments, name=f"probing {name}", daemon=True
                ).start()
            return rest.probing


def _probe(probe: Probe, outcome: Future[None]) -> None:
    try:
        probe()
    except EngineError as error:
        outcome.set_exception(error)
    except BaseException as error:
        outcome.set_exception(error)
        raise
    else:
        outcome.set_result(None)
