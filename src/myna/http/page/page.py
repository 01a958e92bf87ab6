"""Sends the web page's files, with headers that let it load nothing from elsewhere."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

router = APIRouter(include_in_schema=False)

PAGE = "index.html"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'{sockets}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HOST = re.compile(r"[\w.:\[\]-]+", re.ASCII)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",  # asked for again each time, sent again only when it changed
}


@dataclass(frozen=True, slots=True)
class File:
    """One file of the page."""

    content: bytes
    media_type: str
    tag: str
    """Changes with the content."""


@router.api_route("/", methods=["GET", "HEAD"])
async def page(request: Request) -> Response:
    """Send the page itself."""
    return _sent(PAGE, request)


@router.api_route("/page/{path:path}", methods=["GET", "HEAD"])
async def part(request: Request, path: str) -> Response:
    """Send a module, a style or a picture of the page."""
    return _sent(path, request)


def _sent(path: str, request: Request) -> Response:
    file = files().get(path)
    if file is None:
        raise HTTPException(404, f"The page has no file {path!r}.")
    headers = {**HEADERS, "Content-Security-Policy": _policy(request), "ETag": file.tag}
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


def _policy(request: Request) -> str:
    host = request.headers.get("host", "")
    # Not every browser takes WebSockets of the same host for 'self'.
    return POLICY.format(sockets=f" ws://{host} wss://{host}" if HOST.fullmatch(host) else "")


@cache
def files() -> dict[str, File]:
    """Return every file of the page by its path. They are few and small: all stay in memory."""
    return dict(_found(resources.files("myna.http.page"), ""))


def _found(folder: Traversable, prefix: str) -> Iterator[tuple[str, File]]:
    for entry in folder.iterdir():
        suffix = f".{entry.name.rpartition('.')[2]}"
        if entry.is_dir():
            yield from _found(entry, f"{prefix}{entry.name}/")
        elif suffix in MEDIA_TYPES:
            content = entry.read_bytes()
            tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            yield f"{prefix}{entry.name}", File(content, MEDIA_TYPES[suffix], tag)
