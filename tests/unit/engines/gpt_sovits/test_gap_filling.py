"""How the two kinds of decoder make sound between two sides of a gap."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from myna.core.audio import Audio
from myna.core.voice import Voice
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.files import find_files
from myna.engines.gpt_sovits.model import Model, load
from myna.engines.gpt_sovits.sound.decoder import Filling, Sentence
from myna.engines.gpt_sovits.sound.flow_decoder import FlowDecoder
from myna.engines.gpt_sovits.sound.flow_matching import FlowMatching, Windows
from myna.engines.gpt_sovits.sound.mel_features import MelFeatures
from myna.engines.gpt_sovits.sound.mel_vocoders import MelVocoder
from myna.engines.gpt_sovits.sound.window_batches import WindowBatches
from myna.engines.gpt_sovits.voice.spectrograms import MEL_V3, MEL_V4, log_mel, normalized
from myna.engines.gpt_sovits.weights import Version, read_sovits
from tests.unit.engines.gpt_sovits import tiny_checkpoints

NEW = [(31 * number) % 1024 for number in range(9)]
GAPS = {"v3": (24000, 256, MEL_V3), "v4": (48000, 480, MEL_V4)}


def _filling(model: Model, voice: Voice, new: list[int] = NEW, speed: float = 1.0) -> Filling:
    """A gap from 1.6 s to 2.2 s of a recording that goes on to 3.2 s."""
    before, after = voice.reference.between(0, 1.6), voice.reference.between(2.2, 3.2)
    text = model.reader.read("A few seconds of loud speech are all", "en")
    sentence = Sentence(text, model.prompts.learn(voice), 5, speed, 2)
    tokens = [model.prompts.tokens_of(side).tolist() for side in (before, after)]
    return Filling(sentence, before, after, tokens[0], new, tokens[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("weights")
    for version in ("v2", "v3", "v4"):
        tiny_checkpoints.write_installation(folder, version)
    return folder


@pytest.fixture(scope="module")
def models(folder: Path) -> dict[str, Model]:
    return {version: load(find_files(folder, version=version)) for version in ("v2", "v3", "v4")}


@pytest.mark.parametrize("sample_rate", [16000, 22050, 44100, 11025])
def test_a_recording_has_a_token_for_every_40_ms(
    models: dict[str, Model], sample: Voice, sample_rate: int
) -> None:
    length = round(0.04 * 31 * sample_rate)
    noise = np.random.default_rng(0).normal(0, 0.1, length).astype(np.float32)
    listen = models["v2"].prompts.tokens_of
    assert len(listen(Audio(noise, sample_rate))) == 31
    assert len(listen(Audio(noise[: length // 62], sample_rate))) == 0


@pytest.mark.parametrize("version", ["v2", "v3", "v4"])
def test_the_gap_is_as_long_as_its_tokens(
    models: dict[str, Model], sample: Voice, version: str
) -> None:
    decoder = models[version].decoder
    for speed in (1.0, 1.5):
        filled = decoder.filled(_filling(models[version], sample, speed=speed))
        seconds = (filled.last - filled.first) / decoder.sample_rate
        assert seconds == pytest.approx(len(NEW) * 0.04 / speed, abs=0.021)
        before, after = filled.first, len(filled.samples) - filled.last
        for side in (before, after):
            assert side / decoder.sample_rate == pytest.approx(0.5, abs=0.02)


def test_in_v2_the_sides_sound_as_the_whole_sentence_decoded(folder: Path, sample: Voice) -> None:
    # Exact: in 16 bits a difference of 1e-7 may come out as one of 1e-3.
    model = load(find_files(folder, version="v2"), execution=Execution("exact"))
    filling = _filling(model, sample)
    filled = model.decoder.filled(filling)
    whole = np.concatenate(
        list(model.decoder.speech(filling.sentence).push(filling.all_tokens, last=True))
    )
    start = len(filling.tokens_before) * 1280 - filled.first
    near = whole[start : start + len(filled.samples)]
    np.testing.assert_allclose(filled.samples, near, rtol=0, atol=1e-5)


class _Heard:
    """A vocoder that keeps what it is given."""

    def __init__(self) -> None:
        self.mel = torch.zeros(0)

    def __call__(self, mel: Tensor) -> Tensor:
        self.mel = mel
        return mel.mean(dim=1, keepdim=True).repeat_interleave(480, dim=2)


def _flow_decoder(model: Model, folder: Path, version: str, heard: _Heard) -> FlowDecoder:
    tiny_checkpoints.write_sovits(folder / "s2.pth", version)
    checkpoint = read_sovits(folder / "s2.pth")
    rate, step, _ = GAPS[version]
    vocoder = MelVocoder(rate, step, 0, heard)
    batches = WindowBatches(FlowMatching(checkpoint.tensors))
    return FlowDecoder(Version(version), MelFeatures(checkpoint), batches, vocoder)


@pytest.mark.parametrize("version", ["v3", "v4"])
@torch.inference_mode()
def test_outside_the_gap_the_mel_is_the_recordings(
    models: dict[str, Model], tmp_path: Path, sample: Voice, version: str
) -> None:
    heard = _Heard()
    decoder = _flow_decoder(models[version], tmp_path, version, heard)
    filling = _filling(models[version], sample)
    decoder.filled(filling)
    _, _, analysis = GAPS[version]
    frames_per_second = analysis.sample_rate / analysis.hop_length
    start, end = 1.6, 1.6 + 0.04 * len(NEW)
    first = int((start - 0.5) * frames_per_second)  # of what the vocoder was given
    sound = np.concatenate(
        [filling.before.samples, np.zeros(round((end - start) * 16000)), filling.after.samples]
    )
    audio = Audio(sound.astype(np.float32), 16000)
    expected = decoder._mel(audio)[:, :, first : first + heard.mel.shape[2]]
    got = normalized(heard.mel)
    reach = 3 / frames_per_second  # the frames whose analysis hears the gap, and one
    times = (first + np.arange(got.shape[2])) / frames_per_second
    outside = torch.from_numpy((times < start - reach) | (times > end + reach))
    assert 80 < int(outside.sum()) < got.shape[2] - 30
    torch.testing.assert_close(got[:, :, outside], expected[:, :, outside], rtol=0, atol=2e-3)
    inside = torch.from_numpy((times > start) & (times < end))
    silence = log_mel(torch.zeros(1, 5000), analysis)[0, 50, 2]
    assert float((heard.mel[:, :, inside] - silence).abs().mean()) > 1


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_long_gap_is_filled_window_by_window(
    models: dict[str, Model], tmp_path: Path, sample: Voice, version: str
) -> None:
    lengths: list[int] = []
    checkpoint = tiny_checkpoints.write_installation(tmp_path, version).sovits
    read = read_sovits(checkpoint)
    matching = FlowMatching(read.tensors)

    def counted(windows: Windows, steps: int) -> Tensor:
        lengths.append(windows.noise.shape[2])
        return matching(windows, steps)

    rate, step, _ = GAPS[version]
    vocoder = MelVocoder(rate, step, 0, _Heard())
    decoder = FlowDecoder(Version(version), MelFeatures(read), WindowBatches(counted), vocoder)
    long = [(7 * number) % 1024 for number in range(200)]
    filled = decoder.filled(_filling(models[version], sample, new=long))
    assert (filled.last - filled.first) / rate == pytest.approx(8.0, abs=0.02)
    assert len(lengths) == 2
    assert max(lengths) <= 1000
