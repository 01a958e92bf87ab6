"""How soon the web page is heard: `python -m benchmarks.page [--presses 20]`.

A real Chromium on a server of its own, embedded engine, no cache. Counted by the page itself, from
handling the press of Speak to the first samples leaving its audio graph; what the sound card adds
is not in it. Run it on a machine that does nothing else.
"""

import argparse
import contextlib
import multiprocessing
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from myna.http.app import create_app
from myna.http.server import serve
from myna.settings import CacheSettings, HttpSettings, Settings
from myna.studio.studio import Studio

SENTENCES = (
    "The kettle is on, and tea will be ready in four minutes, with milk and a slice of cake.",
    "지금은 일곱 시 삼십 분이고, 약을 드실 시간이에요. 물 한 잔을 곁들여 주세요.",
)
GOAL = 300  # ms
PATIENCE = 60_000  # ms
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
)


def main() -> None:
    """Measure and print a row for each sentence."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--presses", type=int, default=20, help="of Speak, for each sentence")
    presses = parser.parse_args().presses
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed. On Debian: apt install chromium")
    print("| first sound, ms | median | best | worst | goal |\n|---|---|---|---|---|")
    with _server() as url, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS]).new_page()
        page.goto(url)
        page.wait_for_selector(".pill.voice")
        _pressed(page, "Warm.")  # the voice is learned once
        for sentence in SENTENCES:
            times = [_pressed(page, sentence) for _ in range(presses)]
            row = (statistics.median(times), min(times), max(times), GOAL)
            print(f"| {sentence[:24]}… | " + " | ".join(f"{value:.0f}" for value in row) + " |")


def _pressed(page: Page, text: str) -> float:
    """Press Speak, wait until something is heard, stop; return the milliseconds between."""
    page.fill("#text", text)
    expect(page.locator("#say")).to_be_visible(timeout=PATIENCE)
    page.click("#say")
    shown = page.locator("#figure-first")
    expect(shown).to_be_visible(timeout=PATIENCE)
    milliseconds = float(shown.inner_text().removesuffix("ms").replace(",", ""))
    expect(page.locator("#figure-state")).to_have_text("finished", timeout=PATIENCE)
    page.keyboard.press("Escape")
    return milliseconds


@contextlib.contextmanager
def _server() -> Iterator[str]:
    """Serve in a process of its own, as a user would, so that the browser does not wait for us."""
    here, there = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory() as home:
        process = multiprocessing.Process(target=_serve, args=(there, Path(home)))
        process.start()
        try:
            yield str(here.recv())
        finally:
            process.terminate()
            process.join()


def _serve(pipe: Connection, home: Path) -> None:
    settings = Settings(home=home, cache=CacheSettings(enabled=False))
    http = HttpSettings(port=0)
    serve(create_app(Studio.open(settings), http), http, pipe.send)


if __name__ == "__main__":
    main()
