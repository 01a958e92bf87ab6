"""One speech on its way to the loudspeaker."""

import threading
import time
from collections.abc import Generator, Iterator
from enum import Enum, IntEnum

from myna.core.audio import Audio
from myna.core.errors import PlaybackError
from myna.core.speech import Chunk
from myna.playback.feed import Feed
from myna.playback.player import Line, Player
from myna.playback.programs import STALL_SECONDS

BLOCK_SECONDS = 0.05  # of sound handed on at a time: so soon is an interruption noticed
_DRAIN_SECONDS = 0.02  # how often to look whether all was heard


class Priority(IntEnum):
    """What may interrupt what: the higher."""

    CHAT = 0
    REMINDER = 1
    ALARM = 2


class Ending(Enum):
    """How a speech ended."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    """By a speech of higher priority, or because somebody stopped it."""
    FAILED = "failed"


class Playing:
    """A speech in the queue of a `Speaker`, heard or over. Made by `Speaker.play`."""

    def __init__(self, chunks: Generator[Chunk], priority: Priority) -> None:
        self.priority = priority
        self.underruns = 0
        """How often the sound ran out before more of it was made."""
        self.silence_seconds = 0.0
        """How long these gaps were, together."""
        self.first_sound_seconds: float | None = None
        """From the speech's turn to its first sound on the way to the device."""
        self._feed = Feed(chunks)
        self._stopped = threading.Event()
        self._over = threading.Event()
        self._ending = Ending.FAILED
        self._error: BaseException | None = None
        self._heard_until: float | None = None

    def stop(self) -> None:
        """Fall silent, or never begin."""
        self._stopped.set()
        self._feed.close()

    def wait(self, seconds: float | None = None) -> Ending | None:
        """Wait until it is over; None if it is not by then. Raises what made it fail."""
        if not self._over.wait(seconds):
            return None
        if self._error is not None:
            raise self._error
        return self._ending

    def run(self, player: Player) -> None:
        """Play it to its end. For the `Speaker`."""
        began = time.monotonic()
        line: Line | None = None
        try:
            self._feed.begin()
            while (chunk := self._feed.next()) is not None:
                line = line or player.open(chunk.audio.sample_rate)
                self._write(line, chunk.audio, began)
            if line is not None and not self._stopped.is_set():
                line.finish()
                self._drain(line)
            if self._feed.error is not None and not self._stopped.is_set():
                raise self._feed.error
            self._ending = Ending.INTERRUPTED if self._stopped.is_set() else Ending.FINISHED
        except BaseException as error:  # noqa: BLE001 - whoever waits for it must hear of it
            self._error = error
        finally:
            self._feed.close()
            if line is not None:
                line.stop()
            self._over.set()

    def _write(self, line: Line, audio: Audio, began: float) -> None:
        for block in _blocks(audio):
            if self._stopped.is_set():
                return
            line.write(block.pcm16())
            now = time.monotonic()
            if self._heard_until is None:
                self.first_sound_seconds, self._heard_until = now - began, now
            elif now > self._heard_until:
                self.underruns += 1
                self.silence_seconds += now - self._heard_until
                self._heard_until = now
            self._heard_until += block.duration

    def _drain(self, line: Line) -> None:
        """Wait until all was heard."""
        until = max(self._heard_until or 0.0, time.monotonic()) + STALL_SECONDS
        while not line.is_over() and not self._stopped.wait(_DRAIN_SECONDS):
            if time.monotonic() > until:
                raise PlaybackError("The sound device did not come to an end. Check the device.")


def _blocks(audio: Audio) -> Iterator[Audio]:
    size = max(1, round(BLOCK_SECONDS * audio.sample_rate))
    for start in range(0, len(audio.samples), size):
        yield Audio(audio.samples[start : start + size], audio.sample_rate)
