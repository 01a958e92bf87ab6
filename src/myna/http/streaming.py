"""Speech as a response body: an engine's generator on one side, a socket on the other.

The one bridge between synchronous engines and the event loop. What it promises:

- The first chunk is made before the headers go out, so a failure up to there has a status code.
- A client that hangs up, at any moment, closes the generator at once and frees its turn.
- A turn is held only while a chunk is being made: a slow reader holds none.
- After the headers, a failure ends the body without a clean end; it never looks like success.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from myna.core.errors import EngineBusy
from myna.core.speech import Chunk
from myna.http.turns import Turns

Result = TypeVar("Result")


class Stage:
    """Where engines are run for clients: so many threads, so many listeners."""

    def __init__(self, slots: int, max_streams: int) -> None:
        self._turns = Turns(slots)
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="engine")
        self._max_streams = max_streams
        self.active = 0

    @asynccontextmanager
    async def stream(self, make: Callable[[], Generator[Chunk]]) -> AsyncIterator["SpeechStream"]:
        """Open a stream and close it however the block is left."""
        if self.active >= self._max_streams:
            raise EngineBusy(
                f"All {self._max_streams} places are taken. Try again in a moment, or raise the "
                "setting `http.max_streams`."
            )
        self.active += 1
        stream = None
        try:
            stream = SpeechStream(self, await self.run(make, asyncio.get_running_loop().time()))
            yield stream
        finally:
            self.active -= 1
            if stream is not None:
                await stream.close()

    async def run(self, work: Callable[[], Result], deadline: float) -> Result:
        """Do a piece of work in a turn. A cancelled caller leaves; the work is waited for.

        The turn is given back when the work has really ended, not when its caller gave up.
        """
        async with self._turns.turn(deadline):
            future = asyncio.get_running_loop().run_in_executor(self._threads, work)
            try:
                return await asyncio.shield(future)
            except asyncio.CancelledError:
                with contextlib.suppress(Exception):
                    await _uncancelled(future)
                raise

    def close(self) -> None:
        """Let running work end and take no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class SpeechStream:
    """One request being spoken."""

    def __init__(self, stage: Stage, chunks: Generator[Chunk]) -> None:
        self._stage = stage
        self._chunks = chunks
        self._heard_until = asyncio.get_running_loop().time()

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self._iterate()

    async def _iterate(self) -> AsyncIterator[Chunk]:
        while (chunk := await self.next()) is not None:
            yield chunk

    async def next(self) -> Chunk | None:
        """Make the next chunk, or return None at the end."""
        chunk = await self._stage.run(lambda: next(self._chunks, None), self._heard_until)
        if chunk is not None:
            now = asyncio.get_running_loop().time()
            self._heard_until = max(self._heard_until, now) + chunk.audio.duration
        return chunk

    async def close(self) -> None:
        """Stop the engine, even while this task is being cancelled."""
        closing = asyncio.get_running_loop().run_in_executor(None, self._chunks.close)
        await _uncancelled(closing)


async def _uncancelled(awaitable: Awaitable[Any]) -> Any:  # Any: whatever the awaitable gives
    """Wait for something to the end, then pass on a cancellation that came meanwhile."""
    future = asyncio.ensure_future(awaitable)
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError as error:
            if future.done():
                raise
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return future.result()
