"""Other people's interfaces, spoken on the same port: one translate-only file each.

How to write a dialect
======================
A dialect translates wire to `SpeechRequest` and speech or errors back to wire. It never
synthesizes, and leaves to core what core checks. Make `dialects/NAME.py` with a `router` whose
routes take a `Call`, and add its name to `NAMES` below::

    router = APIRouter(tags=["Example"], route_class=errors_as(envelope))

    def envelope(problem: Problem) -> Response:           # every error of these routes, 500 too
        return JSONResponse({"detail": problem.message}, problem.status, problem.headers)

    @router.post("/example")
    async def speak(body: Body, call: Speaking) -> Response:
        request = SpeechRequest(body.text, body.voice, options=Options(seed=body.seed))
        return await call.audio(request, AudioFormat.MP3, sample_rate=24000)

- **Who may**: annotate the parameter with `Speaking`, `Managing` (voices) or `Open` (anybody) of
  `myna.http.call`. That authenticates (Bearer, X-API-Key, cookie), checks the scope and counts the
  rate. A key in an unusual place: take `Open`, then `call = await call.as_holder(key)` and
  `call.caller.check(Scope.SPEAK)`; it raises `Unauthenticated`. What changes the server:
  `call.check_admin()` first.
- **Voices**: a name in `SpeechRequest.voice` is looked up in the caller's own library, never in
  another's. `await call.voice(name)` gives the `Voice`; `call.library` adds and lists (blocks: use
  `await call.in_thread(...)`). A recording that came along: `await call.clone(Recording(content,
  transcript, language))`, where the content is `await call.upload(file)` or
  `await call.reference(path)` (only inside `http.reference_directory`). Judged voices are kept,
  so the same reference again costs nothing.
- **Answer with sound**: `await call.audio(request, format)` streams: chunked, one header, first
  sound made before the headers go out, hang-up stops the engine, a failure after the headers cuts
  the connection. `await call.finished_audio(...)` sends exact sizes. `await call.speak(request)`
  returns the whole `Speech` for other envelopes (base64 in JSON ...).
- **Answer with events or frames of your own**: `call.stream(request, Body(frames, media_type,
  headers, last_words))`. `frames` is a synchronous generator function from an iterable of chunks
  to bytes, run beside the engine: `encoded(format, rate)`, or one of your own on top of
  `encode_chunks` and `server_sent` of `myna.http.frames`. `last_words(problem)` are sent when it
  fails after the headers.
- **Errors**: raise what `core/errors.py` or `http/refusals.py` has; `errors_as(render)` puts
  everything (validation, unknown voices, busy, bugs) into your envelope. `Problem.status` is from
  the one table in `http/errors.py`; your envelope may send another where the wire demands it.
- **Heavy work** that is no speech (alignment): `await call.work(function)`; what the server is made
  of: `call.service` (studio, settings, stage, metrics, access).
"""

from importlib import import_module

from fastapi import APIRouter

from myna.core.errors import SettingsError

NAMES: tuple[str, ...] = (
    "openai",
    "m4t",
    "carepill",
    "cosyvoice",
    "gpt_sovits_v2",
    "gpt_sovits_v1",
    "partial_regenerate",
)
"""Every dialect there is: the modules of this package."""


def routers(chosen: tuple[str, ...] | None) -> list[APIRouter]:
    """Return the routers of the chosen dialects, or of all."""
    wanted = NAMES if chosen is None else chosen
    for name in wanted:
        if name not in NAMES:
            raise SettingsError(
                f"Setting 'http.dialects' names {name!r}; there are: {', '.join(NAMES)}."
            )
    return [import_module(f"{__name__}.{name}").router for name in wanted]
