"""What every engine with published networks promises beside. A new one joins by two lines."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.engine import Engine, redrawn
from myna.core.playback import Playback
from myna.core.speech import Options, Utterance
from myna.core.voice import Voice
from tests.unit.engines.at_once import at_once
from tests.unit.engines.cosyvoice import tiny_engine as cosyvoice
from tests.unit.engines.gpt_sovits.tiny_engine import tiny_engine

ENGINES: dict[str, Callable[[Path], Engine]] = {
    "cosyvoice": lambda folder: cosyvoice.tiny_engine(folder),
    "gpt-sovits v2": lambda folder: tiny_engine(folder, "v2"),
    "gpt-sovits v3": lambda folder: tiny_engine(folder, "v3"),
    "gpt-sovits v4": lambda folder: tiny_engine(folder, "v4"),
}
LACKING = {
    "cosyvoice": {"repetition_penalty"},  # what repeats is the model's own affair
    "gpt-sovits v2": {"sample_steps", "instruction"},
    "gpt-sovits v3": {"instruction"},
    "gpt-sovits v4": {"instruction"},
}
"""The knobs each does not have."""

HELLO = "Hello out there, how are you?"


@pytest.fixture(scope="module", params=ENGINES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def engine(name: str, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return ENGINES[name](tmp_path_factory.mktemp("weights"))


def said(engine: Engine, voice: Voice, text: str = HELLO, **options: object) -> np.ndarray:
    wanted = Utterance(text, "en", Options(**{"seed": 1, **options}))  # type: ignore[arg-type]  # by name
    with closing(engine.speak(wanted, voice)) as chunks:
        return Audio.join(chunk.audio for chunk in chunks).samples


@pytest.fixture(scope="module")
def usual(engine: Engine, sample: Voice) -> np.ndarray:
    return said(engine, sample)


@pytest.mark.parametrize(
    "knob",
    [
        {"seed": 2},
        {"temperature": 0.1},
        {"top_k": 1},
        {"top_p": 0.01},
        {"repetition_penalty": 2.0},
        {"speed": 1.5},
        {"sample_steps": 4},
        {"instruction": "Low"},
    ],
    ids=lambda knob: next(iter(knob)),
)
def test_every_knob_it_has_is_heard_and_no_other(
    engine: Engine, name: str, sample: Voice, usual: np.ndarray, knob: dict[str, object]
) -> None:
    is_lacking = not LACKING[name].isdisjoint(knob)
    assert np.array_equal(said(engine, sample, **knob), usual) == is_lacking


def test_several_at_once_sound_as_one_by_one(engine: Engine, sample: Voice) -> None:
    def spoken(number: int) -> np.ndarray:
        return said(engine, sample, f"Say {'abcdef'[number]}.", seed=number)

    alone = [spoken(number) for number in range(6)]
    for sound, expected in zip(at_once(spoken, 6), alone, strict=True):
        assert np.array_equal(sound, expected)


def test_each_chunk_counts_as_heard_when_it_is_handed_over(engine: Engine, sample: Voice) -> None:
    playback = Playback(clock=lambda: 100.0)
    wanted = Utterance(HELLO, "en", Options(seed=1), playback=playback)
    deadline = 100.0
    with closing(engine.speak(wanted, sample)) as chunks:
        for chunk in chunks:
            deadline += chunk.audio.duration
            assert playback.deadline == pytest.approx(deadline)
    assert deadline > 100.0


@pytest.mark.parametrize("retries", [0, 2])
def test_a_sentence_heard_whole_is_drawn_again_within_bounds(
    engine: Engine, sample: Voice, retries: int
) -> None:
    """Random weights end after a few seconds, whatever they were given to say."""
    long = "one two three four five six seven eight nine ten " * 4
    wanted = Utterance(long, "en", Options(seed=1, retries=retries), whole=True)
    before = redrawn(engine)
    with closing(engine.speak(wanted, sample)) as chunks:
        assert list(chunks)
    assert redrawn(engine) == before + retries
