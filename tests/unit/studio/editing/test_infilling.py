"""Edits by engines that hear both sides of what is changed."""

import logging
import random
from pathlib import Path

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.edit import Edit
from myna.core.errors import EngineBusy, MynaError, SpanTooShort, TooLittleContext
from myna.core.speech import Options, SpeechRequest
from myna.core.timing import TimedText, shifted
from myna.core.voice import Voice
from myna.dsp.codec import NativeAudio, decode_native
from myna.engines.fallback import FallbackEngine
from myna.settings import Settings
from myna.studio.editing.edit import EditedRecording, EditRequest
from myna.studio.studio import Studio
from myna.studio.wiring import SAMPLE_TRANSCRIPT, open_library
from myna.text.spans import find_span
from tests.unit.engines.doubles import BabbleEngine, FillingEngine
from tests.unit.engines.gpt_sovits.tiny_engine import tiny_engine

TEXT = "The old farmer sold his brown horse, then he walked home. It was late."
VOICE = Voice(Audio.silence(1.0, 16000), "hello", "en")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("library"))


def studio_with(home: Settings, *engines: BabbleEngine) -> Studio:
    chain = FallbackEngine(engines)
    return Studio(chain, open_library(home), engines={engine.name: engine for engine in engines})


@pytest.fixture(scope="module")
def recorded(home: Settings) -> tuple[NativeAudio, tuple[TimedText, ...]]:
    """Buzzes for words, with a pause at both ends, and when they are."""
    speech = studio_with(home, BabbleEngine()).speak(SpeechRequest(TEXT, VOICE, "en"))
    edge = Audio.silence(0.2, 16000)
    samples = Audio.join([edge, speech.audio, edge]).samples
    noise = np.random.default_rng(1).normal(0, 1e-3, len(samples))
    stored = np.round((samples + noise) * 32767).astype(np.int16)[:, None]
    return NativeAudio(stored, 16000, 16, "wav", "pcm_s16le"), shifted(speech.words, 0.2)


def asked(recorded: tuple[NativeAudio, tuple[TimedText, ...]], *edits: Edit, **options: object):
    recording, words = recorded
    given: dict = {"words": words, "takes": 2, "options": Options(seed=4), **options}
    return EditRequest(recording, TEXT, edits, "en", VOICE, **given)


def swap(old: str, new: str, text: str = TEXT) -> Edit:
    return Edit(*find_span(text, old), new)


def assert_the_rest_is_kept(before: NativeAudio, edited: EditedRecording) -> None:
    after = edited.recording.samples
    reached = written = 0
    for span in edited.report.edits:
        kept = before.samples[reached : span.start_sample]
        assert np.array_equal(kept, after[written : span.new_start_sample])
        reached, written = span.end_sample, span.new_end_sample
    assert np.array_equal(before.samples[reached:], after[written:])


def test_the_engine_is_given_both_sides_and_their_words(home: Settings, recorded) -> None:
    engine = FillingEngine()
    edited = studio_with(home, engine).edit(asked(recorded, swap("brown horse", "grey cat")))
    gap = engine.gaps[0]
    assert (gap.before_text, gap.new_text) == ("The old farmer sold his ", "grey cat")
    assert gap.after_text.startswith(", then he walked")
    assert gap.text in edited.text
    recording, words = recorded
    said = {word.text: word for word in words}
    assert gap.before.duration == pytest.approx(said["his"].end - said["The"].start, abs=0.3)
    assert gap.after.duration <= 3.1
    assert [made.options.seed for made in engine.gaps] == [4, 5]
    assert engine.said == [], "nothing had to be spoken"
    assert edited.report.engine == "filling"
    (span,) = edited.report.edits
    assert list(span.take_scores) == sorted(span.take_scores)
    assert_the_rest_is_kept(recording, edited)


def test_both_sides_end_where_another_edit_begins(home: Settings, recorded) -> None:
    engine = FillingEngine()
    edits = swap("sold", "bought"), swap("walked", "ran")
    edited = studio_with(home, engine).edit(asked(recorded, *edits, takes=1))
    assert [gap.text for gap in engine.gaps] == [
        "The old farmer bought his brown horse, then he",
        "his brown horse, then he ran home. It was late.",
    ]
    assert_the_rest_is_kept(recorded[0], edited)


@pytest.mark.parametrize(
    ("edit", "texts"),
    [
        (Edit(0, 0, "Yesterday"), ("", "Yesterday", " The old farmer sold his brown horse,")),
        (Edit(len(TEXT), len(TEXT), "Good night."), (" late. ", "Good night.", "")),
        (swap("It was late.", ""), None),
    ],
)
def test_insertions_have_one_side_and_deletions_need_no_engine(
    home: Settings, recorded, edit: Edit, texts: tuple[str, str, str] | None
) -> None:
    engine = FillingEngine()
    edited = studio_with(home, engine).edit(asked(recorded, edit))
    assert_the_rest_is_kept(recorded[0], edited)
    if texts is None:
        assert engine.gaps == []
        return
    gap = engine.gaps[0]
    assert gap.new_text == texts[1]
    assert gap.before_text.endswith(texts[0])
    assert gap.after_text.startswith(texts[2])
    assert bool(len(gap.before.samples)) == bool(texts[0])
    assert bool(len(gap.after.samples)) == bool(texts[2])


def test_where_an_engine_cannot_fill_the_words_are_spoken(
    home: Settings, recorded, caplog: pytest.LogCaptureFixture
) -> None:
    failing, spare = FillingEngine(EngineBusy("full")), BabbleEngine()
    studio = studio_with(home, failing, spare)
    with caplog.at_level(logging.WARNING):
        edited = studio.edit(asked(recorded, swap("brown", "grey")))
    assert edited.report.engine == "babble"
    assert "could not fill a gap" in caplog.text
    assert_the_rest_is_kept(recorded[0], edited)
    with pytest.raises(EngineBusy):
        studio.edit(asked(recorded, swap("brown", "grey"), engine="filling"))


@pytest.mark.parametrize("engine", [FillingEngine(), BabbleEngine()])
def test_new_words_shorter_than_the_fades_are_refused(
    home: Settings, recorded, engine: BabbleEngine
) -> None:
    with pytest.raises(SpanTooShort, match="'a' came too short"):
        studio_with(home, engine).edit(asked(recorded, swap("brown", "a"), margin=0.2))


# ---- GPT-SoVITS ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v2Pro", "v3", "v4"])
def test_gpt_sovits_keeps_every_sample_outside_wherever_it_edits(
    home: Settings, tmp_path: Path, sample_file: bytes, version: str
) -> None:
    studio = Studio(tiny_engine(tmp_path, version), open_library(home))
    recording = decode_native(sample_file)
    words = studio.align(recording.audio(), SAMPLE_TRANSCRIPT, "en").words
    generator = random.Random(5)
    done = 0
    for number in range(4):
        first, last = sorted(generator.sample(range(len(SAMPLE_TRANSCRIPT) + 1), 2))
        edit = Edit(first, min(last, first + 12), generator.choice(["tiny grey cat", "nine owls"]))
        request = EditRequest(
            recording,
            SAMPLE_TRANSCRIPT,
            (edit,),
            "en",
            options=Options(seed=number, sample_steps=1, retries=0),
            takes=1,
            words=words,
        )
        try:
            edited = studio.edit(request)
        except (SpanTooShort, TooLittleContext):
            continue
        assert_the_rest_is_kept(recording, edited)
        assert edited.report.engine == "gpt-sovits"
        done += 1
    assert done >= 2


def test_what_a_version_cannot_do_is_told(home: Settings, tmp_path: Path, sample: Voice) -> None:
    """v4 continues the voice's reference, so one without words is refused, whatever it fills."""
    studio = Studio(tiny_engine(tmp_path, "v4"), open_library(home))
    samples = np.round(sample.reference.samples * 32767).astype(np.int16)[:, None]
    recording = NativeAudio(samples, sample.reference.sample_rate, 16, "wav", "pcm_s16le")
    silent = Voice(sample.reference, "", "en")
    edit = swap("write", "type", SAMPLE_TRANSCRIPT)
    with pytest.raises(MynaError, match="transcript"):
        studio.edit(EditRequest(recording, SAMPLE_TRANSCRIPT, (edit,), "en", silent))
