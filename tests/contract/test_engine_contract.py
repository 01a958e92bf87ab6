"""What every engine promises. A new engine joins by one line in `ENGINES`."""

import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.engine import Engine
from myna.core.errors import Unsupported
from myna.core.speech import Chunk, Options, Utterance
from myna.core.voice import Voice
from myna.engines.embedded.engine import EmbeddedEngine
from tests.contract.servers import SERVERS, clova, over_http
from tests.unit.engines.cosyvoice import tiny_engine as cosyvoice
from tests.unit.engines.gpt_sovits.tiny_engine import tiny_engine

ENGINES: dict[str, Callable[[Path], Engine]] = {
    "cosyvoice": lambda folder: cosyvoice.tiny_engine(folder),
    "embedded": lambda _: EmbeddedEngine(),
    "gpt-sovits": lambda folder: tiny_engine(folder, "v2"),
    "gpt-sovits v3": lambda folder: tiny_engine(folder, "v3"),
    "gpt-sovits v4": lambda folder: tiny_engine(folder, "v4"),
    "remote myna": over_http("myna"),
    "remote gpt-sovits-v2": over_http("gpt-sovits-v2"),
    "remote gpt-sovits-v1": over_http("gpt-sovits-v1"),
    "remote openai": over_http("openai", voice="sample"),
    "remote openai, cloning": over_http("openai", clones=True),
    "remote clova": clova,
}

SENTENCE = "The quick brown fox jumps over the lazy dog, and seven wizards watch it go by."


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    with SERVERS:
        yield ENGINES[request.param](tmp_path_factory.mktemp("weights"))


def utterance(text: str = SENTENCE, seed: int = 1, language: str = "en") -> Utterance:
    return Utterance(text, language, Options(seed=seed))


def said(engine: Engine, voice: Voice, wanted: Utterance) -> list[Chunk]:
    with closing(engine.speak(wanted, voice)) as chunks:
        return list(chunks)


def sound(chunks: list[Chunk]) -> np.ndarray:
    return Audio.join(chunk.audio for chunk in chunks).samples


def test_chunks_share_the_promised_rate_and_are_sane_sound(engine: Engine, sample: Voice) -> None:
    chunks = said(engine, sample, utterance())
    assert {chunk.audio.sample_rate for chunk in chunks} == {engine.capabilities.sample_rate}
    assert all(len(chunk.audio.samples) for chunk in chunks)
    samples = sound(chunks)
    assert np.all(np.isfinite(samples))
    assert 0.01 < np.abs(samples).max() < 1.0


def test_chunks_name_their_engine(engine: Engine, sample: Voice) -> None:
    assert {chunk.engine for chunk in said(engine, sample, utterance())} == {engine.name}


def test_a_long_sentence_comes_in_several_chunks(engine: Engine, sample: Voice) -> None:
    assert len(said(engine, sample, utterance())) > 1


def test_the_same_seed_makes_the_same_sound(engine: Engine, sample: Voice) -> None:
    first, again = (sound(said(engine, sample, utterance(seed=7))) for _ in range(2))
    assert np.array_equal(first, again)


def test_every_language_it_promises_makes_sound(engine: Engine, sample: Voice) -> None:
    texts = {
        "ko": "안녕하세요.",
        "en": "Hello.",
        "ja": "こんにちは。",
        "zh": "你好。",
        "yue": "你好。",
    }
    for language in sorted(engine.capabilities.languages):
        samples = sound(said(engine, sample, utterance(texts[language], language=language)))
        assert np.sqrt(np.mean(np.square(samples))) > 0.005, language


@pytest.mark.parametrize("text", ["", "   ", "…", "!?"])
def test_nothing_to_say_makes_no_chunks(engine: Engine, sample: Voice, text: str) -> None:
    assert said(engine, sample, utterance(text)) == []


def test_an_unknown_language_is_refused_before_the_first_chunk(
    engine: Engine, sample: Voice
) -> None:
    with pytest.raises(Unsupported, match="tlh"):
        next(engine.speak(utterance("nuqneH", language="tlh"), sample))


def test_interleaved_calls_equal_the_same_calls_alone(engine: Engine, sample: Voice) -> None:
    one, other = utterance(), utterance("Nine old owls sat quietly in a row on the fence.", seed=2)
    alone = [sound(said(engine, sample, wanted)) for wanted in (one, other)]
    running = [engine.speak(one, sample), engine.speak(other, sample)]
    mixed: list[list[Chunk]] = [[], []]
    while running[0] or running[1]:
        for index, chunks in enumerate(running):
            chunk = next(chunks, None) if chunks else None
            if chunk is None:
                running[index] = None  # type: ignore[call-overload]  # finished
            else:
                mixed[index].append(chunk)
    for chunks, expected in zip(mixed, alone, strict=True):
        assert np.array_equal(sound(chunks), expected)


def test_closing_frees_what_the_call_held(engine: Engine, sample: Voice) -> None:
    chunks = engine.speak(utterance(), sample)
    first = weakref.ref(next(chunks).audio.samples.base)
    chunks.close()
    gc.collect()
    assert first() is None
    assert next(chunks, None) is None


def test_hanging_up_does_not_disturb_the_next_call(engine: Engine, sample: Voice) -> None:
    expected = sound(said(engine, sample, utterance()))
    with closing(engine.speak(utterance("Something else entirely, cut short."), sample)) as chunks:
        next(chunks)
    assert np.array_equal(sound(said(engine, sample, utterance())), expected)


def test_words_come_once_in_order_and_inside_the_sound(engine: Engine, sample: Voice) -> None:
    chunks = said(engine, sample, utterance())
    if not engine.capabilities.times_words:
        assert not any(chunk.words for chunk in chunks)
        return
    heard = 0.0
    for chunk in chunks:
        heard += chunk.audio.duration
        assert all(word.end <= heard + 1e-6 for word in chunk.words)
    words = [word for chunk in chunks for word in chunk.words]
    assert [word.text for word in words] == SENTENCE.replace(",", "").rstrip(".").split()
    edges = [edge for word in words for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert edges[0] >= 0
