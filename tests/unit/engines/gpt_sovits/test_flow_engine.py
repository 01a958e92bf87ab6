"""The engine with v3 and v4: speech as a continuation of the reference."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.errors import BadReference, InvalidOption, WeightsMissing
from myna.core.speech import Options, Utterance
from myna.core.voice import Voice
from myna.engines.gpt_sovits.engine import GptSovitsEngine
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.files import find_files
from myna.engines.gpt_sovits.voice.prompt import Prompt
from tests.unit.engines.at_once import at_once
from tests.unit.engines.gpt_sovits import tiny_checkpoints
from tests.unit.engines.gpt_sovits.tiny_engine import tiny_engine

HELLO = "Hello out there, how are you?"
RATES = {"v3": 24000, "v4": 48000}


@pytest.fixture(scope="module", params=RATES)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def engine(version: str, tmp_path_factory: pytest.TempPathFactory) -> GptSovitsEngine:
    return tiny_engine(tmp_path_factory.mktemp("weights"), version)


def said(engine: GptSovitsEngine, voice: Voice, text: str = HELLO, **options: object) -> np.ndarray:
    wanted = Utterance(text, "en", Options(**{"seed": 1, **options}))  # type: ignore[arg-type]  # by name
    with closing(engine.speak(wanted, voice)) as chunks:
        return Audio.join(chunk.audio for chunk in chunks).samples


def test_each_version_speaks_at_its_own_rate(
    engine: GptSovitsEngine, version: str, sample: Voice
) -> None:
    assert version in engine.fingerprint
    assert engine.capabilities.sample_rate == RATES[version]
    assert "ko" in engine.capabilities.languages
    assert 0.01 < np.abs(said(engine, sample)).max() < 1


def test_steps_are_bounded() -> None:
    with pytest.raises(InvalidOption, match="sample_steps"):
        Options(sample_steps=0)
    with pytest.raises(InvalidOption, match="sample_steps"):
        Options(sample_steps=129)


def test_speed_makes_it_shorter_by_as_much(engine: GptSovitsEngine, sample: Voice) -> None:
    usual, faster = len(said(engine, sample)), len(said(engine, sample, speed=1.5))
    assert faster == pytest.approx(usual / 1.5, rel=0.05)


@pytest.mark.parametrize("runtime", ["exact", "fast"])
def test_made_in_batches_they_sound_nearly_the_same(
    tmp_path: Path, sample: Voice, runtime: str
) -> None:
    tiny_checkpoints.write_installation(tmp_path, "v4")
    execution = Execution(runtime, tmp_path / "graphs")
    engine = GptSovitsEngine(find_files(tmp_path), windows=4, execution=execution)

    def spoken(number: int) -> np.ndarray:
        return said(engine, sample, f"Sentence number {number}, spoken aloud.", seed=number)

    alone = [spoken(number) for number in range(4)]
    for sound, expected in zip(at_once(spoken, 4), alone, strict=True):
        noise = np.mean(np.square(sound - expected)) / np.mean(np.square(expected))
        assert noise < 1e-9  # 90 dB below


def test_streamed_it_is_near_the_whole_and_as_long(engine: GptSovitsEngine, sample: Voice) -> None:
    options = Options(seed=3, retries=0)
    sounds = []
    for whole in (False, True):
        with closing(engine.speak(Utterance(HELLO, "en", options, whole=whole), sample)) as chunks:
            sounds.append([chunk.audio for chunk in chunks])
    streamed, at_once = (Audio.join(pieces).samples for pieces in sounds)
    assert len(streamed) == len(at_once)
    assert np.corrcoef(streamed, at_once)[0, 1] > 0.9


def test_a_voice_without_words_is_refused_with_the_reason(
    engine: GptSovitsEngine, sample: Voice, version: str
) -> None:
    with pytest.raises(BadReference, match=f"{version} continues the reference.*transcript"):
        said(engine, Voice(sample.reference, "", "en"))


def test_what_was_learned_of_a_voice_is_kept(tmp_path: Path, sample: Voice) -> None:
    tiny_checkpoints.write_installation(tmp_path, "v4")
    stored: dict[str, bytes] = {}
    first = said(GptSovitsEngine(find_files(tmp_path), prompts=stored), sample)
    (kept,) = stored.values()
    prompt = Prompt.from_bytes(kept)
    assert prompt.to_bytes() == kept
    assert prompt.mel is not None
    assert prompt.features is not None
    assert prompt.mel.shape[2] == prompt.features.shape[2] <= 500
    again = said(GptSovitsEngine(find_files(tmp_path), prompts=stored), sample)
    assert np.array_equal(again, first)


def test_an_auxiliary_reference_lends_its_timbre_and_is_not_continued(
    engine: GptSovitsEngine, sample: Voice
) -> None:
    other = Audio(sample.reference.samples[::-1].copy(), sample.reference.sample_rate)
    mixed = Voice(sample.reference, sample.transcript, "en", (other,))
    learn = engine._model.prompts.learn
    alone, both = learn(sample), learn(mixed)
    assert alone.mel is not None
    assert both.mel is not None
    assert np.array_equal(alone.mel, both.mel)
    assert not np.array_equal(alone.voice, both.voice)


# ---- files --------------------------------------------------------------------------------------


def test_a_missing_vocoder_is_named(tmp_path: Path, version: str) -> None:
    installation = tiny_checkpoints.write_installation(tmp_path, version)
    assert installation.vocoder is not None
    installation.vocoder.rename(tmp_path / "elsewhere")
    missing = find_files(tmp_path, version=version).missing
    assert {installation.vocoder} <= {file for path in missing for file in (path, path.parent)}
    assert len(missing) == (2 if version == "v3" else 1)
    with pytest.raises(WeightsMissing, match=installation.vocoder.name):
        GptSovitsEngine(find_files(tmp_path, version=version))
    with pytest.raises(WeightsMissing, match=installation.vocoder.name):
        GptSovitsEngine(find_files(tmp_path, vits=installation.sovits))


def test_the_setting_decides_between_v3_and_v4(tmp_path: Path) -> None:
    files = tiny_checkpoints.write_installation(tmp_path, "v4")
    tiny_checkpoints.write_bigvgan(tmp_path / tiny_checkpoints.VOCODER_V3)
    found = GptSovitsEngine(find_files(tmp_path, vits=files.sovits))
    overruled = GptSovitsEngine(find_files(tmp_path, vits=files.sovits, version="v3"))
    assert found.capabilities.sample_rate == 48000
    assert overruled.capabilities.sample_rate == 24000


def test_a_lora_speaks_on_its_base_and_differs_from_it(
    tmp_path: Path, version: str, sample: Voice
) -> None:
    tiny_checkpoints.write_installation(tmp_path, version)
    tiny_checkpoints.write_lora(tmp_path / "mine.pth", version)
    plain = GptSovitsEngine(find_files(tmp_path, version=version))
    tuned = GptSovitsEngine(find_files(tmp_path, vits=tmp_path / "mine.pth"))
    assert tuned.fingerprint != plain.fingerprint
    assert tuned.capabilities.sample_rate == RATES[version]
    assert not np.array_equal(said(plain, sample), said(tuned, sample))


def test_a_lora_without_its_base_names_it(tmp_path: Path, version: str) -> None:
    files = tiny_checkpoints.write_installation(tmp_path, version)
    tiny_checkpoints.write_lora(tmp_path / "mine.pth", version)
    files.sovits.unlink()
    assert find_files(tmp_path, vits=tmp_path / "mine.pth").missing == (files.sovits,)
    with pytest.raises(WeightsMissing, match=rf"LoRA of {version}.*{files.sovits.name}"):
        GptSovitsEngine(find_files(tmp_path, vits=tmp_path / "mine.pth"))


def test_versions_that_speak_faster_are_found_first(tmp_path: Path) -> None:
    for version in ("v4", "v2"):
        tiny_checkpoints.write_installation(tmp_path, version)
    assert find_files(tmp_path).vits.name == "s2G2333k.pth"
    assert find_files(tmp_path, version="v4").vits.name == "s2Gv4.pth"
