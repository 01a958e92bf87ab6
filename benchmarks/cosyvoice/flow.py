"""How fast CosyVoice2's flow and vocoder are, beside the published code, and what options change.

    python -m benchmarks.cosyvoice.flow [--upstream PATH] [--rounds 3] [--seconds 5] [--parts ...]

PATH is a checkout of the published repository, its submodule Matcha-TTS included; diffusers,
einops and omegaconf must be installed. What else it imports, and flow and vocoder do without, is
replaced by empty modules. Weights are random, of full size, the same on both sides: only times and
deviations mean anything. Both sides take turns; ratios are medians of the rounds' ratios.

The part `options` says what fewer steps and no guidance save, and how far the mel is then from
that of 10 steps with guidance. A trained network's path is straighter than a random one's, so the
distances are only indicative: they rank the options, and do not say how they sound.
"""

import argparse
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from benchmarks.cosyvoice.published import read_published
from benchmarks.cosyvoice.weights import filled
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.flow import Flow, read_flow
from myna.engines.cosyvoice.acoustic.mel_stream import MelStream
from myna.engines.cosyvoice.acoustic.request import FlowOptions, SpeechPrompt
from myna.engines.cosyvoice.acoustic.sound_stream import SoundStream
from myna.engines.cosyvoice.acoustic.vocoder import Vocoder, read_vocoder
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.acoustic import tiny_networks as tiny

_VERSION = Version.COSYVOICE2
PROMPT_TOKENS = 75  # three seconds
CHUNK = 25  # tokens: one second
DECIBELS = 20 / math.log(10)  # of a natural logarithm of amplitude
PARTS = ("whole", "streamed", "vocoder", "options", "history")


class Published(Protocol):
    """The published code, as `benchmarks.cosyvoice.published` reads it."""

    def mel(self, tokens: Tensor, prompt: SpeechPrompt, *, last: bool, streaming: bool) -> Tensor:
        """Make the mel of all tokens, or of all but three."""
        ...

    def sound(self, mel: Tensor) -> Tensor:
        """Make samples."""
        ...


def main() -> None:
    """Measure, and print as it goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upstream", type=Path, help="a checkout of the published repository")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of speech, 2 or more")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--tiny", action="store_true", help="small networks, to try the script")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    states: dict[str, Mapping[str, Tensor]] = {
        "flow": tiny.flow_state(_VERSION) if arguments.tiny else filled("flow"),
        "hift": tiny.vocoder_state(_VERSION) if arguments.tiny else filled("hift"),
    }
    flow, fast = (
        read_flow(
            Tensors(states["flow"], "flow.pt"),
            version=_VERSION,
            head_width=tiny.HEAD_WIDTH if arguments.tiny else 64,
            precision=precision,
        )
        for precision in (torch.float32, torch.bfloat16)
    )
    vocoder = read_vocoder(Tensors(states["hift"], "hift.pt"), version=_VERSION)
    published = arguments.upstream and read_published(arguments.upstream, states)
    drawn = torch.Generator().manual_seed(1)
    prompt = SpeechPrompt(
        torch.randint(0, flow.vocabulary, (PROMPT_TOKENS,), generator=drawn),
        torch.randn(flow.n_mels, 2 * PROMPT_TOKENS, generator=drawn) * 2 - 5,
        torch.randn(192, generator=drawn),
    )
    count = CHUNK * max(2, arguments.seconds) + 3
    tokens = torch.randint(0, flow.vocabulary, (count,), generator=drawn)
    parts, rounds = arguments.parts, arguments.rounds
    with torch.inference_mode():
        if "whole" in parts:
            whole((flow, fast), prompt, tokens, published, rounds)
        if "streamed" in parts:
            streamed((flow, fast), prompt, tokens, published, rounds)
        if "vocoder" in parts:
            vocoded(vocoder, arguments.seconds, published, rounds)
        if "options" in parts:
            options(flow, prompt, tokens, rounds)
        if "history" in parts:
            history(flow, prompt, tokens)


def whole(
    flows: tuple[Flow, Flow],
    prompt: SpeechPrompt,
    tokens: Tensor,
    published: Published | None,
    rounds: int,
) -> None:
    """Time an utterance made at once, exactly and in bfloat16."""
    seconds = tokens.shape[0] / CHUNK
    flow, fast = flows
    sides = {
        "myna": lambda: flow.mel(prompt, tokens, FlowOptions()),
        "myna, bfloat16": lambda: fast.mel(prompt, tokens, FlowOptions()),
    }
    print(
        f"flow: deviation of bfloat16 {deviation(sides['myna, bfloat16'](), sides['myna']()):.1e}"
    )
    if published is not None:
        made = published.mel(tokens, prompt, last=True, streaming=False)
        print(f"flow: deviation from published {deviation(sides['myna'](), made):.1e}")
        sides["published"] = lambda: published.mel(tokens, prompt, last=True, streaming=False)
    report(f"flow, {seconds:.1f} s at once", sides, seconds, rounds)


def streamed(
    flows: tuple[Flow, Flow],
    prompt: SpeechPrompt,
    tokens: Tensor,
    published: Published | None,
    rounds: int,
) -> None:
    """Time chunk after chunk of one second."""
    chunks = tokens.shape[0] // CHUNK
    flow, fast = flows
    begun = {
        "myna": MelStream(flow, prompt, FlowOptions()),
        "prompt prepared": MelStream(flow, prompt, FlowOptions()),
        "myna, bfloat16": MelStream(fast, prompt, FlowOptions()),
    }
    begun["prompt prepared"].prepare()
    sides: dict[str, list[list[float]]] = {name: [] for name in begun}
    if published is not None:
        sides["published"] = []
    for _ in range(rounds):
        for name, taken in sides.items():
            if name == "published" and published is not None:
                steps = [published_step(published, tokens, prompt, end) for end in range(chunks)]
            else:
                steps = own_steps(begun[name].copy(None), tokens, chunks)
            taken.append([seconds_of(step) for step in steps])
    for name, taken in sides.items():
        medians = [statistics.median(at) for at in zip(*taken, strict=True)]
        growth = statistics.median(run[-1] / run[1] for run in taken)
        line = " ".join(f"{median:6.2f}" for median in medians)
        print(f"flow, chunks of 1 s, {name:16s} s: {line}   last over second {growth:.2f}")


def own_steps(stream: MelStream, tokens: Tensor, chunks: int) -> list[Callable[[], object]]:
    """Return what makes each chunk."""
    stream.take(tokens)
    return [lambda: stream.advance(CHUNK)] * chunks


def published_step(
    published: Published, tokens: Tensor, prompt: SpeechPrompt, chunk: int
) -> Callable[[], object]:
    """Return what makes a chunk: everything so far, once more."""
    given = tokens[: CHUNK * (chunk + 1) + 3]
    return lambda: published.mel(given, prompt, last=False, streaming=True)


def vocoded(vocoder: Vocoder, seconds: int, published: Published | None, rounds: int) -> None:
    """Time the vocoder, at once and in chunks of a second."""
    mel = torch.randn(1, 80, 50 * seconds, generator=torch.Generator().manual_seed(2)) * 2 - 5

    def chunked() -> Tensor:
        stream = SoundStream(vocoder, 8, 0)
        parts = mel.split(50, dim=2)
        sounds = [stream.push(part, last=part is parts[-1]) for part in parts]
        return torch.cat(sounds)

    sides: dict[str, Callable[[], Tensor]] = {
        "myna": lambda: SoundStream(vocoder, 0, 0).push(mel, last=True),
        "myna, in chunks": chunked,
    }
    if published is not None:
        sides["published"] = lambda: published.sound(mel)
    report(f"vocoder, {seconds} s", sides, seconds, rounds)


def options(flow: Flow, prompt: SpeechPrompt, tokens: Tensor, rounds: int) -> None:
    """Show what fewer steps and no guidance save and change.

    The ratio of signal to noise is that of the variation of the mel of 10 steps with guidance to
    the difference from it; the mel is a logarithm (base e) of amplitudes.
    """
    full = FlowOptions()
    chosen = [FlowOptions(steps, guidance) for steps in (10, 5, 3) for guidance in (0.7, 0)]
    times: dict[FlowOptions, list[float]] = {option: [] for option in chosen}
    mels: dict[FlowOptions, Tensor] = {}
    for _ in range(rounds):
        for option in chosen:
            started = time.perf_counter()
            mels[option] = flow.mel(prompt, tokens, option)
            times[option].append(time.perf_counter() - started)
    for option in chosen:
        pairs = zip(times[option], times[full], strict=True)
        ratio = statistics.median(taken / of_full for taken, of_full in pairs)
        difference = mels[option] - mels[full]
        mean = float(difference.abs().mean()) * DECIBELS
        print(
            f"steps {option.steps:2d} guidance {option.guidance:.1f}: {ratio:.2f} of the time, "
            f"signal to noise {signal_to_noise(mels[option], mels[full]):.1f} dB, bands "
            f"{mean:.1f} dB off on average"
        )
    print("(random weights: the distances are only indicative)")


def history(flow: Flow, prompt: SpeechPrompt, tokens: Tensor) -> None:
    """Show what a bounded history changes."""
    full = FlowOptions()
    everything = in_chunks(flow, prompt, tokens, full)
    for frames in (50, 100, 200):
        bounded = in_chunks(flow, prompt, tokens, FlowOptions(history_frames=frames))
        print(f"history {frames} frames: deviation {deviation(bounded, everything):.3f}")


def in_chunks(flow: Flow, prompt: SpeechPrompt, tokens: Tensor, option: FlowOptions) -> Tensor:
    """Make the mel of all tokens but three in chunks of a second."""
    stream = MelStream(flow, prompt, option)
    stream.take(tokens)
    return torch.cat([stream.advance(CHUNK) for _ in range(tokens.shape[0] // CHUNK)], dim=2)


def deviation(mel: Tensor, reference: Tensor) -> float:
    """Return the root mean square of a difference over the reference's standard deviation."""
    return float((mel - reference).square().mean().sqrt() / reference.std())


def signal_to_noise(mel: Tensor, reference: Tensor) -> float:
    """Return how far the reference's variation is above the difference: dB."""
    return -20 * math.log10(max(deviation(mel, reference), 1e-9))


def report(title: str, sides: dict[str, Callable[[], Tensor]], seconds: float, rounds: int) -> None:
    """Let the sides take turns; print real-time factors, and ratios to the first side."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for run in sides.values():
        run()
    for _ in range(rounds):
        for name, run in sides.items():
            times[name].append(seconds_of(run))
    ours: Sequence[float] = times["myna"]
    for name, taken in times.items():
        ratios = [one / other for one, other in zip(taken, ours, strict=True)]
        print(
            f"{title}, {name:16s} real-time factor {statistics.median(taken) / seconds:.2f}, "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f}) of myna's time"
        )


def seconds_of(run: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
