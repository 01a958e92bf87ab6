"""The line to the server: keys, a server that goes away, and texts that keep it busy."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from myna.settings import HttpSettings, Settings
from myna.storage.keys import KeyBook, Scope
from myna.studio.studio import Studio
from myna.studio.wiring import open_keys
from tests.http.conftest import Running, running
from tests.page.conftest import Visitor, wait_for


class Program:
    """`myna serve`, which can be killed and started again."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "myna", "serve", "--port", str(self.port)]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE)
        assert self._process.stderr is not None
        assert b"listens" in self._process.stderr.readline()

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.communicate()
            self._process = None


@pytest.fixture
def program() -> Iterator[Program]:
    made = Program()
    yield made
    made.kill()


def test_speech_goes_on_where_it_was_when_the_server_comes_back(
    visit: Callable[..., Visitor], program: Program
):
    program.start()
    visitor = visit(program.url)
    visitor.allowed += ["ERR_CONNECTION", "WebSocket"]
    page = visitor.open()
    text = "One sentence comes after the other. " * 12
    page.get_by_text("Live", exact=True).click()  # or else it may be over before the server is
    page.keyboard.insert_text(text)
    wait_for(page, "document.querySelectorAll('.word').length > 6")
    program.kill()
    expect(page.locator("#banner")).to_contain_text("The server is away")
    expect(page.locator("#figure-state")).to_have_text("waiting for the server")
    more = "And more is written in the meantime. " * 12
    page.keyboard.insert_text(more)
    page.get_by_role("button", name="Try now").click()
    program.start()
    page.evaluate("dispatchEvent(new Event('online'))")  # the page may have found out by itself
    expect(page.locator("#banner")).to_be_hidden()
    page.get_by_text("Live", exact=True).click()
    expect(page.locator("#figure-state")).to_have_text("finished")
    assert page.locator(".word").count() == len(f"{text}{more}".split())
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.click("#take-download")
    across_two_lives = len(download.value.path().read_bytes()) - 44
    visitor.frames.clear()
    page.click("#say")
    expect(page.locator("#figure-state")).to_have_text("finished")
    assert across_two_lives == sum(map(len, visitor.frames))


@pytest.fixture
def keys(settings: Settings) -> KeyBook:
    return open_keys(settings)


@pytest.fixture
def guarded(settings: Settings) -> Iterator[Running]:
    with running(Studio.open(settings), HttpSettings(), settings) as server:
        yield server


def test_a_key_is_asked_for_once_and_kept_in_the_tab_only(
    visit: Callable[..., Visitor], keys: KeyBook, guarded: Running
):
    _, shown = keys.add("laptop", [Scope.SPEAK])
    visitor = visit(guarded)
    visitor.allowed.append("401")
    page = visitor.open(selector="#key-input")
    page.fill("#key-input", "myna_0_0")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("opens nothing here")
    page.fill("#key-input", shown)
    page.keyboard.press("Enter")
    page.wait_for_selector(".pill.voice")
    page.fill("#text", "Tea?")
    page.click("#say")
    expect(page.locator("#figure-state")).to_have_text("finished")
    page.reload()
    page.wait_for_selector(".pill.voice")
    assert page.evaluate("JSON.stringify(localStorage)").find(shown) < 0
    other = page.context.new_page()
    other.goto(guarded.url)
    other.wait_for_selector("#key-input")  # another tab knows nothing of it


def test_what_a_key_does_not_allow_is_told(
    visit: Callable[..., Visitor], keys: KeyBook, guarded: Running
):
    _, shown = keys.add("laptop", [Scope.SPEAK])
    visitor = visit(guarded)
    visitor.allowed.append("403")
    visitor.page.add_init_script(f"sessionStorage.setItem('myna.key', '{shown}')")
    page = visitor.open("voices", ".measures")
    page.click("[data-voice=sample] button[title=Remove]")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator("#voices-problem")).to_contain_text("lacks the scope 'voices'")


def test_a_speech_goes_on_when_the_key_is_changed_meanwhile(
    visit: Callable[..., Visitor], keys: KeyBook, guarded: Running
):
    _, first = keys.add("laptop", [Scope.SPEAK])
    _, second = keys.add("phone", [Scope.SPEAK])
    visitor = visit(guarded)
    visitor.page.add_init_script(f"sessionStorage.setItem('myna.key', '{first}')")
    page = visitor.open()
    page.get_by_text("Live", exact=True).click()
    page.keyboard.insert_text("Tea is on. ")
    wait_for(page, "document.querySelectorAll('.word').length === 3")
    page.click("#key")
    page.fill("#key-input", second)
    page.keyboard.press("Enter")
    page.focus("#text")
    page.keyboard.press("End")
    page.keyboard.insert_text("Two cups? ")
    wait_for(page, "document.querySelectorAll('.word').length === 5")
    page.get_by_text("Live", exact=True).click()
    expect(page.locator("#figure-state")).to_have_text("finished")


def test_ten_thousand_characters_are_spoken(visitor: Visitor):
    sentence = "Ten thousand characters are a quarter of an hour of speech. "
    text = (sentence * 200)[:10_000]
    page = visitor.open()
    page.fill("#text", text)
    expect(page.locator("#text-count")).to_have_text("10,000 characters")
    page.click("#say")
    page.wait_for_selector("#figure-first")  # long before the rest is there
    assert page.inner_text("#figure-state") == "speaking"
    expect(page.locator("#figure-state")).to_have_text("finished", timeout=120_000)
    assert page.locator(".word").count() == len(text.split())
    page.locator(".word").nth(1500).click()
    wait_for(page, "document.querySelector('.word.lit')?.previousElementSibling")
    wait_for(page, "document.querySelector('#reading').scrollTop > 500")


def test_a_text_beyond_the_bound_is_refused_with_what_to_do(
    visit: Callable[..., Visitor], settings: Settings
):
    limits = settings.limits.model_copy(update={"text_characters": 20})
    studio = Studio.open(settings.model_copy(update={"limits": limits}))
    with running(studio, HttpSettings(), settings) as server:
        page = visit(server).open()
        page.fill("#text", "This is more than twenty characters.")
        page.click("#say")
        expect(page.locator("#speak-problem")).to_contain_text("20")
        expect(page.locator("#say")).to_be_enabled()
