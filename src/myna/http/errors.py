"""What a client is told when something went wrong: one table of statuses, one envelope."""

import logging
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from myna.core import errors as core
from myna.engines.catalog import EngineNotFound
from myna.http import refusals
from myna.storage.keys import KeyNotFound

logger = logging.getLogger(__name__)

STATUSES: dict[type[BaseException], int] = {
    core.RequestError: 400,
    core.VoiceNotFound: 404,
    EngineNotFound: 404,
    KeyNotFound: 404,
    refusals.ReferenceNotFound: 404,
    core.VoiceExists: 409,
    core.TextTooLong: 413,
    refusals.BodyTooLarge: 413,
    refusals.BodyTooSlow: 408,
    refusals.Unauthenticated: 401,
    refusals.Forbidden: 403,
    refusals.NotUnderstood: 422,
    refusals.TooManyRequests: 429,
    core.EngineError: 500,
    core.EngineBusy: 503,
    core.EngineUnreachable: 503,
    core.WeightsMissing: 503,
    core.PackageMissing: 503,
    core.AllEnginesFailed: 503,
    core.EngineTimeout: 504,
    core.MynaError: 500,
}
"""The only table of HTTP statuses: the nearest class counts."""

_PUBLIC = (core.RequestError, core.EngineBusy, core.EngineTimeout, core.PackageMissing)
"""Whose messages are meant for callers. Others may name files of this machine."""

_TOLD: dict[type[core.MynaError], str] = {
    core.WeightsMissing: "The engine's model is not installed on the server.",
    core.EngineUnreachable: "The server that speaks for this one cannot be reached.",
    core.AllEnginesFailed: "No engine could speak this. Try again in a moment.",
    core.EngineError: "The engine failed.",
    core.StorageError: "The server's storage failed.",
    core.MynaError: "The server is not set up correctly.",
}

_HTTP_CODES = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, ready to be told in any dialect's envelope."""

    status: int
    code: str
    message: str
    request_id: str
    parameter: str = ""
    """Which part of the request is at fault, where one is."""
    retry_after: int | None = None
    """Seconds."""
    allow: str = ""
    """Methods that would have been right."""

    @property
    def headers(self) -> dict[str, str]:
        """Headers that belong to it in every dialect."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        headers |= {"Allow": self.allow} if self.allow else {}
        return headers | ({"WWW-Authenticate": "Bearer"} if self.status == 401 else {})


Render = Callable[[Problem], Response]
"""Puts a problem into a dialect's envelope."""


class ErrorDetail(BaseModel):
    """What went wrong and what to do."""

    code: str
    message: str
    request_id: str
    parameter: str = ""


class ErrorBody(BaseModel):
    """The envelope of every error of the native interface."""

    error: ErrorDetail


def native_error(problem: Problem) -> Response:
    """Tell a problem in Myna's own envelope."""
    body = ErrorBody(error=detail(problem)).model_dump()
    return JSONResponse(body, problem.status, problem.headers)


def detail(problem: Problem) -> ErrorDetail:
    """Return what a client may know of a problem."""
    return ErrorDetail(
        code=problem.code,
        message=problem.message,
        request_id=problem.request_id,
        parameter=problem.parameter,
    )


def problem_of(error: BaseException, request_id: str) -> Problem:
    """Say of any error what a client may know. Whatever is our own fault is logged."""
    cause = error.__cause__
    if isinstance(error, HTTPException) and isinstance(cause, core.MynaError | HTTPException):
        error = cause  # the framework wraps what goes wrong while a body is read
    if isinstance(error, core.MynaError):
        return _of_ours(error, request_id)
    if isinstance(error, RequestValidationError):
        return _of_validation(error.errors(), request_id)
    if isinstance(error, HTTPException):
        code = _HTTP_CODES.get(error.status_code, "bad_request")
        allow = (error.headers or {}).get("Allow", "")
        return Problem(error.status_code, code, str(error.detail), request_id, allow=allow)
    logger.error("request %s failed unexpectedly", request_id, exc_info=error)
    message = f"Something went wrong in the server. Its log tells more under {request_id}."
    return Problem(500, "internal_error", message, request_id)


def _of_ours(error: core.MynaError, request_id: str) -> Problem:
    message = str(error)
    if not isinstance(error, _PUBLIC):
        logger.error("request %s failed", request_id, exc_info=error)
        told = next(_TOLD[cls] for cls in type(error).__mro__ if cls in _TOLD)
        message = f"{told} The server's log tells more under {request_id}."
    status = next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)
    retry_after = getattr(error, "retry_after", 5.0 if status == 503 else None)
    return Problem(
        status,
        error.code,
        message,
        request_id,
        parameter=getattr(error, "name", ""),
        retry_after=None if retry_after is None else max(1, math.ceil(retry_after)),
    )


def _of_validation(problems: Iterable[Any], request_id: str) -> Problem:
    # Any: pydantic's own error dictionaries
    places, lines = [], []
    for problem in problems:
        where = [str(part) for part in problem["loc"] if part not in ("body", "query", "path")]
        places.append(".".join(where))
        lines.append(f"{places[-1]}: {problem['msg']}" if where else str(problem["msg"]))
    return Problem(422, "invalid_request", "; ".join(lines), request_id, places[0])


_RENDER = "myna.render"
_REQUEST_ID = "myna.request_id"


def errors_as(render: Render) -> type[APIRoute]:
    """Return a route class whose errors are told in `render`'s envelope.

    >>> from fastapi import APIRouter
    >>> router = APIRouter(route_class=errors_as(native_error))
    """

    class Route(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Any]:  # Any: a coroutine of FastAPI's
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                request.scope[_RENDER] = render
                try:
                    return await handle(request)
                except Exception as error:  # noqa: BLE001 - every error gets its envelope
                    if isinstance(error.__cause__ or error, refusals.HungUp | ClientDisconnect):
                        return Response(status_code=499)  # nobody reads it
                    return tell(error, request)

            return handled

    return Route


def tell(error: BaseException, request: Request) -> Response:
    """Answer with an error in the envelope of the route the request went to."""
    problem = problem_of(error, request_id(request))
    request.app.state.service.metrics.count_error(problem.code)
    render: Render = request.scope.get(_RENDER, native_error)
    return render(problem)


def request_id(connection: HTTPConnection) -> str:
    """Return what this request is called in logs and errors."""
    return str(connection.scope.get(_REQUEST_ID, "unknown"))


def name_request(scope: Any, name: str) -> None:  # Any: ASGI's own dictionary
    """Give a request the name under which it is logged."""
    scope[_REQUEST_ID] = name
