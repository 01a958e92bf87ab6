import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from myna.core.speech import SpeechRequest
from myna.dsp.codec import AudioFormat, decode_native, encode_file
from tests.http.conftest import Running
from tests.page.conftest import Visitor, wait_for

TEXT = "The kettle is on and the tea is ready."


@pytest.fixture
def recording(site: Running) -> bytes:
    """Somebody saying `TEXT`."""
    speech = site.studio.speak(SpeechRequest(TEXT, "sample"))
    return encode_file(speech.audio, AudioFormat.WAV)


@pytest.fixture
def editor(visitor: Visitor, recording: bytes) -> Page:
    """The editor with that recording in it."""
    visitor.tap()
    page = visitor.open("edit", "#edit-voice option:nth-child(2)")
    give(page, recording, TEXT)
    page.wait_for_selector(".pick")
    return page


def give(page: Page, recording: bytes, text: str) -> None:
    page.set_input_files(
        "#edit-source input",
        {"name": "kettle.wav", "mimeType": "audio/wav", "buffer": recording},
    )
    page.fill("#edit-text", text)
    page.get_by_role("button", name="Find the words").click()


def change(page: Page, word: str, new: str) -> None:
    page.locator(".pick", has_text=re.compile(f"^{word}$")).first.click()
    page.fill("#replacement", new)
    page.click("#replace-go")


def said(page: Page) -> str:
    return page.inner_text("#edit-words")


def downloaded(page: Page) -> bytes:
    with page.expect_download() as download:
        page.click("#edit-download")
    return download.value.path().read_bytes()


def test_other_words_are_said_and_every_other_sample_stays(editor: Page, recording: bytes):
    change(editor, "tea", "coffee")
    editor.wait_for_selector("#compare:not([hidden])")
    assert said(editor) == TEXT.replace("tea", "coffee")
    assert editor.locator(".pick.fresh").all_inner_texts() == ["coffee"]
    before, after = decode_native(recording).samples, decode_native(downloaded(editor)).samples
    same = np.flatnonzero(before[: len(after)] != after[: len(before)])[0]
    tail = np.flatnonzero(before[::-1][: len(after)] != after[::-1][: len(before)])[0]
    assert same > 24_000 and tail > 7_000  # of 24 000 Hz: a second before, a third behind


def test_before_and_after_can_be_heard(editor: Page):
    change(editor, "kettle", "lamp")
    editor.wait_for_selector("#compare:not([hidden])")
    play = editor.locator("#edit-deck .play")
    expect(play).to_have_accessible_name("Pause")  # the change is heard at once
    expect(play).to_have_accessible_name("Play")
    editor.evaluate("test.played.length = 0")
    for button in ("#hear-before", "#hear-after"):
        editor.click(button)
        wait_for(editor, "test.played.length > 24000")
        editor.evaluate("test.played.length = 0")


def test_changes_are_undone_and_done_again(editor: Page):
    changed = TEXT.replace("tea", "cake")
    expect(editor.locator("#undo")).to_be_disabled()
    change(editor, "tea", "cake")
    expect(editor.locator("#edit-words")).to_have_text(changed)
    editor.click("#undo")
    assert said(editor) == TEXT
    expect(editor.locator("#compare")).to_be_hidden()
    editor.click("#redo")
    assert said(editor) == changed
    editor.locator(".pick").first.focus()
    editor.keyboard.press("Control+z")
    assert said(editor) == TEXT
    expect(editor.locator("#redo")).to_be_enabled()


def test_another_take_can_be_chosen(editor: Page):
    change(editor, "tea", "coffee")
    takes = editor.get_by_role("radio")
    expect(takes).to_have_count(3)
    expect(takes.first).to_be_checked()
    best = downloaded(editor)
    editor.get_by_text("Take 2").click()
    expect(takes.nth(1)).to_be_checked()
    expect(editor.locator("#editor")).not_to_have_attribute("aria-busy", "true")
    other = downloaded(editor)
    assert other != best
    editor.get_by_text("Best take").click()  # is kept, not made again
    expect(takes.first).to_be_checked()
    assert downloaded(editor) == best


def test_several_words_are_chosen_and_left_out_with_the_keyboard_alone(editor: Page):
    editor.locator(".pick").first.focus()
    for _ in range(3):
        editor.keyboard.press("ArrowRight")
    editor.keyboard.press("Shift+ArrowRight")
    editor.keyboard.press("Shift+ArrowRight")
    assert editor.locator('.pick[aria-pressed="true"]').all_inner_texts() == ["on", "and", "the"]
    editor.keyboard.press("Enter")
    expect(editor.locator("#replacement")).to_be_focused()
    editor.keyboard.press("Delete")
    editor.keyboard.press("Enter")
    expect(editor.locator("#edit-words")).to_have_text("The kettle is tea is ready.")


def test_several_words_are_chosen_with_a_finger(
    visit: Callable[..., Visitor], site: Running, recording: bytes
):
    page = visit(site, has_touch=True).open("edit", "#edit-voice option:nth-child(2)")
    give(page, recording, TEXT)
    for index in (3, 4, 2):
        page.locator(".pick").nth(index).tap()
    assert page.locator('.pick[aria-pressed="true"]').all_inner_texts() == ["is", "on", "and"]
    page.locator(".pick").nth(7).tap()
    assert page.locator('.pick[aria-pressed="true"]').all_inner_texts() == ["is"]


def test_a_text_that_is_not_what_is_said_is_told(visitor: Visitor, recording: bytes):
    visitor.allowed.append("400")
    page = visitor.open("edit", "#edit-voice option:nth-child(2)")
    give(page, recording, "Nobody said " + "anything of the kind, not now and not ever. " * 9)
    expect(page.locator("#edit-problem")).to_contain_text("Give only the words")


def test_a_recording_the_browser_cannot_read_is_told(visitor: Visitor):
    page = visitor.open("edit", "#edit-voice option:nth-child(2)")
    give(page, b"this is no sound", "Nothing.")
    expect(page.locator("#edit-problem")).to_contain_text("cannot read this file")


def test_what_was_just_spoken_can_be_changed(visitor: Visitor):
    page = visitor.open()
    page.fill("#text", TEXT)
    page.click("#say")
    expect(page.locator("#figure-state")).to_have_text("finished")
    page.click("#take-edit")
    page.wait_for_selector(".pick")
    change(page, "tea", "soup")
    expect(page.locator("#edit-words")).to_have_text(TEXT.replace("tea", "soup"))
