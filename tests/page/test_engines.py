from playwright.sync_api import expect

from tests.page.conftest import Visitor


def test_engines_say_whether_they_are_ready_and_how_to_get_them(visitor: Visitor):
    page = visitor.open("engines", ".engine")
    ready = page.locator(".engine", has=page.get_by_role("heading", name="embedded"))
    expect(ready.locator(".badge")).to_have_text("Ready")
    missing = page.locator(".engine", has=page.get_by_role("heading", name="gpt-sovits"))
    expect(missing.locator(".badge")).to_have_text("Not ready")
    expect(missing.locator("code")).to_have_text("myna pull gpt-sovits-v2proplus")


def test_an_engine_is_chosen_for_ones_requests_and_the_last_one_is_measured(visitor: Visitor):
    page = visitor.open("engines", ".engine")
    expect(page.locator("#last-none")).to_be_visible()
    page.get_by_role("button", name="Use for my requests").click()
    expect(page.get_by_role("button", name="In use for my requests")).to_be_visible()
    page.click('nav a[href="#speak"]')
    assert page.input_value("#engine") == "embedded"
    page.fill("#text", "Tea?")
    page.click("#say")
    expect(page.locator("#figure-state")).to_have_text("finished")
    page.click('nav a[href="#engines"]')
    expect(page.locator("#last-figures")).to_contain_text("embedded")
    expect(page.locator("#last-figures")).to_contain_text("Real-time factor")


def test_the_interface_is_shown_without_a_script_from_elsewhere(visitor: Visitor):
    page = visitor.page
    page.goto(f"{visitor.url}/docs")
    page.get_by_text("POST /v1/speech Speak", exact=True).click()
    expect(page.get_by_text('{"text": "The kettle is on.", "voice": "sample"}')).to_be_visible()
