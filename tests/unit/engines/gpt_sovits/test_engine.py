import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from myna.core.audio import Audio
from myna.core.errors import (
    BadReference,
    EngineBusy,
    SynthesisFailed,
    Unsupported,
    WeightsMissing,
)
from myna.core.speech import Options, Utterance
from myna.core.voice import Voice
from myna.engines.checkpoints.unpickling import plain, read_pickled
from myna.engines.fallback import FallbackEngine
from myna.engines.gpt_sovits.engine import GptSovitsEngine
from myna.engines.gpt_sovits.files import find_files
from myna.engines.gpt_sovits.model import load
from myna.engines.gpt_sovits.voice.prompt import Prompt
from myna.engines.gpt_sovits.weights import Version
from tests.unit.engines.at_once import at_once
from tests.unit.engines.doubles import ToneEngine
from tests.unit.engines.gpt_sovits import tiny_checkpoints
from tests.unit.engines.gpt_sovits.tiny_engine import tiny_engine

HELLO = "Hello out there, how are you?"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> GptSovitsEngine:
    return tiny_engine(tmp_path_factory.mktemp("weights"), "v2")


def said(engine: GptSovitsEngine, voice: Voice, text: str = HELLO, **options: object) -> np.ndarray:
    wanted = Utterance(text, "en", Options(**{"seed": 1, **options}))  # type: ignore[arg-type]  # by name
    with closing(engine.speak(wanted, voice)) as chunks:
        return Audio.join(chunk.audio for chunk in chunks).samples


@pytest.mark.parametrize("version", ["v1", "v2Pro", "v2ProPlus"])
def test_every_version_speaks(tmp_path: Path, sample: Voice, version: str) -> None:
    engine = tiny_engine(tmp_path, version)
    assert version in engine.fingerprint
    assert np.abs(said(engine, sample)).max() > 0.005
    assert ("ko" in engine.capabilities.languages) == (version != "v1")


def test_the_exact_runtime_speaks_and_is_told_apart(
    engine: GptSovitsEngine, sample: Voice, tmp_path: Path
) -> None:
    exact = tiny_engine(tmp_path, "v2", runtime="exact")
    assert "-exact" in exact.fingerprint and exact.fingerprint.endswith("float32-1")
    assert exact.fingerprint != engine.fingerprint
    assert np.abs(said(exact, sample)).max() > 0.005


def test_without_a_seed_it_varies(engine: GptSovitsEngine, sample: Voice) -> None:
    first, second = (said(engine, sample, seed=None) for _ in range(2))
    assert not np.array_equal(first, second)


def test_a_voice_without_a_transcript_speaks(engine: GptSovitsEngine, sample: Voice) -> None:
    assert len(said(engine, Voice(sample.reference, "", "en")))


def test_words_without_any_reading_are_not_babbled(engine: GptSovitsEngine, sample: Voice) -> None:
    for text, language in (
        ("สวัสดีชาวโลก", "en"),
        ("Привет мир", "zh"),
        ("नमस्ते", "ko"),
        ("ᚠᚢᚦ", "en"),
    ):
        assert not list(engine.speak(Utterance(text, language, Options(seed=1)), sample))
        assert not list(engine.speak(Utterance(text, language, Options(), whole=True), sample))
    unread = Voice(sample.reference, "สวัสดีชาวโลก", "en")
    timbre_only = Voice(sample.reference, "", "en")
    assert np.array_equal(said(engine, unread), said(engine, timbre_only))


def test_a_voice_in_a_language_the_model_cannot_read_lends_its_timbre(
    tmp_path: Path, sample: Voice
) -> None:
    engine = tiny_engine(tmp_path, "v1")
    korean = Voice(sample.reference, "안녕하세요", "ko")
    assert np.array_equal(said(engine, korean), said(engine, Voice(sample.reference, "", "en")))
    with pytest.raises(Unsupported, match="v1"):
        engine.speak(Utterance("안녕", "ko"), sample)


def test_a_voice_is_learned_once_and_kept(tmp_path: Path, sample: Voice) -> None:
    tiny_checkpoints.write_installation(tmp_path, "v2Pro")
    stored: dict[str, bytes] = {}
    first = said(GptSovitsEngine(find_files(tmp_path), prompts=stored), sample)
    (kept,) = stored.values()
    again = Prompt.from_bytes(kept)
    assert again.to_bytes() == kept
    assert abs(len(again.tokens) - (sample.reference.duration + 0.6) * 25) < 2
    assert np.array_equal(
        said(GptSovitsEngine(find_files(tmp_path), prompts=stored), sample), first
    )


def test_a_reference_of_less_than_a_second_is_refused(engine: GptSovitsEngine) -> None:
    with pytest.raises(BadReference):
        said(engine, Voice(Audio.silence(0.3, 16000), "", "en"))


def test_a_full_engine_says_so(tmp_path: Path, sample: Voice) -> None:
    engine = tiny_engine(tmp_path, "v2", slots=1, queue=0)
    said(engine, sample)  # learns the voice
    refused: list[EngineBusy] = []

    def speak(_: int) -> None:
        try:
            said(engine, sample, "word " * 60)
        except EngineBusy as error:
            refused.append(error)

    at_once(speak, 6)
    assert refused
    assert len(refused) < 6
    assert len(said(engine, sample))


def test_missing_files_are_named(tmp_path: Path) -> None:
    tiny_checkpoints.write_installation(tmp_path, "v2ProPlus")
    (tmp_path / "sv" / "pretrained_eres2netv2w24s4ep4.ckpt").unlink()
    (tmp_path / "chinese-hubert-base" / "config.json").unlink()
    with pytest.raises(WeightsMissing, match=r"config\.json.*pretrained_eres2netv2"):
        GptSovitsEngine(find_files(tmp_path, version="v2ProPlus"))


def test_swapped_weights_are_refused(tmp_path: Path) -> None:
    files = tiny_checkpoints.write_installation(tmp_path, "v2")
    with pytest.raises(WeightsMissing, match="swapped"):
        GptSovitsEngine(find_files(tmp_path, files.sovits, files.gpt))


def _changed(path: Path, name: str, change: Callable[[Tensor], Tensor]) -> None:
    content = read_pickled(path)
    content["weight"][name] = change(content["weight"][name])
    part = path.with_suffix(".part")  # the file is mapped: it must not be written over
    torch.save(content | {"config": plain(content["config"])}, part)
    part.replace(path)


def test_tensors_of_other_shapes_are_refused_by_file(tmp_path: Path) -> None:
    files = tiny_checkpoints.write_installation(tmp_path, "v2")
    _changed(files.gpt, "model.ar_predict_layer.weight", lambda weight: weight.flatten())
    with pytest.raises(WeightsMissing, match=r"s1bert25hz.*s2G2333k"):
        GptSovitsEngine(find_files(tmp_path))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_gone_astray_are_the_engines_failure_and_no_noise(
    tmp_path: Path, sample: Voice, value: float
) -> None:
    files = tiny_checkpoints.write_installation(tmp_path, "v2")
    _changed(files.sovits, "dec.conv_post.weight", lambda weight: weight * value)
    astray = GptSovitsEngine(find_files(tmp_path))
    with pytest.raises(SynthesisFailed, match="no sound"):
        said(astray, sample)
    chain = FallbackEngine([astray, ToneEngine()])
    with closing(chain.speak(Utterance(HELLO, "en"), sample)) as chunks:
        assert {chunk.engine for chunk in chunks} == {"tone"}


def test_what_goes_wrong_in_a_network_is_the_engines_failure(tmp_path: Path, sample: Voice) -> None:
    files = tiny_checkpoints.write_installation(tmp_path, "v2")
    _changed(files.sovits, "dec.conv_pre.bias", lambda bias: bias[:-1])
    with pytest.raises(SynthesisFailed, match="The model failed") as failed:
        said(GptSovitsEngine(find_files(tmp_path)), sample)
    assert isinstance(failed.value.__cause__, RuntimeError)


def test_of_an_incomplete_version_what_it_lacks_is_named(tmp_path: Path) -> None:
    files = tiny_checkpoints.write_installation(tmp_path, "v2Pro")
    assert files.speaker is not None
    files.speaker.unlink()
    assert find_files(tmp_path).missing == (files.speaker,)


@pytest.mark.parametrize(
    "name", ["chinese-hubert-base/pytorch_model.bin", "chinese-roberta-wwm-ext-large/config.json"]
)
def test_a_folder_that_is_half_there_is_told_by_the_file_it_lacks(
    tmp_path: Path, name: str
) -> None:
    tiny_checkpoints.write_installation(tmp_path, "v2")
    (tmp_path / name).unlink()
    assert find_files(tmp_path).missing == (tmp_path / name,)


def test_hubert_in_either_format_is_there(tmp_path: Path) -> None:
    files = tiny_checkpoints.write_installation(tmp_path, "v2")
    (files.hubert / "pytorch_model.bin").rename(files.hubert / "model.safetensors")
    assert find_files(tmp_path).missing == ()


@pytest.mark.parametrize("version", ["v2Pro", "v2ProPlus"])
def test_of_trained_pro_weights_the_mark_tells_that_the_speaker_network_is_missing(
    tmp_path: Path, version: str
) -> None:
    installation = tiny_checkpoints.write_installation(tmp_path, version)
    trained = tmp_path / "me_e8_s200.pth"
    tiny_checkpoints.write_sovits(trained, version, header=tiny_checkpoints.HEADERS[version])
    assert installation.speaker is not None
    installation.speaker.unlink()
    assert find_files(tmp_path, vits=trained).missing == (installation.speaker,)


def test_trained_weights_of_v2_may_have_any_name(tmp_path: Path) -> None:
    tiny_checkpoints.write_installation(tmp_path, "v2")
    trained = tmp_path / "Professor_e8_s200.pth"
    tiny_checkpoints.write_sovits(trained, "v2", half=True)
    files = find_files(tmp_path, vits=trained)
    assert files.missing == ()
    assert load(files).version is Version.V2


def test_the_best_version_whose_files_are_all_there_is_found(tmp_path: Path) -> None:
    tiny_checkpoints.write_installation(tmp_path / "GPT_SoVITS" / "pretrained_models", "v2")
    assert find_files(tmp_path).vits.name == "s2G2333k.pth"
    assert find_files(tmp_path).missing == ()
    assert find_files(tmp_path, version="v1").missing[0].parent == tmp_path


def test_weights_change_the_fingerprint(tmp_path: Path) -> None:
    first = tiny_engine(tmp_path / "a", "v2").fingerprint
    tiny_checkpoints.write_installation(tmp_path / "b", "v2", bert=False)
    assert GptSovitsEngine(find_files(tmp_path / "b")).fingerprint != first


@pytest.mark.parametrize("version", ["v2", "v2Pro"])
def test_the_timbre_of_several_recordings_is_their_mean(
    tmp_path: Path, sample: Voice, version: str
) -> None:
    tiny_checkpoints.write_installation(tmp_path, version)
    learn = load(find_files(tmp_path)).prompts.learn
    other = sample.reference.between(1.0, 4.5)
    alone, second = learn(sample), learn(Voice(other, "", "en"))
    mixed = learn(replace(sample, auxiliary=(other,)))
    assert not np.allclose(alone.voice, second.voice, atol=1e-3)
    assert mixed.voice == pytest.approx((alone.voice + second.voice) / 2, abs=1e-5)
    assert np.array_equal(mixed.tokens, alone.tokens)
