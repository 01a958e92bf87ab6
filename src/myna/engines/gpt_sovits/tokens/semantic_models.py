"""What draws the semantic tokens of a model: one runtime on a CPU, captured slots on a GPU."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from myna.engines.batching.decode_attention import DecodeAttention, attention_on
from myna.engines.batching.scheduler import SlotModel
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.tokens.attention import Attended
from myna.engines.gpt_sovits.tokens.captured_slots import CAPACITY, CapturedSlots
from myna.engines.gpt_sovits.tokens.semantic_runtimes import SemanticRuntime, open_runtime
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech, SemanticSlots
from myna.engines.gpt_sovits.tokens.text_to_semantic import (
    KeyValueCache,
    TextToSemantic,
    scaled,
)
from myna.engines.gpt_sovits.weights import SemanticCheckpoint


class SemanticModel(Protocol):
    """A decoder of semantic tokens, read."""

    @property
    def precision(self) -> str:
        """How exact it computes: one word, which changes whenever its logits come to differ."""

    def slots(self, count: int) -> SlotModel[SeededSpeech]:
        """Return what a scheduler steps, with room for so many sequences."""

    def attended(self, request: SeededSpeech, tokens: Sequence[int]) -> Attended | None:
        """Return what was looked at while a request with a record was drawn, to its end.

        None where nobody can tell.
        """


@dataclass(frozen=True, slots=True, eq=False)
class SteppedByRuntime:
    """On a CPU."""

    runtime: SemanticRuntime

    @property
    def precision(self) -> str:
        """That of the runtime."""
        return self.runtime.precision

    def slots(self, count: int) -> SlotModel[SeededSpeech]:
        """Return slots that take memory as sequences need it."""
        return SemanticSlots(self.runtime)

    def attended(self, request: SeededSpeech, tokens: Sequence[int]) -> Attended | None:
        """Return what was noted at each step."""
        return None if request.record is None else request.record.attended()


@dataclass(frozen=True, slots=True, eq=False)
class SteppedByDevice:
    """On a GPU."""

    network: TextToSemantic
    dtype: torch.dtype
    attention: DecodeAttention

    @property
    def precision(self) -> str:
        """That of the weights."""
        return self.attention.named(f"captured-{self.dtype}".replace("torch.", ""))

    def slots(self, count: int) -> SlotModel[SeededSpeech]:
        """Return slots of which all take part in every step."""
        return CapturedSlots(self.network, count, attention=self.attention)

    @torch.inference_mode()
    def attended(self, request: SeededSpeech, tokens: Sequence[int]) -> Attended | None:
        """Read all tokens once more, side by side.

        Here that costs little, and slots that kept their queries would take half as much memory
        again.
        """
        if request.record is None or not tokens:
            return None
        speech, device = request.speech, self.network.token_table.device
        said = torch.cat([speech.prompt, torch.tensor(tokens)]).to(device)
        context = None if speech.context is None else speech.context.to(device)
        length = len(speech.phonemes) + len(said)
        cache = self.network.new_cache(1, length + 1, keeps_queries=True)
        self.network.prefill(speech.phonemes.to(device), context, said, cache)
        return attended_in(cache, request.record.own, slice(length - len(tokens), length))


def attended_in(cache: KeyValueCache, own: slice, drawn: slice) -> Attended | None:
    """Return what the only sequence of a cache looked at; None where it keeps no queries."""
    if cache.queries is None:
        return None
    keys, queries = cache.keys[:, 0, :, own].float(), scaled(cache.queries[:, 0, :, drawn].float())
    return Attended(keys.numpy(force=True), queries.numpy(force=True))


def open_model(checkpoint: SemanticCheckpoint, execution: Execution) -> SemanticModel:
    """Return the decoder of a checkpoint on the device where the networks are."""
    if execution.device.type == "cpu":
        return SteppedByRuntime(open_runtime(checkpoint, execution.runtime, execution.graphs))
    placed = checkpoint.on(execution.device)
    network = TextToSemantic(placed, execution.half)
    attention = attention_on(execution.device, network.cache_shape(CAPACITY))
    return SteppedByDevice(network, execution.half, attention)
