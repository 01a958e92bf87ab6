"""Servers for tests: a real uvicorn on a real port, in a thread of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx2
import pytest
import uvicorn

from myna.core.engine import Engine
from myna.http.app import create_app
from myna.http.service import Service
from myna.settings import HttpSettings, LimitSettings, Settings
from myna.studio.studio import Studio
from myna.studio.wiring import open_keys, open_library


class Running:
    """A server, a client for it, and what it is made of."""

    def __init__(
        self,
        server: uvicorn.Server,
        thread: threading.Thread,
        service: Service,
        studio: Studio,
    ) -> None:
        self._server, self._thread = server, thread
        self.service = service
        self.studio = studio
        self.port: int = server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx2.Client(base_url=self.url, timeout=20)

    def speak(self, text: str = "가나다.", **fields: object) -> httpx2.Response:
        body = {"text": text, "voice": "sample", **fields}
        return self.client.post("/v1/speech", json=body)

    def wait_until(self, condition: Callable[[], bool], seconds: float = 5.0) -> None:
        """Return as soon as the condition holds; fail if it never does."""
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, "it never came to pass"
            time.sleep(0.005)

    def stop(self) -> None:
        """Stop listening and return when nobody is answered any more."""
        self._server.should_exit = True
        self._thread.join()

    def wait_until_idle(self) -> None:
        self.wait_until(lambda: self.service.stage.places.active == 0)


@contextmanager
def running(studio: Studio, http: HttpSettings, settings: Settings) -> Iterator[Running]:
    app = create_app(studio, http, open_keys(settings))
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.005)
    made = Running(server, thread, app.state.service, studio)
    try:
        yield made
    finally:
        made.client.close()
        made.stop()


@pytest.fixture
def serve(settings: Settings) -> Iterator[Callable[..., Running]]:
    """Return what starts a server for an engine, with `http` settings by keyword."""
    with ExitStack() as stack:

        def start(engine: Engine, limits: LimitSettings | None = None, **http: object) -> Running:
            studio = Studio(engine, open_library(settings), limits=limits)
            chosen = HttpSettings.model_validate(http)
            return stack.enter_context(running(studio, chosen, settings))

        yield start
