from collections.abc import Generator, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from myna.core.audio import Audio
from myna.core.engine import Engine
from myna.core.errors import BadText, TextTooLong, Unsupported, VoiceNotFound
from myna.core.playback import NOBODY_LISTENS, NOTHING_HEARD
from myna.core.speech import Chunk, Options, Pause, SpeechRequest, TextPiece, Utterance
from myna.core.timing import TimedText
from myna.core.voice import Voice
from myna.engines.cached import CachedEngine
from myna.engines.catalog import EngineNotFound
from myna.engines.embedded.engine import EmbeddedEngine
from myna.engines.fallback import FallbackEngine
from myna.settings import LimitSettings, Settings
from myna.storage.results import ResultFolder
from myna.studio.studio import Studio
from myna.studio.wiring import open_library
from tests.conftest import tone
from tests.unit.engines.doubles import BrokenEngine, HeedfulEngine, SlowEngine, ToneEngine


@pytest.fixture
def open_studio(settings: Settings):
    def open_with(engine: Engine, **limits: int) -> Studio:
        return Studio(engine, open_library(settings), limits=LimitSettings(**limits))

    return open_with


def test_a_new_library_starts_with_the_sample_voice(settings: Settings, sample: Voice):
    library = open_library(settings)
    assert [record.name for record in library.list()] == ["sample"]
    assert library.get("sample").id == sample.id
    library.remove("sample")
    assert open_library(settings).list() == []


def test_speaking_is_joining_the_stream(open_studio):
    studio = open_studio(ToneEngine())
    request = SpeechRequest("가나. 다라.", "sample")
    streamed = b"".join(chunk.audio.pcm16() for chunk in studio.stream(request))
    assert studio.speak(request).audio.pcm16() == streamed


@pytest.mark.parametrize("piece", [b"bytes", 5, None])
def test_a_piece_that_is_no_text_is_refused(open_studio, piece: object):
    pieces: list = ["One. ", piece]  # what typing would not let through
    with pytest.raises(BadText, match="Give strings"):
        list(open_studio(ToneEngine()).stream(SpeechRequest(pieces, "sample")))


def test_sentences_of_one_speech_are_played_one_after_the_other(open_studio, sample: Voice):
    studio = open_studio(ToneEngine())
    request = SpeechRequest("가나. 다라.", sample)
    first, second = studio.utterances(request, sample)
    assert first.playback is second.playback
    assert first.playback.deadline == NOTHING_HEARD
    (other, *_) = studio.utterances(request, sample)
    assert other.playback is not first.playback
    (whole, *_) = studio.utterances(replace(request, whole=True), sample)
    assert whole.playback.deadline == NOBODY_LISTENS


def test_an_unknown_voice_fails_before_streaming(open_studio):
    with pytest.raises(VoiceNotFound, match="'nobody'"):
        open_studio(ToneEngine()).stream(SpeechRequest("hi", "nobody"))


def test_an_unknown_engine_fails_before_streaming(open_studio):
    with pytest.raises(EngineNotFound, match=r"'cosyvoice' is not in use.*setting `engines`"):
        open_studio(ToneEngine()).stream(SpeechRequest("hi", "sample", engine="cosyvoice"))
    with pytest.raises(EngineNotFound, match="'fast'"):
        open_studio(ToneEngine()).stream(SpeechRequest("hi", "sample", engine="fast"))


def test_a_language_nobody_speaks_fails_before_streaming(open_studio):
    with pytest.raises(Unsupported, match="'fr'"):
        open_studio(ToneEngine()).stream(SpeechRequest("bonjour", "sample", language="fr"))


@pytest.mark.parametrize("text", ["", "  \n ", "🙂🙂", "…!?", "\x00", "\ud800"])
def test_text_without_anything_to_say_is_refused(open_studio, text: str):
    with pytest.raises(BadText, match="nothing to say"):
        open_studio(ToneEngine()).stream(SpeechRequest(text, "sample"))


def test_arriving_text_without_anything_to_say_is_refused_at_its_end(open_studio):
    stream = open_studio(ToneEngine()).stream(SpeechRequest(iter(["  ", "\n"]), "sample"))
    with pytest.raises(BadText):
        list(stream)


def test_a_text_over_the_bound_is_refused_whole_or_arriving(open_studio):
    studio = open_studio(ToneEngine(), text_characters=20)
    with pytest.raises(TextTooLong, match=r"21 .* 20 "):
        studio.stream(SpeechRequest("가" * 21, "sample"))
    with pytest.raises(TextTooLong):
        list(studio.stream(SpeechRequest(iter(["가나다라. "] * 10), "sample")))


def test_the_first_sentence_is_spoken_before_the_second_is_written(open_studio):
    def typing() -> Iterator[TextPiece]:
        yield "하나. "
        raise AssertionError("asked for more text than needed")

    stream = open_studio(ToneEngine()).stream(SpeechRequest(typing(), "sample"))
    assert next(stream).audio.duration > 0


def test_a_pause_speaks_what_is_there(open_studio):
    engine = ToneEngine()

    def typing() -> Iterator[TextPiece]:
        yield "한 마디"
        yield Pause.FLUSH
        assert engine.said == ["한 마디"]
        yield " 더."

    open_studio(engine).speak(SpeechRequest(typing(), "sample"))
    assert engine.said == ["한 마디", "더."]


def test_sentences_are_counted_and_a_pause_lies_between_them(open_studio):
    studio = open_studio(ToneEngine())
    options = Options(sentence_pause=0.5)
    chunks = list(studio.stream(SpeechRequest("가. 나. 다.", "sample", options=options)))
    assert sorted({chunk.sentence for chunk in chunks}) == [0, 1, 2]
    said = sum(chunk.audio.duration for chunk in chunks)
    assert said == pytest.approx(3 * 2 * 0.05 + 2 * 0.5)


def test_a_sentence_at_another_rate_is_brought_to_the_first(open_studio):
    class Switching(ToneEngine):
        def speak(self, utterance, voice):
            rate = 16000 if utterance.text.startswith("가") else 24000
            yield from ToneEngine(sample_rate=rate).speak(utterance, voice)

    chunks = list(open_studio(Switching()).stream(SpeechRequest("가나. 다라.", "sample")))
    assert {chunk.audio.sample_rate for chunk in chunks} == {16000}
    seconds = sum(chunk.audio.duration for chunk in chunks)
    assert seconds == pytest.approx(6 * 0.05 + 0.25, abs=0.001)


def test_changing_one_sentence_only_speaks_that_one(open_studio, tmp_path: Path):
    engine = ToneEngine()
    studio = open_studio(CachedEngine(engine, ResultFolder(tmp_path / "r", 10_000_000)))
    studio.speak(SpeechRequest("하나. 둘. 셋.", "sample"))
    studio.speak(SpeechRequest("하나. 두울. 셋.", "sample"))
    assert engine.said == ["하나.", "둘.", "셋.", "두울."]


def test_who_spoke_is_told(open_studio):
    studio = open_studio(FallbackEngine([BrokenEngine(), ToneEngine()]))
    assert studio.speak(SpeechRequest("가. 나.", "sample")).engines == ("tone",)


def test_closing_the_stream_stops_the_engine(open_studio):
    engine = SlowEngine(seconds_per_chunk=0.0)
    stream = open_studio(FallbackEngine([engine])).stream(SpeechRequest("가.", "sample"))
    next(stream)
    stream.close()
    assert engine.closed.is_set()
    assert engine.made == 1


def test_word_times_count_from_the_start_of_the_speech(settings: Settings):
    studio = Studio.open(settings)
    request = SpeechRequest("Tea is ready. The kettle is on.", "sample", timestamps=True)
    speech = studio.speak(request)
    assert [word.text for word in speech.words] == [
        "Tea",
        "is",
        "ready",
        "The",
        "kettle",
        "is",
        "on",
    ]
    assert all(a.end <= b.start + 1e-6 for a, b in pairwise(speech.words))
    assert speech.words[-1].end <= speech.audio.duration
    assert speech.words[3].start > speech.words[2].end + 0.2  # the pause between sentences


class GuessingEngine(ToneEngine):
    """Makes sound that no aligner finds its words in, and takes them to be somewhere."""

    def __init__(self, speaks: Engine, *guess: TimedText) -> None:
        super().__init__("guessing", speaks.capabilities.sample_rate)
        self._speaks = speaks
        self._guess = guess

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        guess = self._guess
        for chunk in self._speaks.speak(utterance, voice):
            yield replace(chunk, words=(), estimated=guess)
            guess = ()


GUESS = TimedText("kettle", 0.04, 0.4)


def test_an_engines_estimate_counts_where_the_aligner_is_in_doubt(open_studio):
    request = SpeechRequest("The kettle is on. And on.", "sample", timestamps=True)
    assert open_studio(GuessingEngine(ToneEngine(), GUESS)).speak(request).words[0] == GUESS
    assert open_studio(GuessingEngine(ToneEngine())).speak(request).words[0].text == "The"


class HurriedEngine(ToneEngine):
    """Leaves no time for words."""

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        yield Chunk(tone(0.12))


class SilentEngine(ToneEngine):
    """Says nothing, for a while."""

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        yield Chunk(Audio.silence(2.0, 16000))


@pytest.mark.parametrize("engine", [HurriedEngine(), SilentEngine()])
def test_a_sentence_in_which_nobody_finds_the_words_has_the_estimate_or_no_times(
    open_studio, engine: Engine, caplog: pytest.LogCaptureFixture
):
    request = SpeechRequest("The kettle is on, and on, " * 4, "sample", timestamps=True)
    assert open_studio(GuessingEngine(engine, GUESS)).speak(request).words == (GUESS,)
    assert not caplog.text
    speech = open_studio(GuessingEngine(engine)).speak(request)
    assert speech.words == ()
    assert len(speech.audio.samples)
    assert "not timed" in caplog.text


def test_engines_are_told_whether_words_are_to_be_timed_and_the_cache_is_not(
    open_studio, tmp_path: Path
):
    engine = HeedfulEngine()
    studio = open_studio(CachedEngine(engine, ResultFolder(tmp_path / "results", 10_000_000)))
    request = SpeechRequest("One. Two.", "sample")
    list(studio.stream(replace(request, timestamps=True)))
    assert [utterance.timed for utterance in engine.heard] == [True, True]
    assert all(chunk.cached for chunk in studio.stream(request) if chunk.sentence == 1)
    assert len(engine.heard) == 2


def test_what_the_aligner_finds_counts_more_than_an_engines_estimate(open_studio):
    request = SpeechRequest("The kettle is on, and tea is ready.", "sample", timestamps=True)
    words = open_studio(GuessingEngine(EmbeddedEngine(), GUESS)).speak(request).words
    assert [word.text for word in words] == [
        "The",
        "kettle",
        "is",
        "on",
        "and",
        "tea",
        "is",
        "ready",
    ]


def test_an_estimate_counts_from_the_start_of_the_speech(open_studio):
    studio = open_studio(GuessingEngine(ToneEngine(), GUESS))
    chunks = list(studio.stream(SpeechRequest("One. Two.", "sample")))
    before = sum(chunk.audio.duration for chunk in chunks if chunk.sentence == 0)
    first, second = (chunk.estimated[0] for chunk in chunks if chunk.estimated)
    assert first == GUESS
    assert second.start == pytest.approx(before + 0.25 + GUESS.start)
