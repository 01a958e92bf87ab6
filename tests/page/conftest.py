"""A real browser on a real server."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from myna.http.page.page import File, files
from myna.settings import HttpSettings, Settings
from myna.studio.studio import Studio
from tests.http.conftest import Running, running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
WINDOW = {
    "locale": "en-US",
    "viewport": {"width": 1280, "height": 860},
    "reduced_motion": "reduce",  # nothing is looked at while it changes its colour
}
PATIENCE = 20_000  # ms; the machine may be busy

expect.set_options(timeout=PATIENCE)

LISTENING = Path(__file__).with_name("listening.js").read_text("utf-8")
TAP = Path(__file__).with_name("tap.js").read_bytes()


@pytest.fixture(scope="package")
def launch() -> Iterator[Callable[..., Browser]]:
    """Return what starts Chromium, with more flags where a test needs them."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (on Debian: apt install chromium)")
    with sync_playwright() as playwright, ExitStack() as stack:

        def start(*flags: str) -> Browser:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
            stack.callback(browser.close)
            return browser

        yield start


@pytest.fixture(scope="package")
def browser(launch: Callable[..., Browser]) -> Browser:
    return launch()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The server as it comes, with the embedded engine and the sample voice."""
    settings = Settings(home=tmp_path_factory.mktemp("site"))
    http = HttpSettings(rate="1000000/minute")
    files()["tap.js"] = File(TAP, "text/javascript", '"tap"')  # worklets come from the page's site
    with running(Studio.open(settings), http, settings) as server:
        yield server
    del files()["tap.js"]


def wait_for(page: Page, condition: str) -> None:
    """Wait for a condition in the page. Playwright's own way needs `eval`, which is forbidden."""
    until = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(condition):
        assert time.monotonic() < until, f"it never came to pass: {condition}"
        page.wait_for_timeout(20)


class Visitor:
    """A page in a window of its own, and everything that went wrong in it."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        context.set_default_timeout(PATIENCE)
        context.add_init_script(LISTENING)
        self.complaints: list[str] = []
        self.allowed: list[str] = []
        """Parts of complaints that belong to the test."""
        self.frames: list[bytes] = []
        self.url = url
        self.page: Page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._receive))

    def open(self, view: str = "speak", selector: str = ".pill.voice") -> Page:
        self.page.goto(f"{self.url}/#{view}")
        self.page.wait_for_selector(selector, state="attached")
        return self.page

    def tap(self) -> None:
        """Keep what is played in `test.played`. Only `site` has what this needs."""
        self.page.add_init_script("test.isTapped = true")

    def _hear(self, message: Any) -> None:  # Any: Playwright's ConsoleMessage
        is_complaint = message.type in ("error", "warning")
        if is_complaint and not any(part in message.text for part in self.allowed):
            self.complaints.append(message.text)

    def _receive(self, payload: bytes | str) -> None:
        if isinstance(payload, bytes):
            self.frames.append(payload)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Return what opens a page; it fails the test if the browser complained of anything."""
    with ExitStack() as stack:
        visitors: list[Visitor] = []

        def opened(server: Running | str, **context: object) -> Visitor:
            chosen = {**WINDOW, **context}
            made = browser.new_context(**chosen)  # type: ignore[arg-type]  # by keyword
            stack.callback(made.close)
            visitors.append(Visitor(made, server if isinstance(server, str) else server.url))
            return visitors[-1]

        yield opened
        complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
        assert complaints == []


@pytest.fixture
def visitor(visit: Callable[..., Visitor], site: Running) -> Visitor:
    return visit(site)
