"""The switch that speaks as CosyVoice's own code does, defects included."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from myna.core.engine import ArrivingUtterance
from myna.core.errors import SynthesisFailed
from myna.core.infill import Gap
from myna.core.speech import Options, Utterance
from myna.core.voice import Voice
from myna.engines.batching.scheduler import Scheduler
from myna.engines.cosyvoice.acoustic.published_stream import PublishedStream
from myna.engines.cosyvoice.acoustic.request import SCHEDULES, SpeechOptions
from myna.engines.cosyvoice.engine import CosyVoiceEngine
from myna.engines.cosyvoice.files import find_files
from myna.engines.cosyvoice.tokens.language_slots import LanguageModelSlots
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.tiny_checkpoint import write_checkpoint
from tests.unit.engines.cosyvoice.tiny_engine import FAST

TEXT = "Hello out there, how are you?"
REALTIME = SCHEDULES["realtime"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def engine(folder: Path) -> CosyVoiceEngine:
    return CosyVoiceEngine(find_files(folder), replace(FAST, compatible=True))


def spoken(
    engine: CosyVoiceEngine, voice: Voice, *, whole: bool = False, **options: float
) -> list[np.ndarray]:
    knobs = Options(**{"seed": 1, **options})  # type: ignore[arg-type]  # by name
    with closing(engine.speak(Utterance(TEXT, "en", knobs, whole), voice)) as chunks:
        return [chunk.audio.samples for chunk in chunks]


def published(
    engine: CosyVoiceEngine, request: SpeechTokenRequest, options: SpeechOptions, voice: Voice
) -> list[np.ndarray]:
    """Put together what the engine is made of, without the engine."""
    slots = LanguageModelSlots(engine.model.language_model, slots=1)
    tokens = list(Scheduler(slots, 1, 0).tokens(request))
    prompt = engine.learned(voice).acoustic
    stream = PublishedStream(engine.model.flow, engine.model.vocoder, prompt, options)
    return list(stream.push(tokens, last=True))


def test_tokens_and_sound_are_those_of_the_published_way(
    engine: CosyVoiceEngine, sample: Voice
) -> None:
    prompt = engine.learned(sample)
    request = SpeechTokenRequest(
        torch.from_numpy(engine.model.reader.read(TEXT, "en")),
        torch.from_numpy(prompt.said),
        torch.from_numpy(prompt.tokens),
        seed=1,
        compatible=True,
    )
    flow = engine.execution.flow(engine.model.configuration.guidance, None)
    assert flow.history_frames is None
    expected = published(engine, request, SpeechOptions(flow, REALTIME, seed=1), sample)
    assert same(spoken(engine, sample), expected)
    whole = published(engine, request, SpeechOptions(flow, None, seed=1), sample)
    assert same(spoken(engine, sample, whole=True), whole)


def same(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> bool:
    return len(one) == len(other) > 0 and all(map(np.array_equal, one, other))


def test_the_first_hop_makes_up_for_the_length_of_the_prompt(
    engine: CosyVoiceEngine, sample: Voice
) -> None:
    hop = REALTIME.hop_tokens + -len(engine.learned(sample).tokens) % REALTIME.hop_tokens
    first = spoken(engine, sample)[0]
    assert len(first) == (2 * hop - REALTIME.overlap_frames) * 480


def test_speed_counts_only_where_nothing_is_streamed(
    engine: CosyVoiceEngine, sample: Voice
) -> None:
    assert same(spoken(engine, sample, speed=2.0), spoken(engine, sample))
    (fast,), (usual,) = (spoken(engine, sample, whole=True, speed=speed) for speed in (2.0, 1.0))
    assert abs(len(fast) / len(usual) - 0.5) < 0.02


def test_it_sounds_otherwise_than_what_is_mended(
    engine: CosyVoiceEngine, folder: Path, sample: Voice
) -> None:
    mended = CosyVoiceEngine(find_files(folder), FAST)
    assert mended.fingerprint != engine.fingerprint
    assert not same(spoken(mended, sample), spoken(engine, sample))


def test_cosyvoice3_is_spoken_as_published_too(tmp_path: Path, sample: Voice) -> None:
    files = find_files(write_checkpoint(tmp_path, Version.COSYVOICE3))
    engine = CosyVoiceEngine(files, replace(FAST, compatible=True))
    assert same(spoken(engine, sample), spoken(engine, sample))
    model, prompt = engine.model, engine.learned(sample).acoustic
    options = SpeechOptions(schedule=REALTIME, seed=1)
    stream = PublishedStream(model.flow, model.vocoder, prompt, options)
    pieces = list(stream.push(range(40), last=True))
    hop = REALTIME.hop_tokens + -len(prompt.tokens) % REALTIME.hop_tokens
    waiting = model.vocoder.pitch.ahead + model.vocoder.ahead  # frames
    assert len(pieces[0]) == (2 * hop - waiting) * 480
    assert sum(map(len, pieces)) == 40 * 2 * 480


def test_arriving_text_is_said_and_repeats_with_its_seed(
    engine: CosyVoiceEngine, sample: Voice
) -> None:
    def arrived() -> list[np.ndarray]:
        utterance = ArrivingUtterance(list(TEXT), "en", Options(seed=5))
        return [
            chunk.audio.samples
            for chunk in engine.speak_arriving(utterance, sample)
            if len(chunk.audio.samples)
        ]

    assert same(arrived(), arrived())


def test_a_call_in_which_nothing_is_said_fails(engine: CosyVoiceEngine, sample: Voice) -> None:
    prompt = engine.learned(sample).acoustic
    stream = PublishedStream(engine.model.flow, engine.model.vocoder, prompt, SpeechOptions())
    with pytest.raises(SynthesisFailed, match="compatible"):
        list(stream.push((), last=True))


def test_gaps_are_filled_as_ever(engine: CosyVoiceEngine, folder: Path, sample: Voice) -> None:
    before, after = sample.reference.between(0, 1.6), sample.reference.between(2.2, 3.2)
    options = Options(seed=4, retries=0)
    gap = Gap(before, after, "He sold his ", "grey cat", ", then he walked.", "en", options)
    mended = CosyVoiceEngine(find_files(folder), replace(FAST, history_seconds=1000.0))
    filled = [one.infill(gap, sample).audio.samples for one in (engine, mended)]
    assert np.array_equal(*filled)
