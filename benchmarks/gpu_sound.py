"""What must be true of sound on a GPU: `python -m benchmarks.gpu_ready` prints these rows.

A recorded step must come to what its parts come to unrecorded, but for rounding: shapes are others,
so kernels are, too. And a sentence must have the same bits again, and beside others.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from benchmarks.gpu_checks import Row
from myna.core.audio import Samples
from myna.core.playback import NOBODY_LISTENS, Playback
from myna.engines.cosyvoice.acoustic.flow import Flow
from myna.engines.cosyvoice.acoustic.flow_desk import FlowDesk
from myna.engines.cosyvoice.acoustic.mel_stream import MelStream
from myna.engines.cosyvoice.acoustic.request import (
    SAMPLES_PER_FRAME,
    SCHEDULES,
    FlowOptions,
    SpeechOptions,
    SpeechPrompt,
)
from myna.engines.cosyvoice.acoustic.speech_stream import SpeechStream
from myna.engines.cosyvoice.acoustic.vocoder import Vocoder
from myna.engines.gpt_sovits.sound.recorded_speech import RecordedSpeech
from myna.engines.gpt_sovits.sound.recorded_vits import RecordedVits
from myna.engines.gpt_sovits.sound.speech_windows import ArrivingLatents, SpeechWindows
from myna.engines.gpt_sovits.sound.vits import Vits
from tests.unit.engines.gpt_sovits.noise import noise_in_decibels, normal

NEAR = {"exact": -70.0, "fast": -25.0}
"""dB of difference where only rounding differs: 32 bits, and 16 with TF32 around them."""
AT_ONCE, ROUNDS = 8, 3
TOKENS = 100  # four seconds
_PROMPT = 75  # tokens
_FRAMES = 128  # of a vocoder's window
_STEPS = FlowOptions(10, 0.7, 250)


def gpt_sovits(vits: Vits, runtime: str) -> Iterator[Row]:
    """Yield the rows of v1 to v2ProPlus."""
    recorded = RecordedVits(vits)

    def latents(number: int, *, in_steps: bool) -> ArrivingLatents:
        return ArrivingLatents(
            vits,
            torch.arange(40 + number)[None],
            normal(1, vits.voice_channels, 1, seed=number) / 4,
            seed=number,
            speed=1.0,
            features=recorded.features if in_steps else None,
        )

    def spoken(number: int) -> Samples:
        with recorded.lane.open():
            arriving = latents(number, in_steps=True)
            speech = RecordedSpeech(recorded, arriving, Playback(NOBODY_LISTENS))
        return _pushed(speech.push, number)

    def unrecorded(number: int) -> Samples:
        with torch.inference_mode():
            arriving = latents(number, in_steps=False)
        return _pushed(SpeechWindows(vits, arriving).push, number)

    near = NEAR[runtime]
    yield _compared("a sentence recorded, unrecorded", spoken(0), unrecorded(0), near)
    yield from _again(spoken)


def _pushed(push: Callable[..., Iterator[Samples]], number: int) -> Samples:
    tokens = [(31 * at + 7 * number) % 1024 for at in range(TOKENS)]
    parts = (tokens[:24], False), (tokens[24:60], False), (tokens[60:], True)
    return np.concatenate([sound for part, last in parts for sound in push(part, last=last)])


@dataclass(frozen=True)
class CosyVoice:
    """Its networks of sound, with recorded steps and without."""

    flow: Flow
    vocoder: Vocoder
    plain_flow: Flow


def cosyvoice(networks: CosyVoice, runtime: str) -> Iterator[Row]:
    """Yield the rows of CosyVoice."""
    prompt = SpeechPrompt(
        torch.arange(_PROMPT) * 7,
        normal(networks.flow.n_mels, 2 * _PROMPT) * 2 - 5,
        normal(192),
    )
    desk = FlowDesk(1)

    def spoken(number: int) -> Samples:
        how = SpeechOptions(_STEPS, SCHEDULES["realtime"], seed=number)
        stream = SpeechStream(networks.flow, networks.vocoder, prompt, how, None, desk)
        tokens = [(31 * at + 7 * number) % 6561 for at in range(TOKENS)]
        pieces = [*stream.push(tokens[:60]), *stream.push(tokens[60:], last=True)]
        return np.concatenate(pieces)

    mels = [_mel(flow, prompt) for flow in (networks.flow, networks.plain_flow)]
    near = NEAR[runtime]
    yield _compared("chunks of mel recorded, unrecorded", *mels, near)
    yield _compared("a window of sound recorded, unrecorded", *_windows(networks), near)
    yield from _again(spoken)


@torch.inference_mode()
def _mel(flow: Flow, prompt: SpeechPrompt) -> Samples:
    stream = MelStream(flow, prompt, _STEPS, seed=1)
    stream.take(torch.arange(TOKENS) * 31 % 6561)
    chunks = [stream.advance(count) for count in (8, 17, 50)]
    return _here(torch.cat(chunks, dim=2))


@torch.inference_mode()
def _windows(networks: CosyVoice) -> tuple[Samples, Samples]:
    vocoder, device = networks.vocoder, networks.flow.device
    assert vocoder.windows is not None
    mel = (normal(1, networks.flow.n_mels, _FRAMES) * 2 - 5).to(device)
    source = (normal(1, 1, _FRAMES * SAMPLES_PER_FRAME) / 10).to(device)
    recorded = vocoder.windows(mel, source, _FRAMES)
    assert recorded is not None
    return _here(recorded), _here(vocoder(mel, source))


def _here(numbers: Tensor) -> Samples:
    found: Samples = numbers.float().cpu().numpy()
    return found


def _compared(name: str, got: Samples, expected: Samples, limit: float) -> Row:
    off = noise_in_decibels(torch.from_numpy(got), torch.from_numpy(expected))
    return name, f"{off:.0f} of {limit:.0f} dB", off < limit  # never for what is no number


def _again(spoken: Callable[[int], Samples]) -> Iterator[Row]:
    alone = [spoken(number) for number in range(AT_ONCE)]

    def same(others: Sequence[Samples]) -> bool:
        return all(map(partial(np.array_equal, equal_nan=True), alone, others))

    again = same([spoken(number) for number in range(AT_ONCE)])
    yield "a sentence again", "same bits" if again else "others", again
    with ThreadPoolExecutor(AT_ONCE) as threads:
        beside = all(same(list(threads.map(spoken, range(AT_ONCE)))) for _ in range(ROUNDS))
    yield f"{AT_ONCE} sentences at once", "same bits" if beside else "others", beside
