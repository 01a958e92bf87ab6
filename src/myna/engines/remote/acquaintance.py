"""What is known of another Myna: what it said of itself, and when it was asked."""

import threading
import time
from collections.abc import MutableMapping
from contextlib import suppress

from myna.core.errors import SynthesisFailed
from myna.engines.remote.description import Description
from myna.engines.remote.fingerprints import description_key, hearsay_key
from myna.engines.remote.speaking import refusal
from myna.engines.remote.transport import Ask, Transport

FRESH_SECONDS = 60.0  # how long a description counts before the server is asked again


class Acquaintance:
    """What is known of a server: asked for when it speaks, remembered while it is away.

    Nothing is asked when it is made. What it said last is kept in `memory`, so that sentences
    cached under its fingerprint are found after a restart without any network; while it has said
    nothing to this machine, what it said to another counts (`myna cache import`).
    """

    def __init__(
        self, transport: Transport, asker: str, memory: MutableMapping[str, bytes] | None
    ) -> None:
        """`asker` is in the fingerprint of whatever speaks through the engine that asks."""
        self._transport = transport
        self._asker = asker
        self._memory = memory
        self._key = description_key(transport.address.known_as)
        self._lock = threading.Lock()
        self._asked_at = self._tried_at = -FRESH_SECONDS
        self._known = self._remembered()

    @property
    def known(self) -> Description:
        """What the server said last; while it has said nothing, what is remembered by now."""
        if not self._known.fingerprint and (found := self._remembered()).fingerprint:
            self._known = found
        return self._known

    def refresh(self, seconds: float) -> None:
        """Ask the server anew if the last time is long ago. Raises `EngineError`.

        While one sentence asks, others go on with what is known: they would only wait twice.
        """
        if not self._lock.acquire(blocking=False):
            return
        try:
            if time.monotonic() - self._asked_at >= FRESH_SECONDS:
                self.ask(seconds)
        finally:
            self._lock.release()

    def ask_if_due(self, seconds: float) -> None:
        """Ask the server anew if it was not tried lately, in vain or not. Raises `EngineError`.

        Where it is just being asked, the answer is waited for.
        """
        if not self._lock.acquire(timeout=seconds):
            return
        try:
            if time.monotonic() - self._tried_at >= FRESH_SECONDS:
                self.ask(seconds)
        finally:
            self._lock.release()

    def ask(self, seconds: float) -> None:
        """Ask the server. Raises `EngineError` where it cannot be reached or does not answer."""
        self._tried_at = time.monotonic()
        answer = self._transport.knock(Ask("/v1/engines", "GET"), seconds)
        if answer.status != 200:
            raise refusal(self._transport, answer.status, answer.content)
        try:
            known = Description.unpacked(answer.content)
        except ValueError:
            raise refusal(self._transport, answer.status, b"it is not a Myna") from None
        if self._asker in known.fingerprint:
            raise SynthesisFailed(
                f"{self._transport.address.shown} would speak through this engine again: a circle. "
                "Take one of the two out of the setting `engines`, here or there."
            )
        self._asked_at = time.monotonic()
        self._known = known
        packed = known.packed()
        if self._memory is not None and self._memory.get(self._key) != packed:
            self._memory[self._key] = packed

    def forget_age(self) -> None:
        """Ask at the next opportunity: the server failed, and may come back as another."""
        self._asked_at = -FRESH_SECONDS

    def _remembered(self) -> Description:
        """Return what the server said to this machine, or else to another."""
        memory = self._memory or {}
        for key in (self._key, hearsay_key(self._key)):
            with suppress(KeyError, ValueError):
                return Description.unpacked(memory[key])
        return Description()
