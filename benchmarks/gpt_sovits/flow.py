"""Measure v3 and v4's decoders: `python -m benchmarks.gpt_sovits.flow [--upstream FOLDER]`.

The weights are random, of the published sizes, so nothing is downloaded; what is said has no
sense, but takes its time. FOLDER is a checkout of the public GPT-SoVITS repository, with what it
imports installed (x-transformers, einops): then one step of flow matching and the vocoder of v4
are timed against it, turn by turn in the same process, on the same weights, in 32 bits and as
the fast runtime computes them. Without, and afterwards, a sentence of given semantic tokens is
made into sound, streamed and whole.

    --steps 4 8 16 32   steps of flow matching for the sentence
    --version v4        or v3
    --seconds 8         of the sentence
    --rounds 3          comparisons with upstream
    --runtime fast      or exact: how the sentence is computed
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.frontend.spoken_text import SpokenText
from myna.engines.gpt_sovits.sound.bigvgan import BigVgan
from myna.engines.gpt_sovits.sound.decoder import Sentence
from myna.engines.gpt_sovits.sound.flow_decoder import FlowDecoder
from myna.engines.gpt_sovits.sound.flow_matching import FlowMatching, Windows
from myna.engines.gpt_sovits.sound.hifigan import HifiGan
from myna.engines.gpt_sovits.sound.mel_features import MelFeatures
from myna.engines.gpt_sovits.sound.mel_vocoders import MelVocoder
from myna.engines.gpt_sovits.sound.mel_windows import LONGEST_PROMPT, LONGEST_WINDOW
from myna.engines.gpt_sovits.sound.window_batches import WindowBatches
from myna.engines.gpt_sovits.voice.prompt import Prompt
from myna.engines.gpt_sovits.weights import SovitsCheckpoint, SovitsConfig, Version
from tests.parity import recipe
from tests.unit.engines.gpt_sovits import shapes

DILATIONS = ((1, 3, 5),) * 3
TOKENS_PER_SECOND = 25
V4_RATES, V4_KERNELS, V4_WIDTH = (10, 6, 2, 2, 2), (20, 12, 4, 4, 4), 512
V3_RATES, V3_KERNELS, V3_WIDTH = (4, 4, 2, 2, 2, 2), (8, 8, 4, 4, 4, 4), 1536
RUNTIMES = ("exact", "fast")
STEPS_TIMED = 2
VOCODED = 100  # frames


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpt_sovits.flow")
    parser.add_argument("--upstream", type=Path)
    parser.add_argument("--version", choices=("v3", "v4"), default="v4")
    parser.add_argument("--steps", type=int, nargs="*", default=[4, 8, 16, 32])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runtime", choices=("fast", "exact"), default="fast")
    given = parser.parse_args()
    version = Version(given.version)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {version.value}")
    with torch.inference_mode():
        weights = _filled(
            shapes.mel_features(shapes.FULL_V2) | shapes.flow_matching(shapes.FULL_MATCHING)
        )
        if given.upstream is not None:
            _compare(given.upstream.resolve(), weights, version, given.rounds)
        decoder = _decoder(weights, version, Execution(given.runtime))
    print(f"{given.runtime}: {Execution(given.runtime).sound_precision}")
    for steps in given.steps:
        _print_sentence(decoder, version, steps, given.seconds)


def _filled(of: shapes.Shapes) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.asarray(made)) for name, made in recipe.state(of).items()}


def _decoder(weights: dict[str, Tensor], version: Version, execution: Execution) -> FlowDecoder:
    checkpoint = SovitsCheckpoint(version, SovitsConfig(), Tensors(weights, "made"), "", 732)
    matching = WindowBatches(FlowMatching(checkpoint.tensors, execution.flow_projection))
    vocoder = _vocoder(version, execution.vocoder_dtype)
    return FlowDecoder(version, MelFeatures(checkpoint), matching, vocoder)


def _vocoder(version: Version, dtype: torch.dtype) -> MelVocoder:
    if version is Version.V4:
        network = HifiGan(_hifigan_weights(), V4_RATES, DILATIONS, dtype=dtype)
        return MelVocoder(48000, 480, 13, network)
    tensors = Tensors(_filled(shapes.bigvgan(V3_WIDTH, V3_KERNELS)), "made")
    return MelVocoder(24000, 256, 41, BigVgan(tensors, V3_RATES, DILATIONS, dtype=dtype))


def _hifigan_weights() -> Tensors:
    return Tensors(_filled(shapes.hifigan("", V4_WIDTH, 100, V4_KERNELS, None)), "made")


# ---- a sentence ---------------------------------------------------------------------------------


def _print_sentence(decoder: FlowDecoder, version: Version, steps: int, seconds: float) -> None:
    frames = LONGEST_PROMPT[version]
    random = np.random.default_rng(1)
    prompt = Prompt(
        random.standard_normal((1, 512, 1), np.float32),
        random.integers(0, 1024, 125),
        SpokenText(random.integers(1, 700, 40), None),
        random.standard_normal((1, 512, frames), np.float32),
        random.uniform(-1, 0, (1, 100, frames)).astype(np.float32),
    )
    text = SpokenText(random.integers(1, 700, round(10 * seconds)), None)
    tokens = random.integers(0, 1024, round(TOKENS_PER_SECOND * seconds)).tolist()
    first, streamed = _timed(decoder, Sentence(text, prompt, 7, steps=steps), tokens, whole=False)
    _, whole = _timed(decoder, Sentence(text, prompt, 7, steps=steps), tokens, whole=True)
    print(
        f"{steps:3} steps: first sound after {first:.2f} s, real-time factor "
        f"{streamed / seconds:.2f} streamed, {whole / seconds:.2f} whole"
    )


def _timed(
    decoder: FlowDecoder, sentence: Sentence, tokens: list[int], *, whole: bool
) -> tuple[float, float]:
    """Return seconds until the first sound and until the last, with all tokens there at once."""
    began = time.perf_counter()
    speech, first = decoder.speech(sentence), 0.0
    sizes = [len(tokens)] if whole else _sizes(decoder, len(tokens))
    for size in sizes:
        group, tokens = tokens[:size], tokens[size:]
        for _ in speech.push(group, last=not tokens):
            first = first or time.perf_counter() - began
    return first, time.perf_counter() - began


def _sizes(decoder: FlowDecoder, count: int) -> list[int]:
    sizes: list[int] = []
    while count > 0:
        sizes.append(min(count, decoder.chunks[min(len(sizes), len(decoder.chunks) - 1)]))
        count -= sizes[-1]
    return sizes


# ---- against upstream ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Contest:
    """The same computation by theirs, and by each of our runtimes."""

    name: str
    theirs: Callable[[], Tensor]
    ours: dict[str, Callable[[], Tensor]]


def _compare(upstream: Path, weights: dict[str, Tensor], version: Version, rounds: int) -> None:
    with _importable(upstream):
        contests = [_matching(weights, version), _vocoding()]
    for contest in contests:
        everyone = {"upstream": contest.theirs, **contest.ours}
        seconds: dict[str, list[float]] = {name: [] for name in everyone}
        made: dict[str, Tensor] = {}
        for number in range(rounds + 1):
            for name, computation in everyone.items():
                torch.manual_seed(0)
                began = time.perf_counter()
                made[name] = computation()
                if number:  # the first round warms up
                    seconds[name].append(time.perf_counter() - began)
        print(f"{contest.name}: upstream {statistics.median(seconds['upstream']):.3f} s")
        expected = made["upstream"]
        for name in contest.ours:
            pairs = zip(seconds["upstream"], seconds[name], strict=True)
            ratios = [theirs / ours for theirs, ours in pairs]
            error = (made[name] - expected).square().mean() / expected.square().mean()
            print(
                f"  {name}: {statistics.median(seconds[name]):.3f} s, "
                f"{statistics.median(ratios):.2f} times as fast ({min(ratios):.2f} to "
                f"{max(ratios):.2f}), difference {10 * torch.log10(error + 1e-20):.0f} dB"
            )


@contextmanager
def _importable(upstream: Path) -> Iterator[None]:
    paths = [str(upstream), str(upstream / "GPT_SoVITS")]
    sys.path[:0] = paths
    try:
        yield
    finally:
        for path in paths:
            sys.path.remove(path)


def _matching(weights: dict[str, Tensor], version: Version) -> _Contest:
    from f5_tts.model import DiT
    from module.models import CFM

    frames, prompted = LONGEST_WINDOW[version], LONGEST_PROMPT[version]
    size = shapes.FULL_MATCHING
    network = CFM(
        size.n_mels,
        DiT(
            dim=size.channels,
            depth=size.depth,
            heads=16,
            ff_mult=2,
            text_dim=size.text,
            conv_layers=size.text_layers,
        ),
    ).eval()
    # Tables that its constructor computes are not among the weights.
    own = {name.removeprefix("cfm."): of for name, of in weights.items() if name[:4] == "cfm."}
    network.load_state_dict(own, strict=False)
    tensors = Tensors(weights, "made")
    ours = {name: FlowMatching(tensors, Execution(name).flow_projection) for name in RUNTIMES}
    features = torch.randn(1, frames, size.text) * 0.5
    prompt = torch.rand(1, size.n_mels, prompted) - 1
    lengths = torch.LongTensor([frames])

    def noise() -> Tensor:
        return torch.randn(1, size.n_mels, frames)

    def made(network: FlowMatching) -> Callable[[], Tensor]:
        return lambda: network(Windows(features, prompt, noise()), STEPS_TIMED)

    return _Contest(
        f"{STEPS_TIMED} steps of flow matching over {frames} frames",
        lambda: network.inference(features, lengths, prompt, STEPS_TIMED),
        {name: made(ours[name]) for name in RUNTIMES},
    )


def _vocoding() -> _Contest:
    from module.models import Generator

    tensors = _hifigan_weights()
    network = Generator(
        100, "1", [3, 7, 11], DILATIONS, V4_RATES, V4_WIDTH, V4_KERNELS, 0, is_bias=True
    ).eval()
    network.remove_weight_norm()
    network.load_state_dict(dict(tensors.stored))
    mel = torch.randn(1, 100, VOCODED) * 2 - 5

    def made(runtime: str) -> Callable[[], Tensor]:
        dtype = Execution(runtime).vocoder_dtype
        ours = HifiGan(tensors, V4_RATES, DILATIONS, dtype=dtype)
        return lambda: ours(mel)

    return _Contest(
        f"v4's vocoder over {VOCODED} frames",
        lambda: network(mel),
        {name: made(name) for name in RUNTIMES},
    )


if __name__ == "__main__":
    main()
