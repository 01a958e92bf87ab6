"""The language model that turns text into speech tokens, 25 per second of speech.

CosyVoice 2 (Du et al. 2024): a Qwen2 decoder that reads text through its own embedding, speech
tokens through a second one, and has a head for speech tokens only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.qwen2 import (
    BackboneConfig,
    KeyValueCache,
    Linear,
    Qwen2,
)
from myna.engines.cosyvoice.version import Version

__all__ = ["BackboneConfig", "LanguageModel", "Marks", "Segment", "Table", "read_language_model"]

TOKENS_PER_SECOND = 25
N_SPEECH_TOKENS = 6561  # 3 to the 8: what the speech tokenizer's quantiser can tell apart


class Table(Enum):
    """Which embedding reads a token."""

    TEXT = "text"
    SPEECH = "speech"
    MARK = "mark"
    """Of CosyVoice2's two marks."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive tokens of one kind."""

    table: Table
    tokens: tuple[int, ...]

    @classmethod
    def text(cls, tokens: Sequence[int]) -> "Segment":
        """Return text tokens."""
        return cls(Table.TEXT, tuple(tokens))

    @classmethod
    def speech(cls, tokens: Sequence[int]) -> "Segment":
        """Return speech tokens."""
        return cls(Table.SPEECH, tuple(tokens))


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a version: what stands between texts and speech, and what ends speech."""

    start: Segment
    """Before everything."""
    task: Segment
    """After the text, before the speech."""
    end: int
    """Said after the last speech token."""
    fill: int
    """Said where text must be read before more can be said."""
    unsayable: tuple[int, ...]
    """What the head knows and must not say: all but speech tokens, `end` and `fill`."""
    masked_end: int
    """What the published code masks where the end may not come yet."""


class LanguageModel:
    """The network, read-only."""

    def __init__(
        self, backbone: Qwen2, embeddings: Mapping[Table, Tensor], head: Linear, marks: Marks
    ) -> None:
        self._backbone = backbone
        self._embeddings = embeddings
        self._head = head
        self.marks = marks

    @property
    def vocabulary(self) -> int:
        """How many logits there are: speech tokens, then marks."""
        return self._head.weight.shape[0]

    def new_cache(self, slots: int, capacity: int) -> KeyValueCache:
        """Allocate room for so many sequences of at most `capacity` positions each."""
        return self._backbone.new_cache(slots, capacity)

    def embedded(self, segments: Sequence[Segment]) -> Tensor:
        """Return what the decoder reads for some tokens: (tokens, channels)."""
        return torch.cat([self._looked_up(segment) for segment in segments])

    def _looked_up(self, segment: Segment) -> Tensor:
        table = self._embeddings[segment.table]
        tokens = torch.tensor(segment.tokens, dtype=torch.int64, device=table.device)
        return F.embedding(tokens, table)

    def read(self, hidden: Tensor, cache: KeyValueCache, slot: int) -> Tensor:
        """Append embedded tokens (n, channels) to one slot; return the next logits.

        Shape (vocabulary,). Raises `TextTooLong` where the slot is full.
        """
        span = cache.extended(slot, len(hidden))
        return self._head(self._backbone.read(hidden, [span], cache)[-1])

    def step(self, hidden: Tensor, cache: KeyValueCache, slots: Sequence[int]) -> Tensor:
        """Append one embedded token to each of some slots; return the next logits of all rows.

        hidden: (rows, channels), at least one row for each slot; rows beyond those run along and
        leave no trace. Shape (rows, vocabulary).
        """
        spans = [cache.extended(slot, 1) for slot in slots]
        return self._head(self._backbone.read(hidden, spans, cache))


def read_language_model(
    state: Mapping[str, Tensor], *, version: Version, config: BackboneConfig | None = None
) -> LanguageModel:
    """Return the model of a state dict (`llm.pt`). Sizes follow from the tensors' shapes.

    config: of the Qwen2 folder beside it; None is the published one. Raises `WeightsMissing`
    naming a tensor that is not there.
    """
    weights = Tensors(state, "llm.pt")
    backbone = weights.scope("llm.model.model")
    head = Linear(weights["llm_decoder.weight"], weights.get("llm_decoder.bias"))
    embeddings = {
        Table.TEXT: backbone["embed_tokens.weight"],
        Table.SPEECH: weights["speech_embedding.weight"],
    }
    if version is Version.COSYVOICE2:
        embeddings[Table.MARK] = weights["llm_embedding.weight"]
    marks = _marks(version, head.weight.shape[0])
    return LanguageModel(Qwen2(backbone, config or BackboneConfig()), embeddings, head, marks)


def _marks(version: Version, vocabulary: int) -> Marks:
    first = N_SPEECH_TOKENS
    if version is Version.COSYVOICE2:
        start, task = Segment(Table.MARK, (0,)), Segment(Table.MARK, (1,))
        end, fill = first, first + 2
    else:
        start, task = Segment.speech([first]), Segment.speech([first + 2])
        end, fill = first + 1, first + 3
    unsayable = tuple(mark for mark in range(first, vocabulary) if mark not in (end, fill))
    return Marks(start, task, end, fill, unsayable, masked_end=first)
