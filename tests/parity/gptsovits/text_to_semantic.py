"""Cases of the decoder from phonemes to semantic tokens."""

import re
from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor

from myna.engines.batching.decode_attention import MASKED
from myna.engines.gpt_sovits.layers import sinusoids
from myna.engines.gpt_sovits.tokens.sampling import (
    SamplingOptions,
    SamplingTable,
    drawn,
    penalized,
    probabilities,
)
from myna.engines.gpt_sovits.tokens.semantic_decoding import (
    FIRST_STEPS,
    LONGEST,
    SemanticRequest,
)
from myna.engines.gpt_sovits.tokens.semantic_runtimes import ExactRuntime
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech, SemanticSlots
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic
from myna.engines.gpt_sovits.weights import SemanticCheckpoint
from tests.parity import recipe
from tests.parity.case import Array, Case, Row
from tests.parity.gptsovits.given import Usual, given
from tests.parity.gptsovits.networks import tensors_of

PAUSE_TOKEN = 486
SEED = 0  # of no consequence to a greedy choice


def compare(case: Case) -> Iterator[Row]:
    """Run the decoder greedily, alone and in a batch, and step by step on the expected tokens."""
    runs = _Runs(case)
    yield case.compare("pe_first3", sinusoids(3, case.config["embedding_dim"]).numpy())
    yield from runs.alone()
    if "y" in case.arrays:
        yield from runs.logits()
    yield from runs.batched()
    yield from runs.streamed()


class _Runs:
    def __init__(self, case: Case) -> None:
        self.case = case
        checkpoint = SemanticCheckpoint(
            tensors_of(case, prefix="model."),
            digest="",
            n_symbols=case.config["phoneme_vocab_size"],
            n_heads=case.config["head"],
        )
        self.model = TextToSemantic(checkpoint)
        self.options = SamplingOptions(
            top_k=int(case.number("top_k", 1)),
            repetition_penalty=case.number("repetition_penalty", 1.35),
        )
        stop = int(case.number("early_stop_num", 40))
        self.longest = LONGEST if stop < 0 else min(stop + 1, LONGEST)
        symbols = case.shapes["model.ar_text_embedding.word_embeddings.weight"][0]
        channels = case.shapes["model.bert_proj.weight"][1]
        self.phonemes = _numbers(case, "phones", symbols)
        self.prompt = _numbers(case, "prompt", self.model.vocabulary - 1)
        shape = (1, channels, len(self.phonemes))
        context = given(case, "bert", Usual("input.bert", shape, then=_halved))
        self.context = torch.from_numpy(context.astype(np.float32))[0].T

    def _request(self, phonemes: Tensor, context: Tensor, prompt: Tensor) -> SemanticRequest:
        return SemanticRequest(phonemes, context, prompt, self.options, self.longest)

    def _tokens(self, request: SemanticRequest) -> list[int]:
        slots = SemanticSlots(ExactRuntime(self.model))
        slots.admit(0, SeededSpeech(request, SEED))
        tokens: list[int] = []
        while (token := slots.step([0])[0]) is not None:
            if not isinstance(token, int):
                raise ValueError(token)
            tokens.append(token)
        return tokens

    def alone(self) -> Iterator[Row]:
        """The loop as it is: with a prompt, without, and for each item of the batch."""
        compare = self.case.compare
        generated = self._tokens(self._request(self.phonemes, self.context, self.prompt))
        yield compare("y", self._with_prompt(generated)[None])
        yield compare("idx", self._last_step(generated))
        free = self._tokens(self._request(self.phonemes, self.context, self.prompt[:0]))
        yield compare("noprompt_y", np.array(free)[None])
        yield compare("noprompt_idx", np.array(0))
        for index, request in enumerate(self._batch()):
            generated = self._tokens(request)
            yield compare(f"naive_y{index}", self._with_prompt(generated))
            yield compare(f"naive_idx{index}", self._last_step(generated))

    def _with_prompt(self, generated: list[int]) -> Array:
        return np.concatenate([self.prompt.numpy(), np.array(generated, np.int64)])

    def _last_step(self, generated: list[int]) -> Array:
        if not len(self.prompt):
            return np.array(0)  # nothing of a prompt to tell apart
        return np.array(min(len(generated), self.longest - 1))

    def _batch(self) -> list[SemanticRequest]:
        requests = []
        written = re.search(r"'([^']*\{i\}[^']*)'", self.case.notes)
        tag = written[1] if written else "input.bbert{i}"
        while (name := f"batch_x{len(requests)}") in self.case.arrays:
            phonemes = torch.from_numpy(self.case.arrays[name].astype(np.int64))
            place, shape = str(len(requests)), (self.context.shape[1], len(phonemes))
            usual = Usual(tag.replace("{i}", place), shape, then=_halved)
            context = given(self.case, f"batch_bert{place}", usual).astype(np.float32)
            requests.append(self._request(phonemes, torch.from_numpy(context).T, self.prompt))
        return requests

    def logits(self) -> Iterator[Row]:
        """The logits before the penalty, each step fed the expected tokens."""
        expected = self.case.arrays["y"][0, len(self.prompt) :]
        cache = self.model.new_cache(1, len(self.phonemes) + len(self.prompt) + self.longest + 1)
        slots = torch.zeros(1, dtype=torch.int64)
        logits = self.model.prefill(self.phonemes, self.context, self.prompt, cache)
        steps = [logits]
        last = int(self.case.arrays["idx"]) if "idx" in self.case.arrays else len(expected) - 1
        for token in expected[:last].tolist():
            steps.append(self.model.step(torch.tensor([token]), cache, slots)[0])
        for step, row in enumerate(steps):
            name = f"logits_step{step}"
            if name in self.case.arrays:
                yield self.case.compare(name, _without_end(row, step).numpy())
        yield self.case.compare("logits_last", _without_end(steps[last], last).numpy())
        margins = [self._margin(row, step, expected) for step, row in enumerate(steps)]
        largest = float(max(row.abs().max() for row in steps))  # a margin is a difference of two
        margin = np.array(min(margins), np.float32)
        yield self.case.compare("min_top1_gap", margin, relative_to=largest)

    def _margin(self, logits: Tensor, step: int, expected: Array) -> float:
        seen = torch.zeros(1, len(logits), dtype=torch.bool)
        seen[0, self.prompt] = True
        seen[0, expected[:step].tolist()] = True
        table = SamplingTable.of([self.options], self.model.vocabulary)
        best = penalized(logits[None], seen, table)[0]
        return float(-torch.diff(torch.topk(_without_end(best, step), 2).values))

    def batched(self) -> Iterator[Row]:
        """All items of the batch stepped together, each in its own slot."""
        requests = self._batch()
        rows = self._stepped_together(requests) if requests else []
        for index, generated in enumerate(rows):
            limited = generated[: self.longest - 1]  # the batch drops its last token
            yield self.case.compare(f"batch_y{index}", self._with_prompt(limited))
            yield self.case.compare(f"batch_idx{index}", self._last_step(generated))

    def _stepped_together(self, requests: list[SemanticRequest]) -> list[list[int]]:
        model, count = self.model, len(requests)
        longest = max(len(request.phonemes) for request in requests) + len(self.prompt)
        cache = model.new_cache(count, longest + self.longest + 1)
        logits = torch.stack(
            [
                model.prefill(request.phonemes, request.context, request.prompt, cache, slot)
                for slot, request in enumerate(requests)
            ]
        )
        seen = torch.zeros(count, model.vocabulary, dtype=torch.bool)
        seen[:, self.prompt] = True
        table = SamplingTable.of([self.options] * count, model.vocabulary)
        rows: list[list[int]] = [[] for _ in requests]
        active = torch.ones(count, dtype=torch.bool)
        for step in range(self.longest):
            if step < FIRST_STEPS:
                logits[:, model.vocabulary - 1] = -torch.inf
            distribution = probabilities(penalized(logits, seen, table), table)
            tokens = drawn(distribution, torch.ones_like(distribution))
            active &= tokens != model.vocabulary - 1
            for row, token, alive in zip(rows, tokens.tolist(), active.tolist(), strict=True):
                row.extend([token] if alive else [])
            seen.scatter_(1, tokens[:, None], True)
            logits = model.step(tokens, cache, active=active, attention=MASKED)
        return rows

    def streamed(self) -> Iterator[Row]:
        """What a stream hands over piece by piece: of a fixed length, or up to likely pauses."""
        if "stream_fixed_lens" not in self.case.arrays:
            return
        first = int(self.case.arrays["stream_fixed_lens"][0])
        length = int(self.case.number("chunk_length", first))
        tokens = self._tokens(self._request(self.phonemes, self.context, self.prompt))
        # The token that reaches the limit is never followed by a look at what is pending.
        looked_at = len(tokens) - (len(tokens) == self.longest)
        yield from self._pieces("stream_fixed", _of_length(tokens, length, looked_at))
        yield from self._pieces("stream_mute", self._cut_at_pauses(tokens, length, looked_at))

    def _pieces(self, name: str, pieces: list[list[int]]) -> Iterator[Row]:
        compare = self.case.compare
        yield compare(f"{name}_tokens", np.array([token for piece in pieces for token in piece]))
        yield compare(f"{name}_lens", np.array([len(piece) for piece in pieces]))
        yield compare(f"{name}_final", np.array([0] * (len(pieces) - 1) + [1]))

    def _cut_at_pauses(self, tokens: list[int], length: int, looked_at: int) -> list[list[int]]:
        """Cut as the original does: what is pending goes out whole, and some of it twice."""
        table = torch.nn.functional.normalize(self.model.token_table)
        likeness = table @ table[PAUSE_TOKEN]
        pieces, pending = [], list[int]()
        for place, token in enumerate(tokens):
            pending.append(token)
            if len(pending) < length + 2 or place >= looked_at:
                continue
            scores = likeness[pending]
            scores = torch.where(scores < 0, -1.0, scores)
            scores[:-1] += scores[1:].clone()
            best = int(scores.argmax())
            if scores[best] >= 0 and best + 1 >= length:
                pieces.append(pending)
                pending = pending[best + 1 :]
        return [*pieces, pending]


def _of_length(tokens: list[int], length: int, looked_at: int) -> list[list[int]]:
    """Cut off a piece whenever so many are pending; the last one may be empty."""
    count = looked_at // length
    return [tokens[at * length : (at + 1) * length] for at in range(count)] + [
        tokens[count * length :]
    ]


def _without_end(logits: Tensor, step: int) -> Tensor:
    return logits[: len(logits) - 1] if step < FIRST_STEPS else logits


def _numbers(case: Case, name: str, below: int) -> Tensor:
    """Return integers that a case has, or whose shape its notes give; else none."""
    usual = Usual(f"input.{name}", (1, 0), partial(recipe.integers, below=below))
    return torch.from_numpy(given(case, name, usual).astype(np.int64)).reshape(-1)


def _halved(drawn: Array) -> Array:
    return drawn * np.float32(0.5)
