from playwright.sync_api import Page, expect

from tests.page.conftest import Visitor, wait_for


def go_live(visitor: Visitor) -> Page:
    page = visitor.open()
    page.get_by_text("Live", exact=True).click()
    expect(page.locator("#text")).to_be_focused()
    return page


def reading(page: Page) -> str:
    return page.inner_text("#reading")


def test_a_sentence_is_spoken_before_the_next_is_written(visitor: Visitor):
    page = go_live(visitor)
    page.keyboard.insert_text("Tea is on. ")
    page.wait_for_selector("#figure-first")
    wait_for(page, "document.querySelectorAll('.word').length === 3")
    page.keyboard.insert_text("Two cups? ")
    wait_for(page, "document.querySelectorAll('.word').length === 5")
    assert reading(page).split() == ["Tea", "is", "on.", "Two", "cups?"]


def test_whoever_pauses_hears_what_is_there(visitor: Visitor):
    page = go_live(visitor)
    page.keyboard.insert_text("no full stop")
    wait_for(page, "document.querySelectorAll('.word').length === 3")
    assert reading(page) == "no full stop"
    page.keyboard.insert_text(" and more")
    wait_for(page, "document.querySelectorAll('.word').length === 5")
    assert reading(page) == "no full stop and more"


def test_what_was_spoken_is_not_said_again_when_it_is_changed(visitor: Visitor):
    page = go_live(visitor)
    page.keyboard.insert_text("Tea is on. ")
    wait_for(page, "document.querySelectorAll('.word').length === 3")
    page.keyboard.press("Home")
    page.keyboard.insert_text("Hot ")
    page.keyboard.press("End")
    page.keyboard.insert_text("Yes. ")
    wait_for(page, "document.querySelectorAll('.word').length === 4")
    assert reading(page).split() == ["Tea", "is", "on.", "Yes."]


def test_leaving_live_mode_ends_the_speech(visitor: Visitor):
    page = go_live(visitor)
    page.keyboard.insert_text("Tea is on. ")
    page.wait_for_selector("#figure-first")
    page.get_by_text("Live", exact=True).click()
    expect(page.locator("#figure-state")).to_have_text("finished")
