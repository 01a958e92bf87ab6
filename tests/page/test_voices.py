import io
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from myna.core.audio import Audio
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, encode_file
from myna.dsp.resample import resample
from tests.http.conftest import Running
from tests.page.conftest import Visitor, wait_for

WORDS = "A few seconds of clear speech are all that I need."
SECONDS = 2.78  # of the sample: it says these words in them


@pytest.fixture
def clip(sample: Voice) -> bytes:
    return encode_file(sample.reference.between(0, SECONDS), AudioFormat.WAV)


@pytest.fixture
def page(visitor: Visitor, site: Running) -> Iterator[Page]:
    """The voices, with the sample voice only; whatever a test adds goes again."""
    visitor.tap()
    yield visitor.open("voices", ".measures")
    for record in site.studio.voices.list():
        if record.name != "sample":
            site.studio.voices.remove(record.name)


def choose(page: Page, recording: bytes, name: str = "kitchen.wav") -> None:
    page.click("#add-open")
    file = {"name": name, "mimeType": "audio/wav", "buffer": recording}
    page.set_input_files("#add-source input", file)


def voice(page: Page, name: str) -> str:
    return f'[data-voice="{name}"]'


def test_a_voice_is_made_of_a_file_whose_words_fit(page: Page, site: Running, clip: bytes):
    choose(page, clip)
    expect(page.locator("#add-fit")).to_contain_text("Write down the words")
    page.fill("#add-transcript", WORDS)
    expect(page.locator("#add-fit")).to_have_attribute("data-fit", "matching")
    assert page.locator("#add-reading .word").all_inner_texts() == WORDS.strip(".").split()
    assert page.input_value("#add-name") == "kitchen"
    page.fill("#add-name", unicodedata.normalize("NFD", "부엌"))  # as file names are on a Mac
    page.fill("#add-speaker", "flite")
    page.fill("#add-consent", "free for any use")
    page.click("#add-go")
    expect(page.locator(voice(page, "부엌"))).to_contain_text(WORDS)
    record = site.studio.voices.record("부엌")
    assert (record.speaker, record.consent) == ("flite", "free for any use")
    page.click('nav a[href="#speak"]')  # and is the one that speaks
    expect(page.get_by_role("radio", name="부엌")).to_be_checked()


def test_words_that_do_not_fit_are_warned_of_and_refused(visitor: Visitor, page: Page, clip: bytes):
    visitor.allowed.append("400")
    choose(page, clip)
    page.fill("#add-transcript", "It rains, and nobody knows when the train will come again.")
    expect(
        page.locator('#add-fit[data-fit="mismatch"], #add-fit[data-fit="doubtful"]')
    ).to_be_visible()
    page.fill("#add-transcript", "Far too many words. " * 30)
    expect(page.locator("#add-fit")).to_have_attribute("data-fit", "mismatch")
    page.click("#add-go")
    expect(page.locator("#add-problem")).to_contain_text("does not fit the recording")


def test_a_voice_is_recorded_with_the_microphone(
    launch: Callable[..., Browser], site: Running, sample: Voice, tmp_path: Path
):
    heard = tmp_path / "heard.wav"
    clip = resample(sample.reference.between(0, SECONDS), 48_000)
    heard.write_bytes(encode_file(clip, AudioFormat.WAV))
    browser = launch(f"--use-file-for-fake-audio-capture={heard}%noloop")
    visitor = Visitor(browser.new_context(locale="en-US"), site.url)
    page = visitor.open("voices", ".measures")
    page.click("#add-open")
    page.click('#add-source [data-part="record"]')
    expect(page.locator('#add-source [data-part="prompt"]')).to_contain_text("The kettle is on")
    expect(page.locator('#add-source [data-part="clock"]')).to_have_text("0:03 / 0:30")
    page.click('#add-source [data-part="done"]')
    assert page.input_value("#add-transcript").startswith("Good morning.")
    page.fill("#add-transcript", WORDS)
    expect(page.locator("#add-fit")).to_have_attribute("data-fit", "matching")
    page.fill("#add-name", "me")
    page.click("#add-go")
    page.wait_for_selector(voice(page, "me"))
    assert 2.5 < site.studio.voices.record("me").duration_seconds < 4.5
    site.studio.voices.remove("me")
    assert visitor.complaints == []
    browser.close()


def test_a_microphone_that_may_not_be_used_is_told(visitor: Visitor, page: Page):
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async () => {"
        " throw new DOMException('no', 'NotAllowedError') } }"
    )
    page.click("#add-open")
    page.click('#add-source [data-part="record"]')
    expect(page.locator("#add-source .problem")).to_contain_text("Allow it beside the address")


def test_a_voice_is_played(page: Page):
    page.click(f"{voice(page, 'sample')} button[title=Play]")
    wait_for(page, "test.played.length > 4800")
    expect(page.locator(".voice-deck .time")).to_contain_text("/ 0:08")


def test_a_voice_is_renamed_exported_imported_and_removed(page: Page, site: Running):
    with page.expect_download() as download:
        page.click(f"{voice(page, 'sample')} button[title=Export]")
    packed = download.value.path().read_bytes()
    assert "voice.json" in zipfile.ZipFile(io.BytesIO(packed)).namelist()

    site.studio.voices.rename("sample", "first")
    file = {"name": "sample.zip", "mimeType": "application/zip", "buffer": packed}
    page.set_input_files("#voice-import", file)
    page.wait_for_selector(voice(page, "sample"))

    page.click(f"{voice(page, 'first')} button[title=Rename]")
    page.fill("#dialog-input", "다른 이름")
    page.keyboard.press("Enter")
    page.wait_for_selector(voice(page, "다른 이름"))

    page.click(f"{voice(page, '다른 이름')} button[title=Remove]")
    expect(page.get_by_role("dialog")).to_contain_text("Remove “다른 이름”?")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")  # the safe answer
    assert page.locator(".voice-card").count() == 2
    page.click(f"{voice(page, '다른 이름')} button[title=Remove]")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator(".voice-card")).to_have_count(1)
    assert [record.name for record in site.studio.voices.list()] == ["sample"]


def test_a_name_that_is_taken_is_told(visitor: Visitor, page: Page, clip: bytes):
    visitor.allowed.append("409")
    choose(page, clip, "sample.wav")
    page.click("#add-go")
    expect(page.locator("#add-problem")).to_contain_text("'sample'")


def test_what_is_wrong_with_a_recording_is_hinted_at(page: Page, sample: Voice):
    loud = np.clip(2 * sample.reference.between(0, SECONDS).samples, -1, 1)
    choose(
        page, encode_file(Audio(loud, sample.reference.sample_rate), AudioFormat.WAV), "loud.wav"
    )
    page.click("#add-go")
    card = page.locator(voice(page, "loud"))
    expect(card.locator(".measures .bad")).to_have_count(2)
    expect(card).to_contain_text("clipped in places")
    expect(card).to_contain_text("Record 5 to 15 seconds")
    expect(card).to_contain_text("Without a transcript")
