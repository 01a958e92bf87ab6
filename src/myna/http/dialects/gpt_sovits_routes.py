"""What the routes of both GPT-SoVITS interfaces share: answers, and their description."""

import json
from collections.abc import Coroutine
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from myna.http.call import Call, Open
from myna.http.dialects.gpt_sovits_wire import WireRefused
from myna.http.refusals import NotUnderstood
from myna.http.routes.answers import refusals

NOTHING_TO_SAY = "Please enter valid text."
KEPT_STATUSES = (401, 403, 408, 413, 429, 503, 504)
"""Told as they are; all others become 400 or 500, as upstream knows no more."""


class ErrorBody(BaseModel):
    """What went wrong, in the words of either interface."""

    message: str | None = None
    Exception: str | None = None
    detail: str | None = None
    """Of api_v2.py, where the body is no JSON."""
    code: int | None = None
    """Of api.py: 400."""


ANSWERS = refusals(400, *KEPT_STATUSES, 500, body=ErrorBody) | {
    422: {"description": "`detail`: values of the wrong type"}
}


async def told(answering: Coroutine[Any, Any, Response]) -> Response:
    """Answer, or tell a refusal with the body it carries."""
    try:
        return await answering
    except WireRefused as refused:
        content = json.dumps(refused.body, ensure_ascii=False, separators=(",", ":"))
        body = content.encode(errors="backslashreplace")  # half a character, as JSON writes it
        return Response(body, refused.status, media_type="application/json")


def obeyed(call: Call, command: object) -> Response:
    """Answer a command. Raises `Forbidden`, `NotUnderstood`."""
    if command not in ("restart", "exit"):
        return JSONResponse(None)
    call.check_admin()
    raise NotUnderstood(
        f"This server does not {command} itself: stop it with SIGTERM, or ask whoever runs it."
    )


def refuse_methods(router: APIRouter, path: str, methods: list[str], allowed: str) -> None:
    """Answer other methods as upstream's framework does."""

    async def refuse(call: Open) -> Response:
        return JSONResponse({"detail": "Method Not Allowed"}, 405, {"Allow": allowed})

    router.add_api_route(path, refuse, methods=methods, include_in_schema=False)


def parameters(fields: type[BaseModel]) -> dict[str, Any]:
    """Describe a model's fields as the parameters of a query, for OpenAPI."""
    properties = fields.model_json_schema()["properties"]
    return {
        "parameters": [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in properties.items()
        ]
    }


def json_content(fields: type[BaseModel]) -> dict[str, Any]:
    """Describe a model as a JSON body, for OpenAPI."""
    schema = fields.model_json_schema()
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}
