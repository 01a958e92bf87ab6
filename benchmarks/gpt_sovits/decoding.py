"""Semantic tokens: how many a second, how near to exact, how near to what the memory allows."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np
import torch

from benchmarks.gpt_sovits.rounds import Variant, compared, read_bandwidth, report, timed
from benchmarks.gpt_sovits.upstream import Upstream
from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.semantic_runtimes import ExactRuntime, SemanticRuntime
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech, SemanticSlots
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic
from myna.engines.graphs.eight_bit import BLOCK

PHONEMES = 100  # of the reference and of the sentence
PROMPT = 125  # tokens: a reference of 5 s
COUNT = 75  # tokens: 3 s
TURN = 25  # tokens that are drawn before another variant has its turn
ROWS = 8
SCORED = 60  # tokens
RUNTIMES = ("exact", "fast")
LAYERS, CHANNELS, VOCABULARY = 24, 512, 1025
LAYER_WEIGHTS = CHANNELS * CHANNELS * (3 + 1 + 4 + 4)


def request(seed: int = 0) -> SeededSpeech:
    """Return what all variants are asked for."""
    generator = torch.Generator().manual_seed(seed)
    phonemes = torch.randint(700, (PHONEMES,), generator=generator)
    prompt = torch.randint(1024, (PROMPT,), generator=generator)
    return SeededSpeech(SemanticRequest(phonemes, None, prompt, longest=2 * COUNT), seed)


class Drawing:
    """One of our runtimes, drawing tokens for some sequences at once."""

    def __init__(self, runtime: SemanticRuntime) -> None:
        self._slots = SemanticSlots(runtime)

    def admit(self, rows: int) -> None:
        """Read so many requests, and draw the first token of each."""
        for slot in range(ROWS):
            self._slots.release(slot)
        for slot in range(rows):
            self._slots.admit(slot, request(slot))
        self._slots.step(range(rows))

    def draw(self, rows: int, count: int) -> None:
        """Draw so many tokens more of each."""
        for _ in range(count):
            self._slots.step(range(rows))


@dataclass
class UpstreamDrawing:
    """Upstream drawing tokens for one sequence."""

    upstream: Upstream
    waiting: Generator[int] | None = None

    def admit(self) -> None:
        """Read the request, and draw its first token."""
        speech = request().speech
        self.waiting = self.upstream.tokens(speech.phonemes, speech.prompt, COUNT + 1)
        next(self.waiting)

    def draw(self) -> None:
        """Draw `TURN` tokens more."""
        list(islice(self.waiting or (), TURN))


@torch.inference_mode()
def measure(
    ours: Mapping[str, SemanticRuntime],
    network: TextToSemantic,
    upstream: Upstream | None,
    rounds: int,
) -> None:
    """Print all figures of the decoder of semantic tokens."""
    nearness(ours, network)
    prefix = PHONEMES + PROMPT
    drawings = {name: Drawing(runtime) for name, runtime in ours.items()}
    theirs = None if upstream is None else UpstreamDrawing(upstream)
    reading, drawing = {}, {}
    if theirs is not None:
        reading["upstream"] = Variant(theirs.admit)
        drawing["upstream"] = Variant(theirs.draw, theirs.admit)
    for name, own in drawings.items():
        reading[name] = Variant(partial(own.admit, 1))
        drawing[name] = Variant(partial(own.draw, 1, TURN), partial(own.admit, 1))
    print(f"reading a request of {prefix} positions")
    compared(reading, rounds, 1, "requests")
    print(f"drawing, one sequence, positions {prefix} to {prefix + COUNT}")
    bound(compared(drawing, rounds, COUNT, "tokens", COUNT // TURN)["fast"], 1)
    print(f"drawing, {ROWS} sequences together, upstream in one batch")
    bound(together(drawings, upstream, rounds)["fast"], ROWS)


def together(
    drawings: Mapping[str, Drawing], upstream: Upstream | None, rounds: int
) -> dict[str, float]:
    """Print how fast several sequences are drawn; return the rates.

    Of upstream a long batch less a short one, which reads as much.
    """
    speech = request().speech
    seconds: dict[str, list[float]] = {"upstream": []} if upstream is not None else {}
    seconds |= {name: [] for name in drawings}
    for number in range(rounds + 1):
        taken = {}
        if upstream is not None:
            batch = partial(upstream.together, speech.phonemes, speech.prompt, ROWS)
            less = timed(partial(batch, 1))
            taken["upstream"] = timed(partial(batch, COUNT + 1)) - less
        for name, own in drawings.items():
            own.admit(ROWS)
            taken[name] = timed(partial(own.draw, ROWS, COUNT))
        for name in taken if number else ():
            seconds[name].append(taken[name])
    return report(seconds, ROWS * COUNT, "tokens")


def bound(rate: float, rows: int) -> None:
    """Print what share that is of the rate at which memory could deliver weights and cache."""
    bandwidth = read_bandwidth()
    weights = LAYERS * LAYER_WEIGHTS * (1 + 4 / BLOCK) + VOCABULARY * CHANNELS
    cache = LAYERS * 2 * CHANNELS * 4 * (PHONEMES + PROMPT + COUNT / 2)
    most = rows * bandwidth / (weights + rows * cache)
    print(
        f"  one thread reads {bandwidth / 1e9:.1f} GB/s: at most {most:.0f} tokens/s with weights "
        f"in 8 bits and the cache in 32; fast reaches {rate / most:.0%}"
    )


def nearness(ours: Mapping[str, SemanticRuntime], network: TextToSemantic) -> None:
    """Print how far logits are from those of the network in torch, after the same tokens."""
    speech = request().speech
    tokens = torch.randint(1024, (SCORED,), generator=torch.Generator().manual_seed(1)).tolist()
    logits = {}
    for name, runtime in {"torch": ExactRuntime(network), **ours}.items():
        rows = [runtime.admit(0, speech)]
        rows += [runtime.step([0], [token])[0].copy() for token in tokens]
        logits[name] = torch.from_numpy(np.stack(rows))
        runtime.release(0)
    exact = logits.pop("torch")
    expected = exact.log_softmax(1)
    for name, found in logits.items():
        error = (found - exact).square().mean().sqrt() / exact.std()
        most = (found - exact).abs().max() / exact.abs().max()
        divergence = (expected.exp() * (expected - found.log_softmax(1))).sum(1).mean()
        same = int((exact.argmax(1) == found.argmax(1)).sum())
        print(
            f"{name} logits: error {error:.2g} of their standard deviation, at most {most:.1g} of "
            f"the largest, divergence {divergence:.1e}, the same token first in {same} of "
            f"{len(exact)}"
        )
