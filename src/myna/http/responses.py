"""Speech as a response: nothing is sent before it has begun, nothing ends well that did not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from myna.http.errors import Problem, problem_of, request_id, tell
from myna.http.frames import ByteFrames
from myna.http.refusals import HungUp
from myna.http.service import Service
from myna.http.stage import Make

Result = TypeVar("Result")

DISCONNECT = "http.disconnect"


class BrokenOff(Exception):
    """The body could not be finished: the server must cut the connection, not end the body."""


@dataclass(frozen=True, slots=True)
class Body:
    """How a speech is sent."""

    frames: ByteFrames
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    last_words: Callable[[Problem], bytes] | None = None
    """What to send when it fails after the headers, and end well. None: cut the connection."""


class SpokenResponse(Response):
    """A speech sent while it is made.

    The first frame is made before the headers go out, so a failure up to there has a status and
    the route's envelope. A client that hangs up at any moment, queueing included, stops it.
    """

    def __init__(self, service: Service, caller: str, make: Make, body: Body) -> None:
        self.status_code = 200
        self.background = None
        self.media_type = body.media_type
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no", **body.headers})
        self._service = service
        self._caller = caller
        self._make = make
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak to the client; stop when it hangs up."""
        try:
            await unless_hung_up(receive, self._answer(scope, receive, send))
        except HungUp:
            return

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        has_begun = False
        try:
            async with self._service.stage.place(self._caller) as place:
                frames = place.play(self._service.metrics.watched(self._make), self._body.frames)
                first = await anext(frames, b"")
                await self._send_start(send)
                has_begun = True
                await self._send_frame(send, first)
                await self._send_all(send, frames)
        except HungUp:
            raise
        except Exception as error:  # noqa: BLE001 - every error is told, or cuts the connection
            if not has_begun:
                await tell(error, request)(scope, receive, send)
                return
            await self._break_off(send, error, request)
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_start(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)

    async def _send_all(self, send: Send, frames: AsyncIterator[bytes]) -> None:
        async for frame in frames:
            await self._send_frame(send, frame)

    async def _send_frame(self, send: Send, frame: bytes) -> None:
        if not frame:
            return
        try:
            async with asyncio.timeout(self._service.settings.send_seconds):
                await send({"type": "http.response.body", "body": frame, "more_body": True})
        except TimeoutError:
            raise HungUp from None  # there, but not listening

    async def _break_off(self, send: Send, error: Exception, request: Request) -> None:
        problem = problem_of(error, request_id(request))
        self._service.metrics.count_error(problem.code)
        if self._body.last_words is None:
            raise BrokenOff(f"the speech of {problem.request_id} broke off") from error
        await self._send_frame(send, self._body.last_words(problem))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def unless_hung_up(receive: Receive, work: Coroutine[Any, Any, Result]) -> Result:
    """Do the work, or cancel it and raise `HungUp` when the client goes. The body must be read."""
    working = asyncio.create_task(work)
    watching = asyncio.create_task(_hang_up(receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise HungUp
        return working.result()
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.wait({working, watching})


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != DISCONNECT:
        pass
