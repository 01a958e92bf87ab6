"""What a GPU would be given, on a pretended one: no machine with a GPU is needed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from myna.core.voice import Voice
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
        for ours, theirs in zip(sounds, _sounds(there, sample, TOKENS), strict=True):
            assert theirs.dtype == np.float32
            assert np.abs(ours).max() > 0.005
            assert np.abs(ours - theirs).max() < 1e-3
    assert there.language_model.decoder.precision == "captured-float32"


def test_in_sixteen_bits_it_speaks(tmp_path: Path, sample: Voice) -> None:
    with PretendedDevice():
        model = _model(tmp_path, Version.COSYVOICE2, "fast", DEVICE)
        assert isinstance(slots_of(model.language_model, 1), CapturedLanguageSlots)
        assert all(np.abs(sound).max() > 0.005 for sound in _sounds(model, sample, TOKENS))
    assert model.language_model.decoder.precision == "captured-bfloat16"
