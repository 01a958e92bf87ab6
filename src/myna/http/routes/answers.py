"""What the routes' documentation says of their errors."""

from typing import Any

from pydantic import BaseModel

from myna.http.errors import ErrorBody

_MEANINGS = {
    400: "The request cannot be served as asked: the code says why",
    401: "No valid key",
    403: "The key does not allow this",
    404: "No such voice, engine or reference",
    408: "The request arrived too slowly",
    409: "The name is taken",
    413: "The text or the upload is too long",
    422: "The request is not what the route takes",
    429: "Too many requests: see Retry-After",
    500: "The engine or the server failed",
    503: "Busy, stopping, or no engine is ready: see Retry-After",
    504: "The engine took too long",
}

SPEAKING = (400, 401, 403, 404, 408, 413, 422, 429, 500, 503, 504)
"""Statuses of everything that speaks."""


def refusals(
    *statuses: int, body: type[BaseModel] = ErrorBody
) -> dict[int | str, dict[str, Any]]:  # Any: FastAPI's own shape
    """Return the documentation of these statuses, told in this body."""
    return {status: {"model": body, "description": _MEANINGS[status]} for status in statuses}
