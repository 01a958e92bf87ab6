from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from myna.engines.gpt_sovits.sound.speech_windows import (
    LOOKED_BACK,
    ArrivingLatents,
    SpeechWindows,
    at_pace,
)
from myna.engines.gpt_sovits.sound.vits import Vits, latents_of_seed
from myna.engines.gpt_sovits.weights import read_sovits
from tests.unit.engines.gpt_sovits import tiny_checkpoints

TOKENS = [(7 * number) % 1024 for number in range(240)]
PHONEMES = torch.arange(30)[None]


@pytest.fixture(scope="module", params=["v1", "v2", "v2Pro", "v2ProPlus"])
def vits(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Vits:
    path: Path = tmp_path_factory.mktemp("weights") / "s2.pth"
    tiny_checkpoints.write_sovits(path, request.param)
    return Vits(read_sovits(path))


def _voice(vits: Vits) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    spectrogram = torch.rand(1, 1025, 60, generator=generator)
    vectors = [torch.randn(1, 2560, generator=generator)] if vits.voice.hears_speaker else []
    return vits.voice([spectrogram], vectors)


def _windows(vits: Vits, speed: float) -> SpeechWindows:
    return SpeechWindows(vits, ArrivingLatents(vits, PHONEMES, _voice(vits), seed=3, speed=speed))


def _spoken(vits: Vits, sizes: list[int], speed: float = 1.0) -> list[np.ndarray]:
    windows = _windows(vits, speed)
    chunks: list[np.ndarray] = []
    first = 0
    for size in sizes:
        last = first + size >= len(TOKENS)
        chunks += windows.push(TOKENS[first : first + size], last=last)
        first += size
    return chunks


def test_a_sentence_at_once_sounds_as_the_whole_network_makes_it(vits: Vits) -> None:
    voice = _voice(vits)
    encoded = vits.encode(torch.tensor([TOKENS]), PHONEMES, voice)
    expected = vits.decode(latents_of_seed(encoded, 3), voice)[0].numpy()
    chunks = _spoken(vits, [len(TOKENS)])
    assert len(chunks) > 1
    np.testing.assert_allclose(np.concatenate(chunks), expected, rtol=0, atol=1e-5)


def test_every_token_is_heard_once_however_they_arrive(vits: Vits) -> None:
    for sizes in ([24, 25, 50, 100, 100], [3, 1, 236]):
        sound = np.concatenate(_spoken(vits, sizes))
        assert len(sound) == 1280 * len(TOKENS)


def test_windows_join_without_a_seam(vits: Vits) -> None:
    """What the latents were frozen to is one sequence, and its sound one decoding of it."""
    chunks = _spoken(vits, [24, 25, 50, 100, 100])
    sound = np.concatenate(chunks)
    steps = np.abs(np.diff(sound))
    seams = np.cumsum([len(chunk) for chunk in chunks])[:-1]
    for seam in seams:
        near = steps[seam - 1200 : seam + 1200]
        assert steps[seam - 1] <= np.quantile(near, 0.999) * 1.5


def test_streamed_speech_is_near_the_whole(vits: Vits) -> None:
    streamed = np.concatenate(_spoken(vits, [24, 25, 50, 100, 100]))
    whole = np.concatenate(_spoken(vits, [240]))
    difference = np.sqrt(np.mean(np.square(streamed - whole)) / np.mean(np.square(whole)))
    assert difference < 0.25


@pytest.mark.parametrize("speed", [1.0, 1.5])
def test_a_late_chunk_of_a_long_sentence_looks_back_no_further_than_an_early_one(
    vits: Vits, speed: float
) -> None:
    tokens, looked_at = [(13 * number) % 1024 for number in range(700)], list[int]()

    def features(tokens: Tensor, phonemes: Tensor, voice: Tensor) -> Tensor:
        looked_at.append(tokens.shape[1])
        return vits.features(tokens, phonemes, voice)

    voice = _voice(vits)
    latents = ArrivingLatents(vits, PHONEMES, voice, seed=3, speed=speed, features=features)
    windows = SpeechWindows(vits, latents)
    pushed = (windows.push(tokens[at : at + 50], last=at == 650) for at in range(0, 700, 50))
    sound = np.concatenate([chunk for chunks in pushed for chunk in chunks])
    assert looked_at[:5] == [50, 100, 150, 200, 250]
    assert max(looked_at) <= LOOKED_BACK + 60
    whole = SpeechWindows(vits, ArrivingLatents(vits, PHONEMES, voice, seed=3, speed=speed))
    expected = np.concatenate(list(whole.push(tokens, last=True)))
    assert len(sound) == len(expected)
    if speed == 1:
        difference = np.sqrt(np.mean(np.square(sound - expected)) / np.mean(np.square(expected)))
        assert difference < 0.25


def test_the_first_tokens_make_sound_before_the_rest_is_there(vits: Vits) -> None:
    windows = _windows(vits, speed=1.0)
    sound = np.concatenate(list(windows.push(TOKENS[:24], last=False)))
    assert len(sound) == 28 * vits.samples_per_frame


@pytest.mark.parametrize("speed", [0.5, 1.25, 2.0])
def test_speed_shortens_streams_as_it_shortens_the_whole(vits: Vits, speed: float) -> None:
    lengths = {
        sum(len(chunk) for chunk in _spoken(vits, sizes, speed))
        for sizes in ([240], [24, 25, 50, 100, 100])
    }
    assert lengths == {(int(480 / speed) + 1) * vits.samples_per_frame}


def test_a_frame_at_a_pace_does_not_move_when_more_arrive() -> None:
    features = torch.randn(1, 4, 100, generator=torch.Generator().manual_seed(0))
    whole = at_pace(features, 1.3, last=True)
    part = at_pace(features[:, :, :60], 1.3, last=False)
    assert part.shape[2] > 40
    assert torch.equal(part, whole[:, :, : part.shape[2]])


def test_frames_that_come_all_at_once_are_spread_evenly_as_published() -> None:
    features = torch.arange(100.0).reshape(1, 1, 100)
    whole = at_pace(features, 1.3, last=True, first=0)
    steps = torch.diff(whole[0, 0, 1:-1])
    assert whole.shape == (1, 1, int(100 / 1.3) + 1)
    assert torch.allclose(steps, torch.tensor(100 / whole.shape[2]), atol=1e-4)
