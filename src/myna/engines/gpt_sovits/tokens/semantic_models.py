"""What draws the semantic tokens of a model: one runtime on a CPU, captured slots on a GPU."""

from dataclasses import dataclass
from typing import Protocol

import torch

from myna.engines.batching.decode_attention import DecodeAttention, attention_on
from myna.engines.batching.scheduler import SlotModel
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.tokens.captured_slots import CAPACITY, CapturedSlots
from myna.engines.gpt_sovits.tokens.semantic_runtimes import SemanticRuntime, open_runtime
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech, SemanticSlots
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic
from myna.engines.gpt_sovits.weights import SemanticCheckpoint


class SemanticModel(Protocol):
    """A decoder of semantic tokens, read."""

    @property
    def precision(self) -> str:
        """How exact it computes: one word, which changes whenever its logits come to differ."""

    def slots(self, count: int) -> SlotModel[SeededSpeech]:
        """Return what a scheduler steps, with room for so many sequences."""


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


def open_model(checkpoint: SemanticCheckpoint, execution: Execution) -> SemanticModel:
    """Return the decoder of a checkpoint on the device where the networks are."""
    if execution.device.type == "cpu":
        return SteppedByRuntime(open_runtime(checkpoint, execution.runtime, execution.graphs))
    placed = checkpoint.on(execution.device)
    network = TextToSemantic(placed, execution.half)
    attention = attention_on(execution.device, network.cache_shape(CAPACITY))
    return SteppedByDevice(network, execution.half, attention)
