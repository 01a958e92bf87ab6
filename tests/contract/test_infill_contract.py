"""What every engine that fills gaps promises. A new one joins by one line in `ENGINES`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.engine import Engine
from myna.core.errors import BadText, TooLittleContext, Unsupported
from myna.core.infill import Gap, Infilled, infilling
from myna.core.speech import Options
from myna.core.voice import Voice
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.tiny_engine import tiny_engine as tiny_cosyvoice
from tests.unit.engines.gpt_sovits.tiny_engine import tiny_engine

ENGINES: dict[str, Callable[[Path], Engine]] = {
    "gpt-sovits v2": lambda folder: tiny_engine(folder, "v2"),
    "gpt-sovits v2Pro": lambda folder: tiny_engine(folder, "v2Pro"),
    "gpt-sovits v3": lambda folder: tiny_engine(folder, "v3"),
    "gpt-sovits v4": lambda folder: tiny_engine(folder, "v4"),
    "cosyvoice 2": lambda folder: tiny_cosyvoice(folder),
    "cosyvoice 3": lambda folder: tiny_cosyvoice(folder, Version.COSYVOICE3),
}


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return ENGINES[request.param](tmp_path_factory.mktemp("weights"))


@pytest.fixture
def gap(sample: Voice) -> Gap:
    reference = sample.reference
    return Gap(
        reference.between(0, 1.61),
        reference.between(2.2, 3.7),
        "A few seconds of ",
        "loud",
        " speech are all",
        "en",
        Options(seed=1, sample_steps=2),
    )


def filled(engine: Engine, gap: Gap, voice: Voice) -> Infilled:
    filler = infilling(engine, gap.language)
    assert filler is not None
    return filler.infill(gap, voice)


def test_new_sound_comes_with_both_its_sides(engine: Engine, gap: Gap, sample: Voice) -> None:
    made = filled(engine, gap, sample)
    rate = made.audio.sample_rate
    assert rate == engine.capabilities.sample_rate
    assert made.engine == engine.name
    assert 0.2 * rate <= made.first <= gap.before.duration * rate
    assert made.first + 0.04 * rate <= made.last
    assert 0.2 * rate <= len(made.audio.samples) - made.last <= gap.after.duration * rate
    assert np.all(np.isfinite(made.audio.samples))
    assert np.abs(made.audio.samples[made.first : made.last]).max() > 0.005
    assert 0 <= made.misfit <= 1


def test_the_same_seed_fills_it_the_same_way(engine: Engine, gap: Gap, sample: Voice) -> None:
    first, again = (filled(engine, gap, sample) for _ in range(2))
    assert np.array_equal(first.audio.samples, again.audio.samples)
    other = filled(engine, replace(gap, options=replace(gap.options, seed=2)), sample)
    assert not np.array_equal(first.audio.samples, other.audio.samples)


@pytest.mark.parametrize("side", ["before", "after"])
def test_each_side_is_heard(engine: Engine, gap: Gap, sample: Voice, side: str) -> None:
    audio: Audio = getattr(gap, side)
    changed = Audio(audio.samples[::-1] * 0.5, audio.sample_rate)
    one, other = (
        filled(engine, wanted, sample) for wanted in (gap, replace(gap, **{side: changed}))
    )
    new = [made.audio.samples[made.first : made.last] for made in (one, other)]
    assert not np.array_equal(*new)


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_gap_at_an_end_has_one_side(engine: Engine, gap: Gap, sample: Voice, side: str) -> None:
    nothing = Audio.silence(0.0, gap.before.sample_rate)
    one_sided = replace(gap, **{side: nothing, f"{side}_text": ""})
    made = filled(engine, one_sided, sample)
    beyond = made.first if side == "before" else len(made.audio.samples) - made.last
    assert beyond == 0
    assert made.last > made.first


def test_a_gap_without_sides_is_refused(engine: Engine, gap: Gap, sample: Voice) -> None:
    nothing = Audio.silence(0.0, 16000)
    with pytest.raises(TooLittleContext):
        filled(engine, replace(gap, before=nothing, after=nothing), sample)


def test_nothing_to_say_is_refused(engine: Engine, gap: Gap, sample: Voice) -> None:
    with pytest.raises(BadText, match="nothing to say"):
        filled(engine, replace(gap, new_text="…"), sample)


def test_a_language_it_does_not_speak_is_refused(engine: Engine, gap: Gap, sample: Voice) -> None:
    assert infilling(engine, "tlh") is None
    filler = infilling(engine, "en")
    assert filler is not None
    with pytest.raises(Unsupported, match="tlh"):
        filler.infill(replace(gap, language="tlh"), sample)
