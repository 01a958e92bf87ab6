import threading
from pathlib import Path

import pytest

from myna.core.engine import Capabilities
from myna.core.errors import BadText, SynthesisFailed
from myna.core.speech import Options, SpeechRequest
from myna.core.voice import Voice
from myna.engines.cached import CachedEngine
from myna.engines.fallback import FallbackEngine
from myna.settings import Settings
from myna.storage.results import ResultFolder
from myna.studio.preparation import ATTEMPTS, Outcome, plan, prepare
from myna.studio.studio import Studio
from myna.studio.wiring import open_library
from tests.unit.engines.doubles import BrokenEngine, ToneEngine

PHRASES = ["약 드실 시간이에요. 물도 드세요.", "", "Good morning. 물도 드세요.", "…"]


@pytest.fixture
def results(tmp_path: Path) -> ResultFolder:
    return ResultFolder(tmp_path / "results", 10_000_000)


@pytest.fixture
def open_studio(settings: Settings, results: ResultFolder):
    def open_with(*engines: ToneEngine) -> Studio:
        cached = [CachedEngine(engine, results) for engine in engines]
        return Studio(FallbackEngine(cached), open_library(settings))

    return open_with


def prepared(studio: Studio, voice: Voice, phrases: list[str] = PHRASES, jobs: int = 3):
    utterances = plan(studio, phrases, SpeechRequest("", voice))
    return list(prepare([studio.engine], utterances, voice, jobs))


def test_what_was_prepared_is_later_replayed_whoever_asks(open_studio, sample: Voice):
    engine = ToneEngine()
    studio = open_studio(engine)
    done = prepared(studio, sample)
    assert {one.outcome for one in done} == {Outcome.MADE}
    assert sorted(engine.said) == sorted({"약 드실 시간이에요.", "물도 드세요.", "Good morning."})
    options = Options(sentence_pause=1.0)
    arriving = SpeechRequest(iter("약 드실 시간이에요. 물도 드세요."), "sample", options=options)
    heard = [*studio.stream(arriving), *studio.stream(SpeechRequest(PHRASES[2], "sample"))]
    studio.speak(SpeechRequest(PHRASES[0], "sample"))
    assert all(chunk.cached for chunk in heard)
    assert len(engine.said) == 3


def test_an_interrupted_preparation_goes_on_where_it_was(open_studio, sample: Voice):
    engine = ToneEngine()
    studio = open_studio(engine)
    utterances = plan(studio, PHRASES, SpeechRequest("", sample))
    running = prepare([studio.engine], utterances, sample, 1)
    next(running)
    running.close()
    made = len(engine.said)
    assert 1 <= made <= 3
    outcomes = [one.outcome for one in prepared(studio, sample)]
    assert (outcomes.count(Outcome.THERE), outcomes.count(Outcome.MADE)) == (made, 3 - made)
    assert len(engine.said) == 3


def test_a_sentence_only_a_fallback_can_say_is_not_prepared(open_studio, sample: Voice):
    spare = ToneEngine()
    studio = open_studio(BrokenEngine(), spare)
    done = prepared(studio, sample)
    assert {one.outcome for one in done} == {Outcome.FAILED}
    assert "'tone'" in done[0].problem


def test_an_engine_that_fails_is_told_sentence_by_sentence(open_studio, sample: Voice):
    engine = BrokenEngine(after=1)
    done = prepared(open_studio(engine), sample)
    assert [(one.outcome, one.problem) for one in done] == [
        (Outcome.FAILED, "broken on purpose")
    ] * 3
    assert len(engine.said) == 3 * ATTEMPTS


def test_an_engine_that_has_to_warm_up_gets_another_chance(open_studio, sample: Voice):
    class Cold(ToneEngine):
        def speak(self, utterance, voice):
            yield from super().speak(utterance, voice)
            if len(self.said) < ATTEMPTS:
                raise SynthesisFailed("still learning the voice")

    assert {one.outcome for one in prepared(open_studio(Cold()), sample)} == {Outcome.MADE}


def test_each_sentence_is_said_by_the_first_engine_of_its_language(open_studio, sample: Voice):
    korean, both = ToneEngine(), ToneEngine()
    korean.capabilities = Capabilities(frozenset({"ko"}), 16000)
    utterances = plan(open_studio(both), PHRASES, SpeechRequest("", sample))
    done = list(prepare([korean, both], utterances, sample, 1))
    assert {one.outcome for one in done} == {Outcome.MADE}
    assert both.said == ["Good morning."]
    alone = {one.text: one.problem for one in prepare([korean], utterances, sample, 1)}
    assert alone["Good morning."] == "no engine speaks 'en'"


def test_several_sentences_are_made_at_a_time(open_studio, sample: Voice):
    together = threading.Barrier(3, timeout=10)

    class Meeting(ToneEngine):
        def speak(self, utterance, voice):
            together.wait()  # broken unless all three are being made
            yield from super().speak(utterance, voice)

    assert {one.outcome for one in prepared(open_studio(Meeting()), sample)} == {Outcome.MADE}


def test_phrases_without_a_word_are_refused(open_studio, sample: Voice):
    with pytest.raises(BadText):
        prepared(open_studio(ToneEngine()), sample, ["", "…"])
