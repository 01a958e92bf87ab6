import io
import json
import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from myna.core.speech import SpeechRequest
from myna.dsp.codec import decode
from myna.studio.subtitles import SubtitleFormat, write_subtitles
from tests.http.conftest import Running
from tests.page.conftest import Visitor

TEXT = "Tea is on. Two cups?"
WORDS = ["Tea", "is", "on", "Two", "cups"]
FADE = 96  # samples with which the page begins to play
BLOCK = 128  # samples

NO_CHANCE = "Math.random = () => 0.5"  # the same seed each time


def speak(page: Page, text: str = TEXT) -> None:
    page.fill("#text", text)
    page.click("#say")


def wait_until_spoken(page: Page) -> None:
    """Wait until all of it has arrived."""
    expect(page.locator("#figure-state")).to_have_text("finished")


def wait_until_heard(page: Page) -> None:
    """Wait until everything was spoken and played to its end."""
    wait_until_spoken(page)
    expect(page.locator("#say")).to_be_visible()


def test_speech_is_heard_from_its_first_sample_to_its_last_without_a_gap(visitor: Visitor):
    visitor.tap()
    visitor.page.add_init_script(NO_CHANCE)
    page = visitor.open()
    speak(page)
    wait_until_heard(page)
    visitor.frames.clear()  # now every sentence is at hand: a busy machine makes no gap
    page.evaluate("test.played.length = 0")
    speak(page)
    wait_until_heard(page)
    sent = np.frombuffer(b"".join(visitor.frames), "<i2")
    played = np.array(page.evaluate("test.played"), "<i2")
    silent = [not block.any() for block in np.array_split(sent, range(BLOCK, len(sent), BLOCK))]
    assert len(sent) > 48_000
    loud = np.concatenate(
        [sent[i * BLOCK : (i + 1) * BLOCK] for i, is_silent in enumerate(silent) if not is_silent]
    )
    assert np.array_equal(played[FADE : len(loud)], loud[FADE:])


def test_words_light_up_in_the_order_in_which_they_are_spoken(visitor: Visitor):
    page = visitor.open()
    speak(page)
    wait_until_heard(page)
    assert page.evaluate("test.lit") == WORDS
    assert page.inner_text("#reading") == TEXT


def test_browsers_that_offer_no_worklet_are_heard_too(visitor: Visitor):
    """Over plain http, from another machine, there is none."""
    none = "Object.defineProperty(BaseAudioContext.prototype, 'audioWorklet', { value: undefined })"
    visitor.page.add_init_script(none)
    page = visitor.open()
    speak(page)
    wait_until_heard(page)
    assert page.evaluate("test.lit") == WORDS


def test_a_word_that_is_clicked_is_heard_again(visitor: Visitor):
    page = visitor.open()
    speak(page)
    wait_until_heard(page)
    page.evaluate("test.lit.length = 0")
    page.locator(".word", has_text="Two").click()
    expect(page.locator("#say")).to_be_visible(timeout=10_000)
    assert page.evaluate("test.lit") == WORDS[3:]


def test_the_figures_of_the_last_speech_are_shown(visitor: Visitor):
    page = visitor.open()
    speak(page)
    wait_until_spoken(page)
    assert re.fullmatch(r"[\d,]+ ms", page.inner_text("#figure-first"))
    assert float(page.inner_text("#figure-factor")) > 0


@pytest.mark.parametrize("way", ["button", "key"])
def test_speech_can_be_stopped_at_any_time(visitor: Visitor, way: str):
    page = visitor.open()
    speak(page, "One sentence after the other. " * 100)
    page.wait_for_selector("#figure-first")
    if way == "button":
        page.click("#stop")
    else:
        page.keyboard.press("Escape")
    expect(page.locator("#figure-state")).to_have_text("stopped")
    expect(page.locator("#say")).to_be_visible()
    expect(page.locator("#text")).to_be_focused()
    speak(page)  # and the next is spoken at once
    wait_until_spoken(page)


def test_the_keyboard_alone_makes_it_speak(visitor: Visitor):
    page = visitor.open()
    page.focus("#text")
    page.keyboard.type("Hello.")
    page.keyboard.press("Control+Enter")
    wait_until_spoken(page)


def test_without_a_text_the_page_says_what_to_do(visitor: Visitor):
    page = visitor.open()
    page.click("#say")
    expect(page.get_by_role("alert")).to_contain_text("Write something first")
    expect(page.locator("#text")).to_be_focused()


def test_speech_can_be_had_in_every_format(visitor: Visitor):
    page = visitor.open()
    speak(page)
    wait_until_spoken(page)
    seconds = sum(map(len, visitor.frames)) / 2 / 48_000
    for format in ("wav", "mp3", "flac", "opus", "aac"):
        audio = decode(downloaded(page, format))
        assert audio.duration == pytest.approx(seconds, abs=0.15), format


def test_subtitles_come_with_it(visitor: Visitor):
    page = visitor.open()
    speak(page)
    wait_until_spoken(page)
    lines = io.StringIO(downloaded(page, "srt").decode()).read().splitlines()
    assert lines[0] == "1"
    assert re.fullmatch(r"00:00:00,\d{3} --> 00:00:0\d,\d{3}", lines[1])
    assert [lines[2], lines[6]] == ["Tea is on.", "Two cups?"]
    assert downloaded(page, "vtt").decode().startswith("WEBVTT\n\n00:00:00.")


def test_subtitles_are_cut_as_on_the_command_line(visitor: Visitor, site: Running):
    text = (
        "Good evening, Dr. Kim. “Tea?” (It is ready.) 약은 두 알이에요! When the kettle has boiled "
        "and the tea is ready, take your two tablets & a glass of water. 今天天氣真好，我們走吧。"
    )
    page = visitor.open()
    speak(page, text)
    wait_until_spoken(page)
    speech = site.studio.speak(SpeechRequest(text, "sample", timestamps=True))
    here = write_subtitles(speech.words, SubtitleFormat.VTT, speech.audio.duration, text=text)
    there = downloaded(page, "vtt").decode()
    shown = [[line for line in file.splitlines() if "-->" not in line] for file in (here, there)]
    assert [line for line in shown[1] if line] == [line for line in shown[0] if line]
    assert "take your two tablets &amp; a glass of water." in shown[1]


def downloaded(page: Page, format: str) -> bytes:
    page.select_option("#take-format", format)
    with page.expect_download() as download:
        page.click("#take-download")
    assert download.value.suggested_filename == f"myna-sample.{format}"
    return download.value.path().read_bytes()


def test_options_reach_the_server(visitor: Visitor):
    sent: list[dict[str, object]] = []
    visitor.page.on(
        "websocket", lambda ws: ws.on("framesent", lambda data: sent.append(json.loads(data)))
    )
    page = visitor.open()
    page.click("#options-toggle")
    page.select_option("#language", "en")
    page.select_option("#engine", "embedded")
    page.fill("#speed", "1.5")
    speak(page, "Hello.")
    wait_until_spoken(page)
    start = next(message for message in sent if message["type"] == "start")
    assert {key: start[key] for key in ("voice", "language", "engine", "speed")} == {
        "voice": "sample",
        "language": "en",
        "engine": "embedded",
        "speed": 1.5,
    }
