"""Where engines play for listeners: synchronous generators on one side, an event loop on the other.

The one bridge between the two. What it promises:

- A turn at the engine is held only while a piece is being made: a slow listener holds none.
- However a place is left (the end, an error, a listener who hung up), what is still being made is
  stopped at once, and the place is free when it has been.
- The engine whose listener runs out of sound soonest goes first.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

from myna.core.errors import EngineTimeout
from myna.core.speech import Chunk
from myna.http.places import Places
from myna.http.turns import Turns
from myna.settings import HttpSettings

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")
Make = Callable[[], Generator[Chunk]]
Frames = Callable[[Iterable[Chunk]], Generator[Item]]
"""Turns speech into what is sent. Runs beside the engine, never in the event loop."""

AT_ONCE = 0.002  # seconds: changing threads for each frame would take longer than to make these
CLOSING_SECONDS = 1.0  # an answer waits for its engine to stop; beyond, the stop goes on by itself


class Stage:
    """So many engines at once, so many listeners."""

    def __init__(self, settings: HttpSettings) -> None:
        self.places = Places(settings)
        self.engine_seconds = settings.engine_seconds
        self._turns = Turns(settings.slots)
        self._threads = ThreadPoolExecutor(settings.slots, thread_name_prefix="engine")
        self._closers = ThreadPoolExecutor(settings.slots, thread_name_prefix="closing")
        self._background: set[asyncio.Task[Any]] = set()  # Any: whatever each gives

    @asynccontextmanager
    async def place(self, caller: str) -> AsyncIterator["Place"]:
        """Take a place for a listener. Leaving it stops whatever is still being made."""
        await self.places.enter(caller)
        place = Place(self)
        try:
            yield place
        finally:
            leaving = self._kept(asyncio.create_task(self._leave(place, caller)))
            await asyncio.wait({leaving}, timeout=CLOSING_SECONDS)

    async def work(self, work: Callable[[], Result], caller: str) -> Result:
        """Do work that is no speech (align, judge a recording) in a place and a turn."""
        await self.places.enter(caller)
        now = asyncio.get_running_loop().time()
        task = self._kept(asyncio.create_task(self.in_turn(work, now)))
        task.add_done_callback(lambda _: self.places.leave(caller))
        try:
            return await self.in_time(task)
        except BaseException:
            task.cancel()
            raise

    async def in_turn(self, work: Callable[[], Result], deadline: float) -> Result:
        """Do work in a thread in a turn, which ends with the work, not when the caller gives up."""
        async with self._turns.turn(deadline):
            future = asyncio.get_running_loop().run_in_executor(self._threads, work)
            try:
                return await asyncio.shield(future)
            except asyncio.CancelledError:
                await asyncio.wait({future})
                if not future.cancelled():
                    future.exception()  # looked at, so that nobody complains it was not
                raise

    async def in_time(self, task: asyncio.Task[Result]) -> Result:
        """Wait for a task, no longer than an engine may take."""
        done, _ = await asyncio.wait({task}, timeout=self.engine_seconds)
        if not done:
            raise EngineTimeout(
                f"The engine has taken more than {self.engine_seconds:g} seconds. Try again, or "
                "raise the setting `http.engine_seconds`."
            )
        return task.result()

    async def closed(self, close: Callable[[], None]) -> None:
        """Close what an engine was doing, in a thread that no engine keeps busy."""
        await asyncio.get_running_loop().run_in_executor(self._closers, close)

    def shut(self) -> None:
        """Let running work end and take no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._closers.shutdown(wait=False)

    async def _leave(self, place: "Place", caller: str) -> None:
        try:
            await place.stop()
        except Exception:
            logger.exception("an engine failed while it was being stopped")
        finally:
            self.places.leave(caller)

    def _kept(self, task: asyncio.Task[Result]) -> asyncio.Task[Result]:
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task


class Place:
    """One listener's place before the stage; speeches are played to it one after the other."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._heard_until = asyncio.get_running_loop().time()
        self._playing: _Playing[Any] | None = None  # Any: the frames are the listener's business
        self._making: asyncio.Task[Any] | None = None

    async def play(self, make: Make, frames: Frames[Item]) -> AsyncIterator[Item]:
        """Yield the frames of a speech as they are made. `make` and `frames` run in a thread.

        Left early, it goes on to hold what it holds until the place is left.
        """
        playing = self._playing = _Playing(make, frames)
        loop = asyncio.get_running_loop()
        while not playing.has_ended:
            before = playing.seconds
            step = self._stage.in_turn(playing.advance, self._heard_until)
            self._making = task = asyncio.create_task(step)
            items = await self._stage.in_time(task)
            made = playing.seconds - before
            self._heard_until = max(self._heard_until, loop.time()) + made
            for item in items:
                yield item

    async def stop(self) -> None:
        """Stop what is being made; return when it has stopped."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.wait({self._making})
            if not self._making.cancelled():
                self._making.exception()
        if self._playing is not None and not self._playing.has_ended:
            await self._stage.closed(self._playing.close)


class _Playing(Generic[Item]):
    """A speech and its frames. Used by one thread at a time."""

    def __init__(self, make: Make, frames: Frames[Item]) -> None:
        self._make = make
        self._to_frames = frames
        self._chunks: Generator[Chunk] | None = None
        self._frames: Generator[Item] | None = None
        self._error: Exception | None = None
        self.seconds = 0.0  # of sound made so far
        self.has_ended = False

    def advance(self) -> list[Item]:
        """Make the next frame, and those after it that come at once."""
        if self._error is not None:
            raise self._error
        made: list[Item] = []
        until = time.monotonic() + AT_ONCE
        try:
            if self._frames is None:
                self._chunks = self._make()
                self._frames = self._to_frames(self._counted(self._chunks))
            for item in self._frames:
                made.append(item)
                if time.monotonic() > until:
                    return made
            self.close()
            self.has_ended = True
        except Exception as error:
            if not made:
                raise
            self._error = error  # told once what came before it has been sent
        return made

    def close(self) -> None:
        """Stop the engine. Closing the frames alone would leave it to the garbage collector."""
        for generator in (self._frames, self._chunks):
            if generator is not None:
                generator.close()

    def _counted(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        for chunk in chunks:
            self.seconds += chunk.audio.duration
            yield chunk
