"""What a GPU is given, on a pretended one, and on a real one where there is one."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from myna.core.audio import Audio
from myna.core.speech import Options
from myna.core.voice import Voice
from myna.engines.batching.device import settle
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.files import find_files
from myna.engines.gpt_sovits.model import Model, load
from myna.engines.gpt_sovits.sound.decoder import Filling, Sentence
from myna.engines.gpt_sovits.tokens.drawing import Drawing
from tests.unit.engines.gpt_sovits import tiny_checkpoints
from tests.unit.engines.pretended_device import DEVICE, PretendedDevice

GPU = torch.device("cuda", 0)
NEEDS_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")
TEXTS = {"v2ProPlus": ("我们今天", "zh"), "v3": ("Hello.", "en"), "v4": ("Hello.", "en")}


def _model(folder: Path, version: str, runtime: str, device: torch.device) -> Model:
    tiny_checkpoints.write_installation(folder, version)
    return load(find_files(folder, version=version), 1, Execution(runtime, None, 1, device))


def _tokens(model: Model, drawing: Drawing) -> list[int]:
    slots = model.semantic.slots(2)
    slots.admit(1, drawing.attempt(0))
    said: list[int] = []
    while True:
        (outcome,) = slots.step([1])
        for token in outcome if isinstance(outcome, tuple) else (outcome,):
            if token is None:
                return said
            assert isinstance(token, int)
            said.append(token)


def _said(model: Model, voice: Voice, text: tuple[str, str]) -> Sequence[np.ndarray]:
    """Return tokens, the sound of them streamed at another speed, and a gap filled with some."""
    prompt, read = model.prompts.learn(voice), model.reader.read(*text)
    tokens = _tokens(model, Drawing(read, prompt, Options(), 7, 14))
    stream = model.decoder.speech(Sentence(read, prompt, 3, 1.25, 2))
    half = len(tokens) // 2
    sounds = [*stream.push(tokens[:half], last=False), *stream.push(tokens[half:], last=True)]
    side = Audio(voice.reference.samples[:12000], 24000)
    around = list(range(int(side.duration * 25)))
    filling = Filling(Sentence(read, prompt, 3, 1, 2), side, side, around, tokens[:6], around)
    return np.array(tokens), np.concatenate(sounds), model.decoder.filled(filling).samples


@pytest.mark.parametrize("version", TEXTS)
def test_it_says_there_what_it_says_here(tmp_path: Path, sample: Voice, version: str) -> None:
    text = TEXTS[version]
    here = _said(_model(tmp_path, version, "exact", torch.device("cpu")), sample, text)
    with PretendedDevice():
        there = _said(_model(tmp_path, version, "exact", DEVICE), sample, text)
    _assert_same(here, there)


@NEEDS_GPU
@pytest.mark.parametrize("version", TEXTS)
def test_on_a_gpu_it_says_what_it_says_here(tmp_path: Path, sample: Voice, version: str) -> None:
    settle(GPU, exact=True)
    here, there = (
        _said(_model(tmp_path, version, "exact", device), sample, TEXTS[version])
        for device in (torch.device("cpu"), GPU)
    )
    _assert_same(here, there, near=1e-3)


@NEEDS_GPU
def test_on_a_gpu_a_sentence_has_the_same_bits_beside_others(tmp_path: Path, sample: Voice) -> None:
    settle(GPU, exact=False)
    model = _model(tmp_path, "v2ProPlus", "fast", GPU)
    prompt, read = model.prompts.learn(sample), model.reader.read(*TEXTS["v2ProPlus"])

    def sound(number: int) -> np.ndarray:
        stream = model.decoder.speech(Sentence(read, prompt, number, 1 + number / 8))
        tokens = [(7 * at + number) % 1024 for at in range(60)]
        halves = (tokens[:30], False), (tokens[30:], True)
        return np.concatenate(
            [each for half, last in halves for each in stream.push(half, last=last)]
        )

    alone = [sound(number) for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        for _ in range(5):
            together = list(threads.map(sound, range(8)))
            assert all(map(np.array_equal, alone, together))


def _assert_same(
    here: Sequence[np.ndarray], there: Sequence[np.ndarray], near: float = 1e-4
) -> None:
    assert here[0].tolist() == there[0].tolist()
    for ours, theirs in zip(here[1:], there[1:], strict=True):
        assert theirs.dtype == np.float32
        assert np.abs(ours).max() > 0.005
        assert np.abs(ours - theirs).max() < near


def test_in_sixteen_bits_it_sounds_nearly_the_same(tmp_path: Path, sample: Voice) -> None:
    here = _model(tmp_path, "v4", "exact", torch.device("cpu"))
    prompt, read = here.prompts.learn(sample), here.reader.read(*TEXTS["v4"])
    sentence = Sentence(read, prompt, 3, 1, 2)
    sounds = [np.concatenate([*here.decoder.speech(sentence).push(range(20), last=True)])]
    with PretendedDevice():
        fast = _model(tmp_path, "v4", "fast", DEVICE)
        sounds.append(np.concatenate([*fast.decoder.speech(sentence).push(range(20), last=True)]))
        assert len(_tokens(fast, Drawing(read, prompt, Options(), 7, 9))) > 2
    assert "captured-bfloat16-bfloat16" in fast.precision
    noise = np.mean(np.square(sounds[1] - sounds[0])) / np.mean(np.square(sounds[0]))
    assert 0 < noise < 1e-3
