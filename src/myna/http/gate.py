"""The gate every request passes: names it, bounds its body, and keeps strange web pages out."""

import asyncio
import secrets
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from myna.core.errors import MynaError
from myna.http.auth import LOOPBACK
from myna.http.errors import name_request, native_error, problem_of
from myna.http.refusals import BodyTooLarge, BodyTooSlow, Forbidden, ShuttingDown
from myna.http.service import Service

FORM_SLACK = 1_000_000  # bytes of a form beside the recording in it
ALWAYS_ANSWERED = ("/healthz", "/readyz", "/metrics")


class Gate:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or refuse it in a line."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        name = f"req_{secrets.token_hex(8)}"
        name_request(scope, name)
        try:
            self._check_place(scope)
            self._check_origin(Headers(scope=scope))
            if scope["type"] == "http":
                receive = self._bounded(Headers(scope=scope), receive)
        except MynaError as error:
            problem = problem_of(error, name)
            self._service.metrics.count_error(problem.code)
            await native_error(problem)(scope, receive, _named(send, name))
            return
        await self._app(scope, receive, _named(send, name))

    def _check_place(self, scope: Scope) -> None:
        if self._service.stage.places.closed and scope["path"] not in ALWAYS_ANSWERED:
            raise ShuttingDown

    def _check_origin(self, headers: Headers) -> None:
        """Refuse a browser on another site, and names that only pretend to be this machine.

        A page anywhere can make its visitor's browser call 127.0.0.1; nobody there meant to.
        """
        settings = self._service.settings
        host = headers.get("host", "").lower()
        origin = headers.get("origin", "").lower()
        allowed = {origin.lower() for origin in settings.cors_origins}
        if origin and not allowed & {origin, "*"} and _place(origin).netloc != host:
            raise Forbidden(
                f"Pages of {origin!r} may not call this server. Whoever runs it can allow them "
                "with the setting `http.cors_origins`."
            )
        is_private = settings.host in LOOPBACK and not settings.allow_anonymous
        if is_private and self._service.access.is_open and _name(host) not in LOOPBACK:
            raise Forbidden(
                f"This server answers only on this machine, not as {host!r}. To serve others, "
                "make a key with `myna keys add NAME`."
            )

    def _bounded(self, headers: Headers, receive: Receive) -> Receive:
        limit = self._limit(headers)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            raise BodyTooLarge(limit)
        return _Body(receive, limit, self._service.settings.body_seconds).receive

    def _limit(self, headers: Headers) -> int:
        if headers.get("content-type", "").lower().startswith("multipart/"):
            return self._service.studio.limits.upload_bytes + FORM_SLACK
        return self._service.settings.body_bytes


class _Body:
    """A request body that is neither too long nor too slow."""

    def __init__(self, receive: Receive, limit: int, seconds: float) -> None:
        self._receive = receive
        self._limit = limit
        self._seconds = seconds
        self._until = asyncio.get_running_loop().time() + seconds
        self._received = 0
        self._is_complete = False

    async def receive(self) -> Message:
        """Return the next part. Once the body is complete, wait as long as it takes."""
        if self._is_complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlow(self._seconds) from None
        self._received += len(message.get("body", b""))
        if self._received > self._limit:
            raise BodyTooLarge(self._limit)
        self._is_complete = not message.get("more_body", False)
        return message


def _name(host: str) -> str:
    return (_place(f"//{host}").hostname or "").lower()


def _place(url: str) -> SplitResult:
    """Take an address apart; one that is none names no place."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _named(send: Send, name: str) -> Send:
    async def send_named(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            headers = [*message.get("headers", []), (b"x-request-id", name.encode())]
            message = {**message, "headers": headers}
        await send(message)

    return send_named
