"""What a GPU is given, on a pretended one, and on a real one where there is one."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from myna.core.voice import Voice
from myna.engines.batching.device import settle
from myna.engines.cosyvoice.acoustic.flow_desk import FlowDesk
from myna.engines.cosyvoice.acoustic.prepared_prompts import PreparedPrompts
from myna.engines.cosyvoice.acoustic.published_stream import PublishedStream
from myna.engines.cosyvoice.acoustic.request import SCHEDULES, FlowOptions, SpeechOptions
from myna.engines.cosyvoice.acoustic.speech_stream import SpeechStream
from myna.engines.cosyvoice.execution import Execution
from myna.engines.cosyvoice.files import find_files
from myna.engines.cosyvoice.model import Model, load
from myna.engines.cosyvoice.tokens.captured_slots import CapturedLanguageSlots, slots_of
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.tiny_checkpoint import write_checkpoint
from tests.unit.engines.pretended_device import DEVICE, PretendedDevice

GPU = torch.device("cuda", 0)
NEEDS_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")
VERSIONS = [Version.COSYVOICE2, Version.COSYVOICE3]
FLOW = FlowOptions(1, 0.7, 60)
TOKENS = range(34)
REALTIME = SCHEDULES["realtime"]


def _model(folder: Path, version: Version, runtime: str, device: torch.device) -> Model:
    files = find_files(write_checkpoint(folder, version))
    return load(files, Execution(runtime=runtime, device=device))


def _sounds(model: Model, voice: Voice, tokens: Sequence[int]) -> Sequence[np.ndarray]:
    """Return the sound of tokens streamed at another speed, made whole, and as published."""
    prompt = model.prompts.learn(voice).acoustic
    begun = PreparedPrompts(model.flow, 10**9).begun(prompt, FLOW)
    sounds = []
    for schedule, given in ((REALTIME, begun), (None, None)):
        how = SpeechOptions(FLOW, schedule, 1.2, 4)
        stream = SpeechStream(model.flow, model.vocoder, prompt, how, given)
        pieces = [*stream.push(tokens[:20]), *stream.push(tokens[20:], last=True)]
        sounds.append(np.concatenate(pieces))
    if not model.vocoder.causal:
        published = PublishedStream(
            model.flow, model.vocoder, prompt, SpeechOptions(FLOW, REALTIME)
        )
        sounds.append(np.concatenate([*published.push(tokens, last=True)]))
    return sounds


@pytest.mark.parametrize("version", VERSIONS)
def test_it_says_there_what_it_says_here(tmp_path: Path, sample: Voice, version: Version) -> None:
    here = _model(tmp_path, version, "exact", torch.device("cpu"))
    sounds = _sounds(here, sample, TOKENS)
    with PretendedDevice():
        there = _model(tmp_path, version, "exact", DEVICE)
        _assert_near(sounds, _sounds(there, sample, TOKENS), 1e-3)
    assert there.language_model.decoder.precision == "captured-float32"


def test_in_sixteen_bits_it_speaks(tmp_path: Path, sample: Voice) -> None:
    with PretendedDevice():
        model = _model(tmp_path, Version.COSYVOICE2, "fast", DEVICE)
        assert isinstance(slots_of(model.language_model, 1), CapturedLanguageSlots)
        assert all(np.abs(sound).max() > 0.005 for sound in _sounds(model, sample, TOKENS))
    assert model.language_model.decoder.precision == "captured-bfloat16"


@NEEDS_GPU
@pytest.mark.parametrize("version", VERSIONS)
def test_on_a_gpu_it_says_what_it_says_here(
    tmp_path: Path, sample: Voice, version: Version
) -> None:
    settle(GPU, exact=True)
    here, there = (
        _sounds(_model(tmp_path, version, "exact", device), sample, TOKENS)
        for device in (torch.device("cpu"), GPU)
    )
    _assert_near(here, there, 1e-2)


@NEEDS_GPU
@pytest.mark.parametrize("version", VERSIONS)
def test_on_a_gpu_a_text_has_the_same_bits_beside_others(
    tmp_path: Path, sample: Voice, version: Version
) -> None:
    settle(GPU, exact=False)
    model = _model(tmp_path, version, "fast", GPU)
    prompt, desk = model.prompts.learn(sample).acoustic, FlowDesk(1)
    begun = PreparedPrompts(model.flow, 10**9).begun(prompt, FLOW)

    def sound(number: int) -> np.ndarray:
        how = SpeechOptions(FLOW, REALTIME, 1 + number / 8, number)
        stream = SpeechStream(model.flow, model.vocoder, prompt, how, begun, desk)
        tokens = [(7 * at + number) % 6561 for at in range(120)]
        pieces = [*stream.push(tokens[:60]), *stream.push(tokens[60:], last=True)]
        return np.concatenate(pieces)

    alone = [sound(number) for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        for _ in range(5):
            assert all(map(np.array_equal, alone, threads.map(sound, range(8))))


def _assert_near(here: Sequence[np.ndarray], there: Sequence[np.ndarray], near: float) -> None:
    for ours, theirs in zip(here, there, strict=True):
        assert theirs.dtype == np.float32
        assert np.abs(ours).max() > 0.005
        assert np.abs(ours - theirs).max() < near
