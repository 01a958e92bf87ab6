"""What engines learned of voices: each voice once, however many ask at the same time."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from concurrent.futures import Future
from typing import Generic, Protocol, TypeVar
from zipfile import BadZipFile

from myna.core.voice import Voice

logger = logging.getLogger(__name__)

_KEPT = 64  # voices in memory, about a megabyte each


class Packed(Protocol):
    """Something that can be kept as bytes."""

    def to_bytes(self) -> bytes:
        """Pack for storage."""


Prompt = TypeVar("Prompt", bound=Packed)


class PromptCache(Generic[Prompt]):
    """Learns voices and remembers the last used; safe to share between threads."""

    def __init__(
        self,
        method: str,
        learn: Callable[[Voice], Prompt],
        unpack: Callable[[bytes], Prompt],
        stored: MutableMapping[str, bytes] | None = None,
    ) -> None:
        """`stored` outlives the process; its keys name the method, so an old one is not reused."""
        self._method = method
        self._learned = learn
        self._unpack = unpack
        self._stored = stored
        self._lock = threading.Lock()
        self._prompts: OrderedDict[str, Future[Prompt]] = OrderedDict()

    def of(self, voice: Voice) -> Prompt:
        """Return what is known of the voice, learning it first if nobody has."""
        with self._lock:
            known = self._prompts.get(voice.id)
            future = known or Future()
            self._prompts[voice.id] = future
            self._prompts.move_to_end(voice.id)
            if len(self._prompts) > _KEPT:
                self._prompts.popitem(last=False)
        if known is None:
            self._learn(voice, future)
        return future.result()

    def _learn(self, voice: Voice, future: Future[Prompt]) -> None:
        try:
            future.set_result(self._found(voice))
        except BaseException as error:  # noqa: BLE001 - whoever waits for it must hear of it
            with self._lock:
                self._prompts.pop(voice.id, None)
            future.set_exception(error)

    def _found(self, voice: Voice) -> Prompt:
        if self._stored is None:
            return self._learned(voice)
        key = f"{self._method}-{voice.id}"
        packed = self._stored.get(key)
        if packed is not None:
            try:
                return self._unpack(packed)
            except (ValueError, LookupError, EOFError, OSError, BadZipFile):
                logger.warning("what another version learned of a voice is learned again")
        prompt = self._learned(voice)
        self._stored[key] = prompt.to_bytes()
        return prompt
