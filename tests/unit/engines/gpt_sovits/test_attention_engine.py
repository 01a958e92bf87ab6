"""What the decoder's attention tells of words, from the text to chunks."""

import logging
import sys
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.speech import Chunk, Options, SpeechRequest, Utterance
from myna.core.timing import TimedText
from myna.core.voice import Voice
from myna.engines.cached import CachedEngine
from myna.engines.gpt_sovits.engine import GptSovitsEngine
from myna.engines.gpt_sovits.frontend.front_end import FrontEnd
from myna.engines.gpt_sovits.frontend.spoken_text import TextReader
from myna.settings import Settings
from myna.storage.results import ResultFolder
from myna.studio.studio import Studio
from myna.studio.wiring import open_library
from tests.unit.engines.gpt_sovits.following_checkpoint import PHONEMES_PER_TOKEN, following_engine
from tests.unit.engines.gpt_sovits.tiny_engine import tiny_engine

TEXT = "We go to church on foot, slowly."
WORDS = ["We", "go", "to", "church", "on", "foot", "slowly"]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> GptSovitsEngine:
    return following_engine(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def voice(sample: Voice) -> Voice:
    """Without a transcript there is no prompt, and positions count from 0."""
    return Voice(sample.reference, "", "en")


def said(engine: GptSovitsEngine, voice: Voice, text: str = TEXT, **options: object) -> list[Chunk]:
    whole, timed = bool(options.pop("whole", False)), bool(options.pop("timed", True))
    wanted = Options(**{"seed": 1, **options})  # type: ignore[arg-type]  # by name
    utterance = Utterance(text, "en", wanted, whole, timed=timed)
    with closing(engine.speak(utterance, voice)) as chunks:
        return list(chunks)


def estimated(chunks: list[Chunk]) -> list[TimedText]:
    return [word for chunk in chunks for word in chunk.estimated]


def expected(text: str) -> list[tuple[float, float]]:
    """Return when the head is at each word, in seconds."""
    reader = TextReader(FrontEnd(), None)
    words = reader.words(text, "en", reader.read(text, "en"))

    def moment(phoneme: float) -> float:
        return max(0.0, 0.04 * ((phoneme - 0.5) / PHONEMES_PER_TOKEN + 0.5))

    return [(moment(word.first), moment(word.last)) for word in words]


@pytest.mark.parametrize("whole", [False, True])
def test_words_are_timed_by_the_head_that_follows_the_text(
    engine: GptSovitsEngine, voice: Voice, whole: bool
) -> None:
    chunks = said(engine, voice, whole=whole)
    words = estimated(chunks)
    assert [word.text for word in words] == WORDS
    for word, (begin, end) in zip(words, expected(TEXT), strict=True):
        assert word.start == pytest.approx(begin, abs=0.05)
        assert word.end == pytest.approx(end, abs=0.05)
    assert words[-1].end <= sum(chunk.audio.duration for chunk in chunks)
    assert sum(bool(chunk.estimated) for chunk in chunks) == 1
    assert not any(chunk.words for chunk in chunks)


def test_word_times_are_these_where_no_aligner_hears_the_words_also_when_replayed(
    engine: GptSovitsEngine, voice: Voice, settings: Settings, tmp_path: Path
) -> None:
    """What the tiny network makes sounds like no words at all."""
    cached = CachedEngine(engine, ResultFolder(tmp_path / "results", 10_000_000))
    studio = Studio(cached, open_library(settings))
    request = SpeechRequest(TEXT, voice, "en", Options(seed=1), timestamps=True)
    expected = estimated(said(engine, voice, whole=True))
    assert [list(studio.speak(request).words) for _ in range(2)] == [expected, expected]


def test_attention_is_noted_only_where_it_may_be_of_use(
    engine: GptSovitsEngine, voice: Voice
) -> None:
    unasked = said(engine, voice, timed=False)
    assert not estimated(unasked)
    one, other = (
        Audio.join(chunk.audio for chunk in chunks) for chunks in (unasked, said(engine, voice))
    )
    assert np.array_equal(one.samples, other.samples)
    assert not estimated(said(engine, voice, timed=False, whole=True, retries=0))
    assert estimated(said(engine, voice, timed=False, whole=True, retries=1))


def test_a_word_of_a_language_whose_package_is_missing_costs_the_times_not_the_sentence(
    engine: GptSovitsEngine, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyopenjtalk", None)  # as if it were not installed
    text = "We go to ありがとう on foot, slowly."
    for whole in (False, True):
        assert said(engine, voice, text, whole=whole)


def test_faster_speech_has_earlier_words(engine: GptSovitsEngine, voice: Voice) -> None:
    usual, fast = (estimated(said(engine, voice, speed=speed)) for speed in (1.0, 2.0))
    assert [word.start / 2 for word in usual] == pytest.approx([word.start for word in fast])
    assert fast[-1].end == pytest.approx(usual[-1].end / 2)


@pytest.mark.parametrize("runtime", ["fast", "exact"])
def test_a_word_that_is_passed_over_is_drawn_again_within_bounds(
    tmp_path: Path, voice: Voice, runtime: str, caplog: pytest.LogCaptureFixture
) -> None:
    engine = following_engine(tmp_path, runtime, unseen=("CH", "ER1"))
    with caplog.at_level(logging.WARNING):
        chunks = said(engine, voice, whole=True, retries=2)
    assert engine.redrawn == 2
    assert caplog.text.count("passed over") == 3
    assert chunks
    assert not estimated(chunks)
    assert not estimated(said(engine, voice))
    said(engine, voice, whole=True, retries=0)
    assert engine.redrawn == 2


def test_random_weights_follow_no_text_and_nothing_is_made_of_them(
    tmp_path: Path, sample: Voice, caplog: pytest.LogCaptureFixture
) -> None:
    engine = tiny_engine(tmp_path, "v2")
    with caplog.at_level(logging.WARNING):
        for seed in range(4):
            assert not estimated(said(engine, sample, seed=seed))
            assert not estimated(said(engine, sample, seed=seed, whole=True))
    assert "passed over" not in caplog.text
    assert "said again" not in caplog.text


def test_eight_at_once_have_the_times_of_one_by_one(engine: GptSovitsEngine, voice: Voice) -> None:
    texts = [f"We go to the {name}, and slowly home again." for name in WORDS] + [TEXT]
    alone = [estimated(said(engine, voice, text, seed=7)) for text in texts]
    together: dict[int, list[TimedText]] = {}

    def speak(index: int) -> None:
        together[index] = estimated(said(engine, voice, texts[index], seed=7))

    threads = [threading.Thread(target=speak, args=(index,)) for index in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all(alone)
    assert [together[index] for index in range(len(texts))] == alone
