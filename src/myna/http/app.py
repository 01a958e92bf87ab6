"""The app: routes over a Studio."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from myna.http import dialects
from myna.http.call import OWN_VOICE_HEADER, SAMPLE_RATE_HEADER
from myna.http.errors import tell
from myna.http.gate import Gate
from myna.http.page import docs, page
from myna.http.routes import align, convert, edit, health, socket, speech, voices
from myna.http.service import Service
from myna.settings import HttpSettings
from myna.storage.keys import KeyBook
from myna.studio.studio import Studio

API_VERSION = "1"
EXPOSED = ("X-Request-ID", SAMPLE_RATE_HEADER, OWN_VOICE_HEADER, "X-Edit-Report", "Retry-After")
"""Headers that pages of other sites may read."""
NATIVE = (
    speech.router,
    socket.router,
    voices.router,
    align.router,
    edit.router,
    convert.router,
    health.router,
)


def create_app(
    studio: Studio, settings: HttpSettings | None = None, keys: KeyBook | None = None
) -> FastAPI:
    """Put a Studio on HTTP. Nothing is global: two apps share what their studios share.

    >>> from myna import Studio
    >>> app = create_app(Studio.open())
    """
    settings = settings or HttpSettings()
    service = Service(studio, settings, keys)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.stage.shut()

    app = FastAPI(
        title="Myna", version=API_VERSION, lifespan=lifespan, docs_url=None, redoc_url=None
    )  # theirs load scripts from other servers
    app.state.service = service
    # GPT-SoVITS's `GET /` comes before the page, which is for browsers.
    for router in (*NATIVE, *dialects.routers(settings.dialects), docs.router, page.router):
        app.include_router(router)
    app.add_exception_handler(HTTPException, lambda request, error: tell(error, request))
    app.add_middleware(Gate, service=service)
    if settings.cors_origins:  # around the gate: pages may read why it refused them, too
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=EXPOSED,
        )
    return app
