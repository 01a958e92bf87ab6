"""Whether the server lives, can speak, and how it fares."""

from dataclasses import asdict

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from myna.core.languages import LANGUAGES
from myna.http.call import Open, Speaking
from myna.http.errors import errors_as, native_error
from myna.http.routes.answers import refusals
from myna.storage.keys import Scope

router = APIRouter(tags=["Server"], route_class=errors_as(native_error))


class Health(BaseModel):
    """A word on how the server is."""

    status: str


class EngineInfo(BaseModel):
    """An engine, whether it could speak now, and what to do if not."""

    name: str
    summary: str
    ready: bool
    remedy: str
    runs: str = Field(description="Runtime and device of networks on this machine, if in use.")
    configured: bool = Field(description="Whether a request may name it: setting `engines`.")


class ChainInfo(BaseModel):
    """What speaks where no engine is named: what a Myna that speaks through this one must know."""

    name: str
    fingerprint: str = Field(description="Changes when the same request would sound different.")
    languages: list[str]
    sample_rate: int = Field(description="Hz.")
    clones: bool = Field(description="Whether it imitates the voice asked for.")
    times_words: bool = Field(description="Whether it knows word times without an alignment.")
    speakers: list[str] = Field(description="Speakers it brings along.")


class EngineList(BaseModel):
    """Every engine there is, and the configured chain."""

    engines: list[EngineInfo]
    chain: ChainInfo


@router.get("/healthz")
@router.head("/healthz", include_in_schema=False)
async def alive() -> Health:
    """Say that the process lives."""
    return Health(status="alive")


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses={503: {"model": Health}})
async def ready(call: Open) -> Response:
    """Say whether new speech is taken: 200, or 503 while stopping or without an engine."""
    if call.service.stage.places.closed:
        return JSONResponse({"status": "shutting down"}, 503)
    if not await call.in_thread(call.service.studio.is_ready):
        return JSONResponse({"status": "no engine is ready"}, 503)
    return JSONResponse({"status": "ready"})


@router.get("/metrics", response_class=Response, responses=refusals(401, 403))
async def metrics(call: Open) -> Response:
    """Give Prometheus its figures. Needs the scope `admin` where the server asks for keys."""
    if not call.service.access.is_open:
        (await call.service.access.caller(call.request)).check(Scope.ADMIN)
    return Response(call.service.metrics.exposed(), media_type="text/plain; version=0.0.4")


@router.get("/v1/engines", responses=refusals(401, 403, 429))
async def engines(call: Speaking) -> EngineList:
    """List the engines, whether each is ready, and what it lacks."""
    studio = call.service.studio
    statuses = await call.in_thread(studio.engines)
    chain = studio.engine
    able = chain.capabilities
    return EngineList(
        chain=ChainInfo(
            name=chain.name,
            fingerprint=chain.fingerprint,
            languages=[code for code in LANGUAGES if code in able.languages],
            sample_rate=able.sample_rate,
            clones=able.clones,
            times_words=able.times_words,
            speakers=sorted(able.speakers),
        ),
        engines=[
            EngineInfo(**asdict(status), configured=status.name in studio.settings.engines)
            for status in statuses
        ],
    )
