"""Which options a server can be told, and what is said of the others."""

import logging
from collections.abc import Iterable
from dataclasses import fields

from myna.core.speech import Options
from myna.core.voice import Voice

logger = logging.getLogger(__name__)

_USUAL = Options()
_OF_SPEECHES = {"sentence_pause"}  # laid between sentences by whoever asks for several


class Knobs:
    """The options a kind of server has a word for.

    What it has no word for is left out, and that is told once in the log, for the same words may
    then be said otherwise than they were asked for. What was asked for is the caller's: only the
    option is named.
    """

    def __init__(self, engine: str, known: Iterable[str]) -> None:
        self._engine = engine
        self._known = _OF_SPEECHES.union(known)
        self._told: set[str] = set()

    def tell(self, options: Options, voice: Voice) -> None:
        """Tell what of a request the server does not hear of."""
        for field in fields(Options):
            value = getattr(options, field.name)
            if field.name not in self._known and value != getattr(_USUAL, field.name):
                self._tell_once(field.name, "it is left out")
        if voice.auxiliary:
            self._tell_once("auxiliary recordings", "only the timbre of the first is heard")

    def _tell_once(self, what: str, outcome: str) -> None:
        if what not in self._told:
            self._told.add(what)
            logger.warning("engine %s takes no %s: %s", self._engine, what, outcome)
