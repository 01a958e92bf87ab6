"""The language model that turns text into speech tokens, 25 per second of speech.

CosyVoice 2 (Du et al. 2024): a Qwen2 decoder that reads text through its own embedding, speech
tokens through a second one, and has a head for speech tokens only.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor

from myna.engines.checkpoints.layers import Linear
from myna.engines.checkpoints.rows import Rows, RowsInMemory
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.tokens.decoders import Decoder, ExactDecoder
from myna.engines.cosyvoice.tokens.key_value_cache import BackboneConfig, BackboneShape
from myna.engines.cosyvoice.tokens.qwen2 import Qwen2
from myna.engines.cosyvoice.version import Version
from myna.engines.graphs.graph_folder import GraphFolder, GraphRefused

__all__ = ["BackboneConfig", "LanguageModel", "Marks", "Segment", "Table", "read_language_model"]

logger = logging.getLogger(__name__)

BACKBONE = "llm.model.model"
"""Under which the decoder's tensors are, and the embedding of text."""
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
    opens_with_instructions: bool
    """Whether the published code reads the instructions apart where text arrives."""


class LanguageModel:
    """The network, read-only."""

    def __init__(
        self, embeddings: Mapping[Table, Rows], speech: Tensor, decoder: Decoder, marks: Marks
    ) -> None:
        self._embeddings = embeddings
        self.speech_table = speech
        """The embedding of speech tokens: (tokens, channels)."""
        self.decoder = decoder
        self.marks = marks

    def embedded(self, segments: Sequence[Segment]) -> Tensor:
        """Return what the decoder reads for some tokens: (tokens, channels)."""
        return torch.cat([self._looked_up(segment) for segment in segments])

    def _looked_up(self, segment: Segment) -> Tensor:
        table = self._embeddings[segment.table]
        unknown = [token for token in segment.tokens if not 0 <= token < len(table)]
        if unknown:  # a GPU would not recover from looking it up
            raise IndexError(f"there is no {segment.table.value} token {unknown[0]}")
        return table(segment.tokens)


def read_language_model(
    state: Mapping[str, Tensor],
    *,
    version: Version,
    config: BackboneConfig | None = None,
    runtime: str = "exact",
    graphs: GraphFolder | None = None,
    rows: int = 1,
) -> LanguageModel:
    """Return the model of a state dict (`llm.pt`). Sizes follow from the tensors' shapes.

    config: of the Qwen2 folder beside it; None is the published one. runtime: "exact", or "fast",
    which keeps its graph in a folder; where the fast one cannot run, the log says why, and the
    exact one takes its place. rows: see `ExactDecoder`. Raises `WeightsMissing` naming a tensor
    that is not there.
    """
    tensors = Tensors(state, "llm.pt")
    shape = BackboneShape.of(tensors.scope(BACKBONE), config or BackboneConfig())
    fast = _fast_decoder(tensors, shape, graphs) if runtime == "fast" else None
    return assembled(tensors, fast or _exact_decoder(tensors, shape, rows), version)


def assembled(tensors: Tensors, decoder: Decoder, version: Version) -> LanguageModel:
    """Return a decoder with the embeddings and marks that belong to it."""
    speech = tensors["speech_embedding.weight"]
    embeddings: dict[Table, Rows] = {
        Table.TEXT: tensors.scope(BACKBONE).rows("embed_tokens.weight"),
        Table.SPEECH: RowsInMemory(speech),
    }
    if version is Version.COSYVOICE2:
        embeddings[Table.MARK] = RowsInMemory(tensors["llm_embedding.weight"])
    return LanguageModel(embeddings, speech, decoder, _marks(version, decoder.vocabulary))


def _exact_decoder(tensors: Tensors, shape: BackboneShape, rows: int) -> Decoder:
    head = Linear(tensors["llm_decoder.weight"], tensors.get("llm_decoder.bias"))
    return ExactDecoder(Qwen2(tensors.scope(BACKBONE), shape), head, shape, rows)


def _fast_decoder(
    tensors: Tensors, shape: BackboneShape, graphs: GraphFolder | None
) -> Decoder | None:
    try:
        from myna.engines.cosyvoice.tokens.fast_decoder import FastDecoder  # needs onnxruntime

        return FastDecoder(tensors, shape, graphs)
    except (ImportError, GraphRefused) as error:
        logger.warning("CosyVoice runs exact, not fast, which takes longer: %s", error)
        return None


def _marks(version: Version, vocabulary: int) -> Marks:
    first = N_SPEECH_TOKENS
    is_second = version is Version.COSYVOICE2
    if is_second:
        start, task = Segment(Table.MARK, (0,)), Segment(Table.MARK, (1,))
        end, fill = first, first + 2
    else:
        start, task = Segment.speech([first]), Segment.speech([first + 2])
        end, fill = first + 1, first + 3
    unsayable = tuple(mark for mark in range(first, vocabulary) if mark not in (end, fill))
    return Marks(start, task, end, fill, unsayable, first, not is_second)
