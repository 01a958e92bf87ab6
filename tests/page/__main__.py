"""Takes the pictures of the web page that the documentation shows: `python -m tests.page`."""

import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from myna.settings import HttpSettings, Settings
from myna.studio.studio import Studio
from tests.http.conftest import running
from tests.page.conftest import CHROMIUM, FLAGS

FOLDER = Path(__file__).parents[2] / "docs/pictures"
DESK = {"width": 1180, "height": 860}
PHONE = {"width": 390, "height": 844}
TEXT = (
    "Good evening. It is time for your medicine: one tablet, with a glass of water. "
    "Your tea is on the table."
)
KOREAN = "저녁 약 드실 시간이에요. 한 알을 물과 함께 드세요. 차는 식탁 위에 있어요."


def main() -> None:
    """Write the pictures."""
    home = Path(tempfile.mkdtemp())
    settings = Settings(home=home)
    with (
        running(Studio.open(settings), HttpSettings(), settings) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        page = opened(browser, server.url, viewport=DESK, locale="en-US")
        speaking(page, TEXT, "water")
        take(page, "page-speak.png")
        page = opened(browser, server.url, viewport=DESK, locale="en-US", color_scheme="dark")
        editing(page)
        take(page, "page-edit.png")
        page = opened(
            browser,
            server.url,
            viewport=PHONE,
            locale="ko-KR",
            color_scheme="dark",
            device_scale_factor=1.5,
        )
        speaking(page, KOREAN, "물과")
        take(page, "page-phone.png")
        browser.close()
    shutil.rmtree(home)


def opened(browser: Browser, url: str, **window: object) -> Page:
    page = browser.new_context(**window).new_page()  # type: ignore[arg-type]  # by keyword
    page.goto(url)
    page.wait_for_selector(".pill.voice")
    return page


def speaking(page: Page, text: str, word: str) -> None:
    """Have a text spoken, in a voice that spoke before, and go to a word."""
    page.fill("#text", "Hello.")
    page.click("#say")
    expect(page.locator("#say")).to_be_visible(timeout=30_000)
    page.fill("#text", text)
    page.click("#say")
    expect(page.locator("#take-edit")).to_be_enabled(timeout=30_000)
    page.locator(".word", has_text=word).click()
    page.keyboard.press("Escape")
    expect(page.locator(".word.lit", has_text=word)).to_be_visible(timeout=30_000)
    page.wait_for_timeout(500)  # until the pictures are drawn


def editing(page: Page) -> None:
    """Have a word changed, and choose the next."""
    page.fill("#text", TEXT)
    page.click("#say")
    expect(page.locator("#take-edit")).to_be_enabled(timeout=30_000)
    page.click("#take-edit")
    page.locator(".pick", has_text="water").click(timeout=30_000)
    page.fill("#replacement", "juice")
    page.click("#replace-go")
    expect(page.locator(".pick.fresh")).to_be_visible(timeout=30_000)
    page.locator(".pick", has_text="evening").click()
    page.wait_for_timeout(500)  # until its colours have changed


def take(page: Page, name: str) -> None:
    """Write what is seen as a small PNG."""
    page.mouse.move(0, 0)
    path = FOLDER / name
    page.screenshot(path=path)
    colours = Image.open(path).convert("RGB").quantize(160, dither=Image.Dither.NONE)
    colours.save(path, optimize=True)
    print(f"{path} ({path.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
