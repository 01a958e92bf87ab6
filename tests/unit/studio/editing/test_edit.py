"""Edits with a quick engine: what is kept is kept bit for bit, wherever, however often."""

import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from myna.core.audio import Audio
from myna.core.edit import Edit
from myna.core.errors import (
    BadText,
    InvalidOption,
    SpanTooShort,
    TextMismatch,
    TooLittleContext,
    Unsupported,
    VoiceNotFound,
)
from myna.core.speech import Options, SpeechRequest
from myna.core.timing import TimedText, shifted
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, NativeAudio, decode_native, encode_native
from myna.dsp.resample import resample
from myna.engines.catalog import EngineNotFound
from myna.settings import Settings
from myna.studio.editing.edit import EditedRecording, EditRequest, edit
from myna.studio.studio import Studio
from myna.studio.wiring import open_library
from myna.text.spans import find_span
from tests.unit.engines.doubles import BabbleEngine

TEXTS = {
    "en": "The old farmer sold his brown horse, then he walked home. It was late.",
    "ko": "오늘은 날씨가 맑아서 강가를 오래 걸었습니다. 그리고 집에 왔어요.",
    "ja": "きょうは てんきが いいので、かわの そばを ながく あるきました。",
    "zh": "今天天气很好，我们沿着河边走了很久。",
    "yue": "今日天氣好好，我哋沿住河邊行咗好耐。",
}
NEW_WORDS = {
    "en": "tiny grey cat",
    "ko": "작은 고양이",
    "ja": "ちいさな ねこ",
    "zh": "小猫",
    "yue": "貓仔",
}
VOICE = Voice(Audio.silence(1.0, 16000), "hello", "en")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    home = tmp_path_factory.mktemp("library")
    return Studio(BabbleEngine(), open_library(Settings(home=home)))


@pytest.fixture(scope="module")
def recordings(studio: Studio) -> dict[str, tuple[Audio, tuple[TimedText, ...]]]:
    """A noisy recording per language, with a pause at both ends, and when its words are said."""
    made = {}
    for language, text in TEXTS.items():
        speech = studio.speak(SpeechRequest(text, VOICE, language))
        edge = Audio.silence(0.2, 16000)
        audio = Audio.join([edge, speech.audio, edge])
        noise = np.random.default_rng(1).normal(0, 1e-3, len(audio.samples))
        samples = (audio.samples + noise).astype(np.float32)
        made[language] = Audio(samples, 16000), shifted(speech.words, 0.2)
    return made


def stored(audio: Audio, kind: str, channels: int) -> NativeAudio:
    """Return sound as samples of a kind, the channels at different levels."""
    gains = np.array([1.0, 0.5, -0.25])[:channels]
    fractions = audio.samples[:, None].astype(np.float64) * gains
    depth = {"uint8": 8, "int16": 16, "int24": 24, "int32": 32, "float32": 32, "float64": 64}[kind]
    dtype = "int32" if kind == "int24" else kind
    empty = NativeAudio(np.zeros((0, channels), dtype), audio.sample_rate, depth, "wav", kind)
    return replace(empty, samples=empty.stored(fractions))


def request(
    recordings: dict[str, tuple[Audio, tuple[TimedText, ...]]],
    *edits: Edit,
    language: str = "en",
    **options: object,
) -> EditRequest:
    audio, words = recordings[language]
    recording = stored(audio, "int16", 1)
    made = EditRequest(recording, TEXTS[language], edits, language, VOICE, words=words, takes=1)
    return replace(made, **options)


def assert_the_rest_is_kept(before: NativeAudio, edited: EditedRecording) -> None:
    after = edited.recording
    assert (after.sample_rate, after.bit_depth) == (before.sample_rate, before.bit_depth)
    assert after.samples.dtype == before.samples.dtype
    reached = written = 0
    for span in edited.report.edits:
        kept = before.samples[reached : span.start_sample]
        assert np.array_equal(kept, after.samples[written : span.new_start_sample])
        assert span.start_sample <= span.end_sample
        assert span.new_start_sample <= span.new_end_sample
        reached, written = span.end_sample, span.new_end_sample
    assert np.array_equal(before.samples[reached:], after.samples[written:])


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, tuple[Edit, ...]]:
    """Draw one or two edits anywhere in one of the texts: other words, more, or fewer."""
    language = draw(st.sampled_from(sorted(TEXTS)))
    text = TEXTS[language]
    borders = sorted(draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=4)))
    pairs = list(zip(borders[::2], borders[1::2], strict=False))
    new = draw(st.lists(st.sampled_from(["", NEW_WORDS[language]]), min_size=2, max_size=2))
    return language, tuple(Edit(*pair, text) for pair, text in zip(pairs, new, strict=False))


@settings(
    max_examples=220, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    change=changes(),
    kind=st.sampled_from(["uint8", "int16", "int24", "int32", "float32", "float64"]),
    sample_rate=st.sampled_from([8000, 16000, 22050, 44100, 48000]),
    channels=st.integers(1, 3),
    margin=st.sampled_from([0.0, 0.005, 0.02]),
)
def test_every_sample_outside_the_spans_is_kept(
    studio: Studio, recordings, change, kind: str, sample_rate: int, channels: int, margin: float
):
    language, edits = change
    audio, words = recordings[language]
    before = stored(resample(audio, sample_rate), kind, channels)
    asked = EditRequest(
        before, TEXTS[language], edits, language, VOICE, margin=margin, takes=1, words=words
    )
    try:
        edited = edit(studio, asked)
    except (BadText, SpanTooShort, TooLittleContext, InvalidOption):
        return
    assert_the_rest_is_kept(before, edited)
    written = decode_native(encode_native(edited.recording, AudioFormat.WAV))
    assert np.array_equal(written.samples, edited.recording.samples)


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_words_are_replaced_in_every_language(studio: Studio, recordings, language: str):
    word = recordings[language][1][3].text
    start, end = TEXTS[language].index(word), TEXTS[language].index(word) + len(word)
    edited = edit(
        studio, request(recordings, Edit(start, end, NEW_WORDS[language]), language=language)
    )
    (span,) = edited.report.edits
    assert (span.old_text, span.new_text) == (word, NEW_WORDS[language])
    middle = (recordings[language][1][3].start + recordings[language][1][3].end) / 2
    assert span.start_sample / 16000 < middle < span.end_sample / 16000
    assert NEW_WORDS[language] in edited.text
    assert edited.report.engine == "babble"
    assert len(span.take_scores) == 1


def test_new_words_are_said_among_those_around_them(studio: Studio, recordings):
    edit(studio, request(recordings, Edit(*find_span(TEXTS["en"], "brown"), "white")))
    said = studio.engine.said[-1]
    assert said == "farmer sold his white horse, then he walked" or "his white horse" in said


@pytest.mark.parametrize(
    ("start", "end", "new", "text"),
    [
        (0, 0, "Once", "Once The old farmer sold"),
        (4, 4, "very", "The very old farmer sold"),
        (0, 4, "", "old farmer sold"),
        (4, 8, "", "The farmer sold"),
        (4, 14, "young man", "The young man sold"),
        (5, 6, "", "The od farmer sold"),
    ],
)
def test_words_come_and_go_at_the_start_and_in_the_middle(
    studio: Studio, recordings, start: int, end: int, new: str, text: str
):
    asked = request(recordings, Edit(start, end, new))
    edited = edit(studio, asked)
    assert edited.text.startswith(text)
    assert_the_rest_is_kept(asked.recording, edited)


@pytest.mark.parametrize("old", ["late", "It was late."])
def test_words_go_at_the_end(studio: Studio, recordings, old: str):
    start = TEXTS["en"].index(old)
    asked = request(recordings, Edit(start, start + len(old), ""))
    edited = edit(studio, asked)
    assert_the_rest_is_kept(asked.recording, edited)
    assert len(edited.recording.samples) < len(asked.recording.samples)
    assert edited.report.engine == ""


def test_words_are_added_at_the_end(studio: Studio, recordings):
    asked = request(recordings, Edit(len(TEXTS["en"]), len(TEXTS["en"]), "And dark."))
    edited = edit(studio, asked)
    assert_the_rest_is_kept(asked.recording, edited)
    assert edited.text.endswith("It was late.And dark.") or edited.text.endswith("late. And dark.")
    assert edited.report.edits[0].start_sample / 16000 > recordings["en"][1][-1].end - 0.05


def test_two_edits_in_one_call_are_reported_in_order(studio: Studio, recordings):
    edits = (
        Edit(*find_span(TEXTS["en"], "late"), "early"),
        Edit(*find_span(TEXTS["en"], "old"), "young"),
    )
    asked = request(recordings, *edits)
    edited = edit(studio, asked)
    assert [span.new_text for span in edited.report.edits] == ["young", "early"]
    assert_the_rest_is_kept(asked.recording, edited)
    assert edited.text.startswith("The young farmer") and edited.text.endswith("It was early.")


def test_a_part_of_a_word_says_the_whole_word_anew(studio: Studio, recordings):
    start = TEXTS["ko"].index("날씨")
    edited = edit(studio, request(recordings, Edit(start, start + 2, "바람"), language="ko"))
    assert edited.report.edits[0].new_text == "바람가"
    assert edited.report.edits[0].old_text == "날씨가"


def test_offsets_land_on_whole_characters(studio: Studio, recordings):
    text = unicodedata.normalize("NFD", TEXTS["ko"])
    words = tuple(
        replace(word, text=unicodedata.normalize("NFD", word.text)) for word in recordings["ko"][1]
    )
    asked = request(recordings, Edit(1, 2, "내일"), language="ko", text=text, words=words)
    edited = edit(studio, asked)
    assert unicodedata.normalize("NFC", edited.text).startswith("내일")


def test_takes_differ_and_the_best_is_used(studio: Studio, recordings):
    asked = request(recordings, Edit(*find_span(TEXTS["en"], "brown"), "white"), takes=3)
    (span,) = edit(studio, asked).report.edits
    assert len(span.take_scores) == 3
    assert list(span.take_scores) == sorted(span.take_scores)


def test_the_same_seed_gives_the_same_samples(studio: Studio, recordings):
    change = Edit(*find_span(TEXTS["en"], "brown"), "white")
    one, same, other = (
        edit(studio, request(recordings, change, options=Options(seed=seed))).recording.samples
        for seed in (5, 5, 6)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_each_channel_keeps_its_level_and_its_side(studio: Studio, recordings):
    before = stored(recordings["en"][0], "float32", 3)
    change = Edit(*find_span(TEXTS["en"], "brown"), "white")
    edited = edit(studio, request(recordings, change, recording=before))
    (span,) = edited.report.edits
    new = edited.recording.samples[span.new_start_sample : span.new_end_sample]
    first, second, third = new.T
    assert np.corrcoef(first, second)[0, 1] > 0.9
    assert np.corrcoef(first, third)[0, 1] < -0.9
    assert np.std(second) / np.std(first) == pytest.approx(0.5, rel=0.1)


def test_channels_that_cancel_each_other_are_still_edited(studio: Studio, recordings):
    audio = recordings["en"][0]
    opposite = np.stack([audio.samples, -audio.samples], axis=1)
    before = NativeAudio(opposite, 16000, 32, "wav", "pcm_f32le")
    change = Edit(*find_span(TEXTS["en"], "brown"), "white")
    edited = edit(studio, request(recordings, change, recording=before))
    assert_the_rest_is_kept(before, edited)
    (span,) = edited.report.edits
    new = edited.recording.samples[span.new_start_sample : span.new_end_sample]
    assert np.abs(new).max() > 0.01


def test_equal_channels_stay_equal(studio: Studio, recordings):
    audio = recordings["en"][0]
    before = NativeAudio(np.stack([audio.samples] * 2, axis=1), 16000, 32, "wav", "pcm_f32le")
    change = Edit(*find_span(TEXTS["en"], "brown"), "white")
    after = edit(studio, request(recordings, change, recording=before)).recording.samples
    assert np.array_equal(after[:, 0], after[:, 1])


def test_the_background_goes_on_under_new_words(studio: Studio, recordings):
    change = Edit(*find_span(TEXTS["en"], "horse"), "dog, cat")
    edited = edit(
        studio, request(recordings, change, recording=stored(recordings["en"][0], "float32", 1))
    )
    (span,) = edited.report.edits
    new = edited.recording.samples[span.new_start_sample : span.new_end_sample, 0]
    windows = new[: len(new) // 80 * 80].reshape(-1, 80).std(axis=1)
    assert 5e-4 < windows.min() < 2e-3  # the recording's noise has a deviation of 1e-3


def test_new_words_are_as_loud_as_those_around_them(studio: Studio, recordings):
    audio, words = recordings["en"]
    quiet = stored(Audio(audio.samples * np.float32(0.1), 16000), "float32", 1)
    word = words[5]
    edited = edit(
        studio,
        request(recordings, Edit(*find_span(TEXTS["en"], "brown"), "brown"), recording=quiet),
    )
    (span,) = edited.report.edits
    new = edited.recording.samples[span.new_start_sample : span.new_end_sample, 0]
    old = quiet.samples[round(word.start * 16000) : round(word.end * 16000), 0]
    assert 20 * np.log10(np.abs(new).max() / np.abs(old).max()) == pytest.approx(0, abs=3)


def test_a_recording_speaks_its_own_new_words(studio: Studio, recordings):
    heard: list[Voice] = []

    class Listening(BabbleEngine):
        def speak(self, utterance, voice):
            heard.append(voice)
            return super().speak(utterance, voice)

    listening = Studio(Listening(), studio.voices)
    change = Edit(*find_span(TEXTS["en"], "brown"), "white")
    edit(listening, request(recordings, change, voice=None))
    voice = heard[0]
    assert voice.language == "en"
    assert "brown" not in voice.transcript
    assert voice.transcript and voice.transcript in TEXTS["en"].replace("brown ", "")
    assert voice.reference.duration >= 1.0


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"edits": (Edit(0, 70, "All new words here"),), "voice": None}, TooLittleContext, "voice"),
        ({"edits": (Edit(0, 70, ""),)}, TooLittleContext, "keep at least one word"),
        ({"edits": (Edit(0, 99, "x"),)}, InvalidOption, "70 characters"),
        ({"edits": (Edit(4, 7, "a"), Edit(6, 9, "b"))}, InvalidOption, "overlap"),
        ({"edits": (Edit(4, 5, "a"), Edit(6, 7, "b"))}, InvalidOption, "one edit"),
        ({"edits": (Edit(35, 36, ";"),)}, BadText, "changes no word"),
        ({"edits": (Edit(4, 7, "?!"),)}, BadText, "nothing to say"),
        ({"voice": "nobody"}, VoiceNotFound, "'nobody'"),
        ({"engine": "nothing"}, EngineNotFound, "'nothing'"),
        ({"language": "fr"}, Unsupported, "'fr'"),
    ],
)
def test_what_cannot_be_done_is_named(studio: Studio, recordings, options, error, said: str):
    asked = request(recordings, Edit(4, 7, "young"))
    with pytest.raises(error, match=said):
        edit(studio, replace(asked, **options))


@pytest.mark.parametrize(
    ("options", "said"),
    [({"edits": ()}, "edits"), ({"takes": 0}, "takes"), ({"margin": 0.5}, "margin")],
)
def test_a_request_out_of_range_cannot_be_made(recordings, options, said: str):
    with pytest.raises(InvalidOption, match=said):
        replace(request(recordings, Edit(4, 7, "young")), **options)


def test_a_word_without_sound_is_too_short_to_replace(studio: Studio, recordings):
    squeezed = tuple(
        replace(word, start=0.01 * index, end=0.01 * index + 0.005)
        for index, word in enumerate(recordings["en"][1])
    )
    with pytest.raises(SpanTooShort, match="'farmer'"):
        edit(studio, request(recordings, Edit(8, 14, "fox"), words=squeezed))


def test_a_recording_of_other_words_is_refused(settings: Settings, sample: Voice):
    before = stored(sample.reference, "int16", 1)
    text = "Nothing of this is said at all, not one single word, however long you may listen to it."
    with pytest.raises(TextMismatch):
        edit(Studio.open(settings), EditRequest(before, text, (Edit(0, 7, "Much"),), "en"))
