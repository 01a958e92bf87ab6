"""One request's semantic tokens, one after another."""

from collections.abc import Generator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from myna.engines.batching.noise import exponentials
from myna.engines.gpt_sovits.tokens.sampling import (
    Noise,
    SamplingOptions,
    SamplingTable,
    drawn,
    penalized,
    probabilities,
)
from myna.engines.gpt_sovits.tokens.text_to_semantic import KeyValueCache, TextToSemantic
from myna.engines.gpt_sovits.weights import END_TOKEN

LONGEST = 1500  # tokens: 60 s, as far as the published decoders go
FIRST_STEPS = 11  # in which the end cannot be drawn


@dataclass(frozen=True, slots=True, eq=False)
class SemanticRequest:
    """What to say, and after which prompt."""

    phonemes: Tensor  # (L,) int64: of the prompt, then of the sentence
    context: Tensor | None  # (L, 1024) from BERT; None is all zeros
    prompt: Tensor  # (P,) int64: the reference's tokens, or none
    options: SamplingOptions = field(default_factory=SamplingOptions)
    longest: int = LONGEST

    @property
    def capacity(self) -> int:
        """Positions it may come to fill."""
        return len(self.phonemes) + len(self.prompt) + self.longest + 1


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """What decides the next draw of each of some sequences."""

    table: SamplingTable
    seen: Tensor  # (B, vocabulary) bool: prompt and tokens drawn
    seeds: Tensor  # (B,) int64
    steps: Tensor  # (B,) int64: tokens drawn


def semantic_tokens(
    model: TextToSemantic, request: SemanticRequest, noise: Noise, cache: KeyValueCache
) -> Generator[int]:
    """Yield the tokens of a request, each as soon as it is drawn, without the end token.

    Uses slot 0 of the cache and nothing else that outlives the call.
    """
    slots = torch.zeros(1, dtype=torch.int64, device=request.phonemes.device)
    table = SamplingTable.of([request.options], model.vocabulary)
    seen = torch.zeros(1, model.vocabulary, dtype=torch.bool, device=slots.device)
    seen[0, request.prompt] = True
    logits = model.prefill(request.phonemes, request.context, request.prompt, cache)[None]
    for step in range(request.longest):
        token, ended = choose(logits, seen, table, noise, step)
        if ended:
            return
        yield token
        seen[0, token] = True
        logits = model.step(torch.full_like(slots, token), cache, slots)


def choose(
    logits: Tensor, seen: Tensor, table: SamplingTable, noise: Noise, step: int
) -> tuple[int, bool]:
    """Draw one row's next token, and say whether the speech ends with it.

    logits, seen: (1, vocabulary). It ends, too, when the end is the most probable token, whatever
    was drawn.
    """
    if step < FIRST_STEPS:
        logits, seen = logits[:, :END_TOKEN], seen[:, :END_TOKEN]
    logits = penalized(logits, seen, table)
    distribution = probabilities(logits, table)
    exponential = noise(step, (1, distribution.shape[1]), distribution.device)
    token = int(drawn(distribution, exponential)[0])
    return token, token == END_TOKEN or int(logits.argmax()) == END_TOKEN


def choose_each(logits: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
    """Draw a token for each row, and say where the speech ends: (B,) int64 and (B,) bool.

    As `choose` with `SeededNoise`, for rows at different steps, and nothing is read back: each
    row's outcome follows from that row alone.
    """
    early = draws.steps[:, None] < FIRST_STEPS
    is_end = torch.arange(logits.shape[1], device=logits.device) == END_TOKEN
    logits = penalized(logits.masked_fill(early & is_end, -torch.inf), draws.seen, draws.table)
    noise = exponentials(draws.seeds, draws.steps, logits.shape[1])
    tokens = drawn(probabilities(logits, draws.table), noise)
    return tokens, (tokens == END_TOKEN) | (logits.argmax(dim=1) == END_TOKEN)
