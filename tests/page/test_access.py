"""Everybody can use it: screen readers, keyboards, two languages, two themes, small screens."""

from collections.abc import Callable

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.http.conftest import Running
from tests.page.conftest import Visitor

PHONE = {"width": 360, "height": 740}
READY = {"speak": ".pill.voice", "edit": "#edit-voice", "voices": ".measures", "engines": ".engine"}


def check(page: Page) -> None:
    """Fail on whatever axe finds, and on a page that is wider than its window."""
    found = Axe().run(page)["violations"]
    said = [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    "window",
    [
        {"color_scheme": "light", "viewport": PHONE, "locale": "ko-KR"},
        {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    ],
    ids=["light phone", "dark desk"],
)
def test_every_view_is_accessible(
    visit: Callable[..., Visitor], site: Running, window: dict[str, object]
):
    visitor = visit(site, **window)
    for view, ready in READY.items():
        page = visitor.open(view, ready)
        check(page)
    page.click('nav a[href="#voices"]')
    page.click("#add-open")
    check(page)
    page.locator("[data-voice=sample] button").last.click()
    check(page)
    page.keyboard.press("Escape")
    page.click('nav a[href="#speak"]')
    page.click("#options-toggle")
    page.fill("#text", "Tea?")
    page.click("#say")
    expect(page.locator("#take-edit")).to_be_enabled()
    check(page)
    page.click("#take-edit")
    page.locator(".pick").click()
    check(page)


def test_the_browsers_language_is_spoken_and_another_can_be_chosen(
    visit: Callable[..., Visitor], site: Running
):
    page = visit(site, locale="ko-KR").open()
    expect(page.get_by_role("heading", name="무엇을 말할까요?")).to_be_visible()
    assert page.get_attribute("html", "lang") == "ko"
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="What shall I say?")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="한국어")).to_be_visible()


def test_errors_are_told_in_the_readers_language(visit: Callable[..., Visitor], site: Running):
    page = visit(site, locale="ko-KR").open()
    page.fill("#text", "!!!")
    page.click("#say")
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text(
        "말할 것이 없는 글입니다"
    )


def test_both_languages_have_the_same_words(visitor: Visitor):
    missing = visitor.open().evaluate(
        """async () => {
          const { en } = await import("/page/locales/en.js");
          const { ko } = await import("/page/locales/ko.js");
          const blanks = (words) => (words.match(/\\{\\w+\\}/g) ?? []).sort().join();
          const asking = "[data-t], [data-t-label], [data-t-placeholder]";
          const asked = [...document.querySelectorAll(asking)].map(
            ({ dataset }) => dataset.t ?? dataset.tLabel ?? dataset.tPlaceholder,
          );
          return {
            korean: Object.keys(en).filter((key) => !ko[key]),
            english: asked.filter((key) => !en[key]),
            blanks: Object.keys(en).filter((key) => blanks(en[key]) !== blanks(ko[key] ?? "")),
          };
        }"""
    )
    assert missing == {"korean": [], "english": [], "blanks": []}


def test_the_theme_is_the_systems_until_one_is_chosen(visit: Callable[..., Visitor], site: Running):
    page = visit(site, color_scheme="dark").open()
    background = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="Light or dark").click()
    light = page.evaluate(background)
    assert light != dark
    page.reload()
    assert page.evaluate(background) == light


def test_a_view_that_is_opened_has_the_focus(visitor: Visitor):
    page = visitor.open()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.click('nav a[href="#voices"]')
    expect(page.get_by_role("heading", name="Your voices")).to_be_focused()
    expect(page.locator('nav a[aria-current="page"]')).to_have_text("Voices")
