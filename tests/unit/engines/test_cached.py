from dataclasses import replace
from pathlib import Path

import pytest

from myna.core.audio import Audio
from myna.core.errors import SynthesisFailed, Unsupported
from myna.core.infill import Gap
from myna.core.playback import Playback
from myna.core.speech import Options, Utterance
from myna.core.voice import Voice
from myna.engines.cached import CachedEngine
from myna.storage.results import ResultFolder
from tests.conftest import tone
from tests.unit.engines.doubles import BrokenEngine, FillingEngine, ToneEngine

HELLO = Utterance("가나다", "ko")


@pytest.fixture
def store(tmp_path: Path) -> ResultFolder:
    return ResultFolder(tmp_path / "results", 10_000_000)


def said(engine: CachedEngine, utterance: Utterance, voice: Voice) -> bytes:
    return Audio.join(chunk.audio for chunk in engine.speak(utterance, voice)).pcm16()


def test_a_sentence_is_made_once(store: ResultFolder, sample: Voice):
    inner = ToneEngine()
    engine = CachedEngine(inner, store)
    first = said(engine, HELLO, sample)
    assert said(engine, HELLO, sample) == first
    assert inner.said == ["가나다"]


def test_what_is_replayed_counts_as_heard(store: ResultFolder, sample: Voice):
    engine = CachedEngine(ToneEngine(), store)
    seconds = len(said(engine, HELLO, sample)) / 2 / ToneEngine().capabilities.sample_rate
    playback = Playback(clock=lambda: 100.0)
    said(engine, replace(HELLO, playback=playback), sample)
    assert playback.deadline == pytest.approx(100.0 + seconds)


def test_a_half_heard_sentence_is_not_kept(store: ResultFolder, sample: Voice):
    inner = ToneEngine()
    half = CachedEngine(inner, store).speak(HELLO, sample)
    next(half)
    half.close()
    said(CachedEngine(inner, store), HELLO, sample)
    assert len(inner.said) == 2


def test_a_failed_sentence_is_not_kept(store: ResultFolder, sample: Voice):
    engine = CachedEngine(BrokenEngine(after=2), store)
    for _ in range(2):
        with pytest.raises(SynthesisFailed):
            said(engine, HELLO, sample)


def test_whatever_changes_the_sound_changes_the_key(store: ResultFolder, sample: Voice):
    inner = ToneEngine()
    other_voice = Voice(tone(2.0), "x", "en")
    said(CachedEngine(inner, store), HELLO, sample)
    said(CachedEngine(inner, store), HELLO, other_voice)
    said(CachedEngine(inner, store), Utterance("가나다", "ko", Options(speed=1.5)), sample)
    said(CachedEngine(inner, store), Utterance("가나다", "en"), sample)
    retrained = ToneEngine(sample_rate=22050)
    said(CachedEngine(retrained, store), HELLO, sample)
    assert (len(inner.said), len(retrained.said)) == (4, 1)


def test_what_was_made_whole_serves_a_listener_too_but_not_the_other_way(
    store: ResultFolder, sample: Voice
):
    inner = ToneEngine()
    whole = Utterance("가나다", "ko", whole=True)
    said(CachedEngine(inner, store), HELLO, sample)
    said(CachedEngine(inner, store), whole, sample)
    assert len(inner.said) == 2
    said(CachedEngine(inner, store), HELLO, sample)
    said(CachedEngine(inner, store), whole, sample)
    assert len(inner.said) == 2


def test_the_pause_between_sentences_is_part_of_none(store: ResultFolder, sample: Voice):
    inner = ToneEngine()
    said(CachedEngine(inner, store), HELLO, sample)
    said(CachedEngine(inner, store), Utterance("가나다", "ko", Options(sentence_pause=2)), sample)
    assert len(inner.said) == 1


def test_gaps_are_filled_by_the_engine_behind_the_cache(store: ResultFolder, sample: Voice):
    gap = Gap(tone(0.5), tone(0.5), "가나 ", "다라", " 마바", "ko")
    inner = FillingEngine()
    engine = CachedEngine(inner, store)
    assert engine.infills("ko")
    assert [engine.infill(gap, sample).engine for _ in range(2)] == ["filling", "filling"]
    assert inner.gaps == [gap, gap]
    assert not CachedEngine(ToneEngine(), store).infills("ko")
    with pytest.raises(Unsupported, match="'tone' does not fill gaps"):
        CachedEngine(ToneEngine(), store).infill(gap, sample)
