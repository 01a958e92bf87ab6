"""Running the app: listen, serve, and stop without cutting anybody off in mid-sentence."""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI
from threadpoolctl import threadpool_limits

from myna.core.errors import SettingsError
from myna.http.service import Service
from myna.settings import HttpSettings

logger = logging.getLogger(__name__)

LAST_SECONDS = 1  # for answers to reach their clients once their speech is over


def serve(app: FastAPI, settings: HttpSettings, started: Callable[[str], None]) -> None:
    """Serve until told to stop by SIGTERM or SIGINT; a second signal stops at once.

    `started` is called with the address once the server listens. Raises `SettingsError` where it
    cannot listen there.
    """
    sockets = _listening(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=LAST_SECONDS,
        ws_max_size=settings.body_bytes,
    )
    # Requests keep the processors busy; each of them using all at once would only get in the way.
    with (
        threadpool_limits(limits=1, user_api="blas"),
        asyncio.Runner(loop_factory=config.get_loop_factory()) as runner,
    ):
        server = uvicorn.Server(config)
        runner.run(_serve(server, sockets, app, settings, started))


def _listening(settings: HttpSettings) -> list[socket.socket]:
    """Take the port at every address that the host's name stands for."""
    host, port = settings.host, settings.port
    taken: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, *_, address in dict.fromkeys(
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        ):
            try:
                taken.append(socket.create_server(address, family=family))
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:
                    raise
                absent = error  # such as that of IPv6 where there is none
        if absent and not taken:
            raise absent
    except OSError as error:
        for one in taken:
            one.close()
        raise SettingsError(
            f"Cannot listen on {host!r}, port {port}: {error.strerror}. Choose others with --host "
            "and --port, or the settings `http.host` and `http.port`."
        ) from error
    return taken


async def _serve(
    server: uvicorn.Server,
    sockets: list[socket.socket],
    app: FastAPI,
    settings: HttpSettings,
    started: Callable[[str], None],
) -> None:
    serving = asyncio.create_task(server.serve(sockets))
    while not server.started:
        await asyncio.wait({serving}, timeout=0.01)
        if serving.done():
            await serving
            return
    service: Service = app.state.service
    loop = asyncio.get_running_loop()
    stopping: set[asyncio.Task[None]] = set()

    def stop() -> None:
        if stopping:
            server.should_exit = True
        stopping.add(loop.create_task(_stop(server, service, settings.shutdown_seconds)))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    started(_address(server))
    await serving


async def _stop(server: uvicorn.Server, service: Service, seconds: float) -> None:
    """Take nothing new, let running speeches end, then stop listening."""
    service.stage.places.closed = True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await service.stage.places.wait_until_empty()
    server.should_exit = True


def _address(server: uvicorn.Server) -> str:
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
