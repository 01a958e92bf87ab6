"""What listeners got: how often, how soon, from where."""

import atexit
import logging
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import closing

import sqlalchemy as sa

from myna.core.errors import RequestError, StorageError
from myna.core.speech import Chunk
from myna.storage.counts import CountBook

logger = logging.getLogger(__name__)

SERVED, LEFT, FAILED, REFUSED = "served", "left", "failed", "refused"
SENTENCES, HITS, FALLBACKS = "sentences", "hits", "fallbacks"
CACHED, NEW = "cached", "new"
BOUNDS = (1, 2, 5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3000,
          5000, 10000, 20000, 50000)  # fmt: skip
"""Milliseconds: the steps in which the time to the first sound is counted."""
BEYOND = "more"
PATIENCE = 2.0  # seconds: who leaves unheard after that was let down

_REST_SECONDS = 0.05  # between two writes: what is counted meanwhile is written together
_OF_THE_MACHINE = (sa.exc.SQLAlchemyError, StorageError)  # told without a traceback


class Tally:
    """Counts in memory, and writes to the book in a thread: no listener waits for the disk."""

    def __init__(self, book: CountBook) -> None:
        self._book = book
        self._lock = threading.Lock()
        self._at_the_book = threading.Lock()
        self._waiting = Counter[str]()
        self._is_writing = False

    def add(self, counts: Counter[str]) -> None:
        """Count events; they are written at once, beside whatever happens next.

        A process that is killed loses what it counted in the last moment, no more.
        """
        with self._lock:
            self._waiting.update(counts)
            if self._is_writing:
                return
            self._is_writing = True
        try:
            threading.Thread(target=self._write, name="counting").start()  # an exit waits for it
        except RuntimeError:  # the process is ending or full, and starts no more threads
            with self._lock:
                self._is_writing = False
            self.flush()  # once: this is a listener's own thread

    def flush(self) -> bool:
        """Write all that was counted; return whether it could be. Else it is kept for later."""
        with self._at_the_book:  # so what another thread is writing is written too
            with self._lock:
                counts, self._waiting = self._waiting, Counter()
            atexit.unregister(self.flush)
            written = False
            try:
                self._book.add(counts)
                written = True
            except Exception as error:  # whatever it is, no listener is to hear it
                logger.warning(
                    "the figures of `myna stats` could not be written: %s",
                    error,
                    exc_info=not isinstance(error, _OF_THE_MACHINE),
                )
            finally:
                if not written:
                    with self._lock:
                        self._waiting.update(counts)
                    atexit.register(self.flush)  # at the latest when the process ends
        return written

    def _write(self) -> None:
        going_on = True
        while going_on:
            going_on = False
            try:
                going_on = self.flush()
                if going_on:
                    time.sleep(_REST_SECONDS)
            finally:
                with self._lock:
                    self._is_writing = going_on = going_on and bool(self._waiting)


def counted(chunks: Generator[Chunk], tally: Tally, started: float | None) -> Generator[Chunk]:
    """Hand a speech on, and count it when it is over.

    `started` is when it was asked for (`time.monotonic`); None where its text is still being
    written, so that no wait can be blamed on anybody here. A caller's mistake is no failure; who
    leaves unheard within `PATIENCE` is not counted.
    """
    counts = Counter[str]()
    sentence, outcome = -1, FAILED
    try:
        with closing(chunks):
            for chunk in chunks:
                if sentence < 0 and started is not None:
                    kind = CACHED if chunk.cached else NEW
                    counts[f"{kind} {_step(time.monotonic() - started)}"] += 1
                if chunk.sentence != sentence:
                    sentence = chunk.sentence
                    counts.update({SENTENCES: 1, HITS: chunk.cached, FALLBACKS: chunk.fell_back})
                yield chunk
        outcome = SERVED
    except RequestError:
        outcome = REFUSED
        raise
    except (GeneratorExit, KeyboardInterrupt):
        patient = started is not None and time.monotonic() - started > PATIENCE
        outcome = LEFT if sentence >= 0 else FAILED if patient else ""
        raise
    finally:
        if outcome:
            counts[outcome] += 1
            tally.add(counts)


def _step(seconds: float) -> str:
    return next((str(bound) for bound in BOUNDS if seconds * 1000 <= bound), BEYOND)
