"""The voices an engine has learned: each once, however many ask at the same time."""

import threading
from collections import OrderedDict
from collections.abc import MutableMapping
from concurrent.futures import Future

from myna.core.voice import Voice
from myna.engines.embedded.fit import fit_voice
from myna.engines.embedded.voice_fit import VoiceFit

_KEPT = 64  # voices in memory, about a megabyte each


class FitCache:
    """Learns voices and remembers the last used; safe to share between threads."""

    def __init__(self, method: str, stored: MutableMapping[str, bytes] | None = None) -> None:
        """`stored` outlives the process; its keys name the method, so an old one is not reused."""
        self._method = method
        self._stored = stored
        self._lock = threading.Lock()
        self._fits: OrderedDict[str, Future[VoiceFit]] = OrderedDict()

    def of(self, voice: Voice) -> VoiceFit:
        """Return what is known of the voice, learning it first if nobody has."""
        with self._lock:
            known = self._fits.get(voice.id)
            future = known or Future()
            self._fits[voice.id] = future
            self._fits.move_to_end(voice.id)
            if len(self._fits) > _KEPT:
                self._fits.popitem(last=False)
        if known is None:
            self._learn(voice, future)
        return future.result()

    def _learn(self, voice: Voice, future: Future[VoiceFit]) -> None:
        try:
            future.set_result(self._found(voice))
        except BaseException as error:  # noqa: BLE001 - whoever waits for it must hear of it
            with self._lock:
                self._fits.pop(voice.id, None)
            future.set_exception(error)

    def _found(self, voice: Voice) -> VoiceFit:
        if self._stored is None:
            return fit_voice(voice)
        key = f"{self._method}-{voice.id}"
        packed = self._stored.get(key)
        if packed is not None:
            return VoiceFit.from_bytes(packed)
        fit = fit_voice(voice)
        self._stored[key] = fit.to_bytes()
        return fit
