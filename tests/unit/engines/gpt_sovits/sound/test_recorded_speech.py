import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from myna.core.playback import NOBODY_LISTENS, Playback
from myna.engines.gpt_sovits.sound.recorded_speech import RecordedSpeech
from myna.engines.gpt_sovits.sound.recorded_vits import RecordedVits
from myna.engines.gpt_sovits.sound.speech_windows import ArrivingLatents, SpeechWindows
from myna.engines.gpt_sovits.sound.vits import Vits, latents_of_seed
from myna.engines.gpt_sovits.weights import read_sovits
from tests.unit.engines.gpt_sovits import tiny_checkpoints
from tests.unit.engines.gpt_sovits.noise import noise_in_decibels, normal

TOKENS = [(7 * number) % 1024 for number in range(240)]
PHONEMES = torch.arange(30)[None]
STREAM = [24, 25, 50, 100, 41]  # tokens, as the engine hands them over


@pytest.fixture(scope="module")
def vits(tmp_path_factory: pytest.TempPathFactory) -> Vits:
    path: Path = tmp_path_factory.mktemp("weights") / "s2.pth"
    tiny_checkpoints.write_sovits(path, "v2ProPlus")
    return Vits(read_sovits(path))


@pytest.fixture(scope="module")
def windows(vits: Vits) -> RecordedVits:
    return RecordedVits(vits, 4)


def _latents(vits: Vits, speed: float = 1.0, seed: int = 3) -> ArrivingLatents:
    voice = normal(1, vits.voice_channels, 1, seed=seed)
    return ArrivingLatents(vits, PHONEMES, voice, seed=seed, speed=speed)


def _recorded(windows: RecordedVits, speed: float = 1.0, seed: int = 3) -> RecordedSpeech:
    latents = _latents(windows.vits, speed, seed)
    return RecordedSpeech(windows, latents, Playback(NOBODY_LISTENS))


def _said(speech: RecordedSpeech | SpeechWindows, sizes: list[int]) -> np.ndarray:
    """Push tokens in groups, the last of which is the end; return all of the sound."""
    sounds, first = [], 0
    for number, size in enumerate(sizes):
        last = number == len(sizes) - 1
        sounds += list(speech.push(TOKENS[first : first + size], last=last))
        first += size
    return np.concatenate(sounds)


@pytest.mark.parametrize(
    "sizes",
    [
        *([240], STREAM, [24, 25, 3], [24, 0], [24, 9], [100, 100, 1], [3, 1, 2, 0, 5, 60]),
        *([count] for count in (1, 17, 32, 33)),
    ],
    ids=str,
)
def test_a_sentence_sounds_as_in_windows_of_its_own_lengths(
    windows: RecordedVits, sizes: list[int]
) -> None:
    expected = _said(SpeechWindows(windows.vits, _latents(windows.vits)), sizes)
    got = _said(_recorded(windows), sizes)
    assert np.abs(expected).max() > 0.005
    assert len(got) == 1280 * sum(sizes)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("speed", [0.5, 1.25, 2.0])
def test_so_it_does_at_another_speed(windows: RecordedVits, speed: float) -> None:
    for sizes in ([60], STREAM[:3]):
        expected = _said(SpeechWindows(windows.vits, _latents(windows.vits, speed)), sizes)
        got = _said(_recorded(windows, speed), sizes)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)


def test_a_sentence_at_once_sounds_as_the_whole_network_makes_it(windows: RecordedVits) -> None:
    vits, latents = windows.vits, _latents(windows.vits)
    encoded = vits.encode(torch.tensor([TOKENS]), PHONEMES, latents.voice)
    whole = vits.decode(latents_of_seed(encoded, 3), latents.voice)[0]
    got = torch.from_numpy(_said(_recorded(windows), [len(TOKENS)]))
    assert noise_in_decibels(got, whole) < -90


def test_a_stream_is_the_whole_run_cut_in_pieces(windows: RecordedVits) -> None:
    """Where the encoder says of the first tokens what it says of them among all."""
    vits, told = windows.vits, _latents(windows.vits)
    with torch.inference_mode():
        features = vits.features(torch.tensor([TOKENS]), PHONEMES, told.voice)
        latents = latents_of_seed(vits.phonetic.prior(features), 3)
        whole = vits.decode(latents, told.voice)[0]

    def known(tokens: Tensor, phonemes: Tensor, voice: Tensor) -> Tensor:
        return features[:, :, : 2 * tokens.shape[1]]

    told = ArrivingLatents(vits, PHONEMES, told.voice, seed=3, speed=1.0, features=known)
    speech = RecordedSpeech(windows, told, Playback(NOBODY_LISTENS))
    streamed = torch.from_numpy(_said(speech, STREAM))
    step = vits.samples_per_frame
    for got, expected in zip(streamed.split(step), whole.split(step), strict=True):
        assert noise_in_decibels(got, expected) < -60
    for seam in (28, 78, 178, 378):  # frames
        jumps = [
            _level(sound[seam * step : (seam + 2) * step])
            - _level(sound[(seam - 2) * step : seam * step])
            for sound in (streamed, whole)
        ]
        assert abs(jumps[0] - jumps[1]) < 0.1


def _level(sound: Tensor) -> float:
    return float(10 * torch.log10(sound.square().mean()))


def test_sentences_of_several_threads_do_not_touch_each_other(windows: RecordedVits) -> None:
    sizes = [[24, 25, 51], [60], [20], [24, 25, 51], [24, 16]]
    alone = [_said(_recorded(windows, seed=seed), each) for seed, each in enumerate(sizes)]
    together: dict[int, np.ndarray] = {}

    def say(number: int) -> None:
        together[number] = _said(_recorded(windows, seed=number), sizes[number])

    threads = [threading.Thread(target=say, args=(number,)) for number in range(len(sizes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number, expected in enumerate(alone):
        np.testing.assert_allclose(together[number], expected, rtol=0, atol=1e-5)


def test_in_sixteen_bits_it_sounds_nearly_the_same(tmp_path: Path) -> None:
    path = tmp_path / "s2.pth"
    tiny_checkpoints.write_sovits(path, "v2")
    exact, rough = (
        torch.from_numpy(_said(_recorded(RecordedVits(Vits(read_sovits(path), dtype))), STREAM))
        for dtype in (torch.float32, torch.bfloat16)
    )
    assert -90 < noise_in_decibels(rough, exact) < -30
