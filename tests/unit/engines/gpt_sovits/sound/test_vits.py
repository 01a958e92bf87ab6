from pathlib import Path

import pytest
import torch
from torch import Tensor

from myna.core.errors import BadReference
from myna.engines.gpt_sovits.sound.vits import REACH, Vits, latents_of_seed, latents_with
from myna.engines.gpt_sovits.weights import read_sovits
from tests.unit.engines.gpt_sovits import tiny_checkpoints

VERSIONS = ["v1", "v2", "v2Pro", "v2ProPlus"]
TOKENS = torch.arange(0, 600, 7)[None] % 1024  # 86 tokens: 3.4 s
PHONEMES = torch.arange(30)[None]


@pytest.fixture(scope="module", params=VERSIONS)
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Vits:
    path: Path = tmp_path_factory.mktemp("weights") / "s2.pth"
    tiny_checkpoints.write_sovits(path, request.param)
    return Vits(read_sovits(path))


def _voice(network: Vits, *seeds: int) -> Tensor:
    spectrograms, vectors = [], []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        spectrograms.append(torch.rand(1, 1025, 30 + seed, generator=generator))
        vectors.append(torch.randn(1, 2560, generator=generator))
    return network.voice(spectrograms, vectors if network.voice.hears_speaker else [])


def test_a_window_of_latents_sounds_as_it_does_in_the_whole(network: Vits) -> None:
    voice = _voice(network, 1)
    encoded = network.encode(TOKENS, PHONEMES, voice)
    latents = latents_of_seed(encoded, seed=3)
    whole = network.decode(latents, voice)
    first, last = 60, 80
    window = network.decode(latents[:, :, first - REACH : last + REACH], voice)
    step = network.samples_per_frame
    inner = window[:, REACH * step : (REACH + last - first) * step]
    torch.testing.assert_close(inner, whole[:, first * step : last * step], rtol=0, atol=1e-5)


def test_a_vocoder_in_bfloat16_sounds_nearly_the_same(tmp_path: Path) -> None:
    path = tmp_path / "s2.pth"
    tiny_checkpoints.write_sovits(path, "v2")
    exact, rough = (Vits(read_sovits(path), dtype) for dtype in (torch.float32, torch.bfloat16))
    voice = _voice(exact, 1)
    latents = latents_of_seed(exact.encode(TOKENS, PHONEMES, voice), seed=3)
    sound, near = exact.decode(latents, voice), rough.decode(latents, voice)
    assert near.dtype == torch.float32
    noise = (near - sound).square().mean() / sound.square().mean()
    assert 0 < noise < 1e-3  # 30 dB below


def test_every_token_is_1280_samples(network: Vits) -> None:
    voice = _voice(network, 1)
    encoded = network.encode(TOKENS[:, :9], PHONEMES, voice)
    wave = network.decode(encoded.mean, voice)
    assert wave.shape == (1, 9 * 1280)
    assert float(wave.abs().max()) <= 1


def test_speed_shortens_the_speech(network: Vits) -> None:
    encoded = network.encode(TOKENS[:, :20], PHONEMES, _voice(network, 1), speed=1.25)
    assert encoded.mean.shape[2] == int(40 / 1.25) + 1


def test_several_references_are_averaged_whatever_their_order(network: Vits) -> None:
    mean = (_voice(network, 1) + _voice(network, 2)) / 2
    torch.testing.assert_close(_voice(network, 1, 2), mean)
    torch.testing.assert_close(_voice(network, 2, 1), mean)


def test_a_batch_of_windows_is_decoded_as_each_alone(network: Vits) -> None:
    voices = [_voice(network, 1), _voice(network, 2)]
    latents = torch.randn(2, 16, 50, generator=torch.Generator().manual_seed(0))
    together = network.decode(latents, torch.cat(voices))
    for row, voice in enumerate(voices):
        alone = network.decode(latents[row : row + 1], voice)
        torch.testing.assert_close(together[row : row + 1], alone, rtol=0, atol=1e-5)


def test_noise_is_scaled_by_the_deviation(network: Vits) -> None:
    encoded = network.encode(TOKENS[:, :5], PHONEMES, _voice(network, 1))
    noise = torch.ones_like(encoded.mean)
    assert torch.equal(latents_with(encoded, noise, 0.0), encoded.mean)
    spread = latents_with(encoded, noise, 2.0) - encoded.mean
    torch.testing.assert_close(spread, 2 * encoded.log_deviation.exp(), rtol=1e-4, atol=1e-5)


def test_a_voice_needs_a_reference(network: Vits) -> None:
    with pytest.raises(BadReference):
        network.voice([])
