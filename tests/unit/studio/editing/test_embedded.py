"""Edits with the embedded engine, from aligning a recording to the file that is written."""

import numpy as np
import pytest

from myna.core.edit import Edit
from myna.core.speech import Options, SpeechRequest
from myna.dsp.codec import NativeAudio
from myna.settings import Settings
from myna.studio.editing.edit import EditedRecording, EditRequest
from myna.studio.studio import Studio
from myna.text.spans import find_span

SAID = {
    "en": ("We waited an hour in the rain, but the last bus never came.", "hour", "evening"),
    "ko": ("오늘은 날씨가 맑아서 강가를 따라 오래 걸었습니다.", "강가를", "바다를"),
    "ja": ("きょうは てんきが いいので、かわの そばを ながく あるきました。", "かわの", "うみの"),
    "zh": ("今天天气很好，我们沿着河边走了很久。", "河边", "大街"),
    "yue": ("今日天氣好好，我哋沿住河邊行咗好耐。", "河邊", "大街"),
}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio.open(Settings(home=tmp_path_factory.mktemp("home")))


def recorded(studio: Studio, language: str) -> NativeAudio:
    """Return the sample voice saying the language's sentence, in a room with a little noise."""
    request = SpeechRequest(SAID[language][0], "sample", language, Options(seed=1))
    audio = studio.speak(request).audio
    noise = np.random.default_rng(0).normal(0, 3e-4, len(audio.samples))
    samples = np.round((audio.samples + noise) * 32767).astype(np.int16)
    return NativeAudio(samples[:, None], audio.sample_rate, 16, "wav", "pcm_s16le")


@pytest.fixture(scope="module")
def edited(studio: Studio) -> dict[str, tuple[NativeAudio, EditedRecording]]:
    """One word of each language's recording, changed."""
    made = {}
    for language, (text, old, new) in SAID.items():
        before = recorded(studio, language)
        change = Edit(*find_span(text, old), new)
        made[language] = before, studio.edit(EditRequest(before, text, (change,), language))
    return made


@pytest.mark.parametrize("language", sorted(SAID))
def test_a_word_is_changed_and_the_rest_kept(edited, language: str):
    before, done = edited[language]
    (span,) = done.report.edits
    after = done.recording.samples
    assert np.array_equal(before.samples[: span.start_sample], after[: span.new_start_sample])
    assert np.array_equal(before.samples[span.end_sample :], after[span.new_end_sample :])
    assert done.report.engine == "embedded"
    assert SAID[language][2] in span.new_text
    assert 0.1 < (span.new_end_sample - span.new_start_sample) / before.sample_rate < 1.5
    new = after[span.new_start_sample : span.new_end_sample]
    assert np.std(new) == pytest.approx(np.std(before.samples), rel=0.6)


@pytest.mark.parametrize("language", sorted(SAID))
def test_the_result_says_its_text(studio: Studio, edited, language: str):
    _, done = edited[language]
    assert SAID[language][2] in done.text
    alignment = studio.align(done.recording.audio(), done.text, language)
    assert alignment.cost < 1.25


def test_what_was_edited_can_be_edited_again(studio: Studio, edited):
    _, done = edited["en"]
    again = studio.edit(
        EditRequest(done.recording, done.text, (Edit(*find_span(done.text, "bus"), "train"),), "en")
    )
    (span,) = again.report.edits
    kept = done.recording.samples[: span.start_sample]
    assert np.array_equal(kept, again.recording.samples[: span.new_start_sample])
    assert again.text == "We waited an evening in the rain, but the last train never came."
