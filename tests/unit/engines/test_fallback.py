from collections.abc import Generator
from pathlib import Path

import pytest

from myna.core.engine import ArrivingUtterance
from myna.core.errors import AllEnginesFailed, SynthesisFailed, Unsupported
from myna.core.infill import Gap
from myna.core.speech import Chunk, Options, TextPiece, Utterance
from myna.core.voice import Voice
from myna.engines.cached import CachedEngine
from myna.engines.fallback import FallbackEngine
from myna.storage.results import ResultFolder
from tests.conftest import tone
from tests.unit.engines.doubles import ArrivingEngine, BrokenEngine, FillingEngine, ToneEngine

HELLO = Utterance("가나", "ko")


def test_the_next_engine_speaks_when_the_first_cannot(sample: Voice):
    chain = FallbackEngine([BrokenEngine(), ToneEngine()])
    assert {chunk.engine for chunk in chain.speak(HELLO, sample)} == {"tone"}


def test_a_sentence_already_heard_is_not_repeated_in_another_voice(sample: Voice):
    spare = ToneEngine()
    with pytest.raises(SynthesisFailed, match="broken on purpose"):
        list(FallbackEngine([BrokenEngine(after=1), spare]).speak(HELLO, sample))
    assert spare.said == []


def test_a_failed_engine_rests_and_is_then_tried_again(sample: Voice):
    broken, spare = BrokenEngine(), ToneEngine()
    chain = FallbackEngine([broken, spare])
    list(chain.speak(HELLO, sample))
    list(chain.speak(HELLO, sample))
    assert len(broken.said) == 1
    impatient = FallbackEngine([broken, spare], cooldown=0.0)
    list(impatient.speak(HELLO, sample))
    list(impatient.speak(HELLO, sample))
    assert len(broken.said) == 3


def test_a_resting_engine_is_still_the_last_resort(sample: Voice):
    broken = BrokenEngine()
    chain = FallbackEngine([broken])
    for _ in range(2):
        with pytest.raises(SynthesisFailed):
            list(chain.speak(HELLO, sample))
    assert len(broken.said) == 2


def test_when_all_fail_each_reason_is_told(sample: Voice):
    with pytest.raises(AllEnginesFailed, match="broken on purpose; broken on purpose") as caught:
        list(FallbackEngine([BrokenEngine(), BrokenEngine()]).speak(HELLO, sample))
    assert len(caught.value.failures) == 2


def test_a_callers_mistake_does_not_fall_back(sample: Voice):
    engine = ToneEngine()
    with pytest.raises(Unsupported, match="'ja'"):
        list(FallbackEngine([engine]).speak(Utterance("はい", "ja"), sample))
    assert engine.said == []


def test_only_a_switch_of_engines_is_logged_and_in_one_line(
    sample: Voice, caplog: pytest.LogCaptureFixture
):
    with pytest.raises(SynthesisFailed):
        list(FallbackEngine([BrokenEngine()]).speak(HELLO, sample))
    assert caplog.records == []
    list(FallbackEngine([BrokenEngine(), ToneEngine()]).speak(HELLO, sample))
    (record,) = caplog.records
    assert "broken on purpose" in record.getMessage()
    assert record.exc_info is None


def test_a_resting_engine_repeats_what_it_said_before(sample: Voice, tmp_path: Path):
    class Tiring(ToneEngine):
        is_tired = False

        def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
            if self.is_tired:
                raise SynthesisFailed("tired")
            yield from super().speak(utterance, voice)

    tiring, spare = Tiring("first"), ToneEngine("spare")
    cached = CachedEngine(tiring, ResultFolder(tmp_path, 10_000_000))
    chain = FallbackEngine([cached, spare], recalls={"first": cached.recall})
    list(chain.speak(HELLO, sample))
    tiring.is_tired = True
    assert {c.engine for c in chain.speak(Utterance("다른 말", "ko"), sample)} == {"spare"}
    replayed = list(chain.speak(HELLO, sample))
    assert [(c.engine, c.cached, c.fell_back) for c in replayed] == [("first", True, False)]
    assert spare.said == ["다른 말"]


GAP = Gap(tone(0.5), tone(0.5), "가나 ", "다라", " 마바", "ko")


def test_a_gap_is_filled_by_the_engine_that_would_speak(sample: Voice):
    filling = FillingEngine()
    assert FallbackEngine([filling, ToneEngine()]).infill(GAP, sample).engine == "filling"
    assert not FallbackEngine([ToneEngine(), filling]).infills("ko")
    with pytest.raises(Unsupported, match="'tone' does not fill gaps"):
        FallbackEngine([ToneEngine(), filling]).infill(GAP, sample)
    assert FallbackEngine([ToneEngine(), filling]).infills("ja"), "the first does not speak it"
    assert not FallbackEngine([ToneEngine()]).infills("ja")


def test_an_engine_that_failed_to_fill_a_gap_rests(sample: Voice):
    broken = FillingEngine(SynthesisFailed("broken on purpose"))
    chain = FallbackEngine([broken, ToneEngine()])
    with pytest.raises(SynthesisFailed):
        chain.infill(GAP, sample)
    assert not chain.infills("ko")
    assert {chunk.engine for chunk in chain.speak(HELLO, sample)} == {"tone"}


def _arriving(*pieces: TextPiece) -> ArrivingUtterance:
    return ArrivingUtterance(pieces, "en", Options(sentence_pause=0.5))


def test_arriving_text_is_told_again_to_the_next_engine(sample: Voice):
    broken, spare = ArrivingEngine(fails=True), ToneEngine()
    chain = FallbackEngine([broken, spare])
    assert chain.capabilities.streams_text
    chunks = list(chain.speak_arriving(_arriving("One t", "", "wo. Thr", "ee"), sample))
    assert broken.text == "One two. Three"
    assert spare.said == ["One two.", "Three"]
    heard = [chunk for chunk in chunks if len(chunk.audio.samples)]
    assert {chunk.engine for chunk in heard} == {"tone"}
    assert all(chunk.fell_back for chunk in heard)
    assert sum(chunk.audio.duration for chunk in heard) == pytest.approx(0.05 * 13 + 0.5)


def test_an_arriving_text_that_was_heard_is_not_begun_anew(sample: Voice):
    broken, spare = ArrivingEngine(fails=True, after=1), ToneEngine()
    chunks = FallbackEngine([broken, spare]).speak_arriving(_arriving("One", " two"), sample)
    assert len(next(chunks).audio.samples)
    with pytest.raises(SynthesisFailed):
        list(chunks)
    assert spare.said == []


def test_waiting_for_text_is_no_sound(sample: Voice):
    chain = FallbackEngine([ArrivingEngine(), ToneEngine()])
    chunks = list(chain.speak_arriving(_arriving("", "One", ""), sample))
    assert [len(chunk.audio.samples) > 0 for chunk in chunks] == [False, True, False]


def test_only_engines_with_the_speaker_are_asked(sample: Voice):
    chain = FallbackEngine([ToneEngine()])
    with pytest.raises(Unsupported):
        list(chain.speak(Utterance("Hello", "en", Options(speaker="Ada")), sample))
