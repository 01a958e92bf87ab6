"""What computes the logits of semantic tokens: exactly, or fast in eight bits."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch

from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.text_to_semantic import (
    KeyValueCache,
    TextToSemantic,
    scaled,
)
from myna.engines.gpt_sovits.weights import SemanticCheckpoint
from myna.engines.graphs.graph_folder import GraphFolder, GraphRefused
from myna.engines.graphs.products import Floats

logger = logging.getLogger(__name__)


class SemanticRuntime(Protocol):
    """The network and the sequences it is reading, one per slot. One thread uses it at a time.

    The logits of a sequence are the same, bit for bit, whichever others are stepped with it.
    """

    @property
    def precision(self) -> str:
        """How exact it computes: one word, which changes whenever its logits come to differ."""

    @property
    def vocabulary(self) -> int:
        """How many logits there are: the tokens and, last, the end."""

    def admit(self, slot: int, speech: SemanticRequest) -> Floats:
        """Read a request and return the logits of its first token: (vocabulary,).

        Raises `TextTooLong`.
        """

    def step(self, slots: Sequence[int], tokens: Sequence[int]) -> list[Floats]:
        """Read one token of each of some sequences; return the logits of each, (vocabulary,).

        They may be overwritten by the next step.
        """

    def keys(self, slot: int, positions: slice) -> Floats:
        """Return a copy of a sequence's keys at some positions: (layers, heads, L, width)."""

    def queries(self, slot: int) -> Floats:
        """Return a copy of what the step before looked for in a sequence: (layers, heads, width).

        Scaled by width ** -0.5. Only of a sequence that took part in that step.
        """

    def release(self, slot: int) -> None:
        """Forget a sequence, if there is one."""


class ExactRuntime:
    """32 bits throughout, in torch, one sequence after another.

    A matrix product over several rows may round otherwise than over one, and one other token
    changes all that follow.
    """

    precision = "exact"

    def __init__(self, model: TextToSemantic) -> None:
        self._model = model
        self._caches: dict[int, KeyValueCache] = {}
        self._first = torch.zeros(1, dtype=torch.int64)

    @property
    def vocabulary(self) -> int:
        """How many logits there are."""
        return self._model.vocabulary

    @torch.inference_mode()
    def admit(self, slot: int, speech: SemanticRequest) -> Floats:
        """Read a request."""
        cache = self._model.new_cache(1, speech.capacity, keeps_queries=True)
        logits = self._model.prefill(speech.phonemes, speech.context, speech.prompt, cache)
        self._caches[slot] = cache
        return logits.numpy(force=True)

    @torch.inference_mode()
    def step(self, slots: Sequence[int], tokens: Sequence[int]) -> list[Floats]:
        """Read one token of each of some sequences."""
        return [
            self._model.step(torch.tensor([token]), self._caches[slot], self._first)[0].numpy()
            for slot, token in zip(slots, tokens, strict=True)
        ]

    @torch.inference_mode()
    def keys(self, slot: int, positions: slice) -> Floats:
        """Return the keys of some positions."""
        return self._caches[slot].keys[:, 0, :, positions].numpy().copy()

    @torch.inference_mode()
    def queries(self, slot: int) -> Floats:
        """Return what the last token's step looked for."""
        cache = self._caches[slot]
        assert cache.queries is not None
        return scaled(cache.queries[:, 0, :, int(cache.lengths[0]) - 1]).numpy()

    def release(self, slot: int) -> None:
        """Forget a sequence, if there is one."""
        self._caches.pop(slot, None)


def open_runtime(
    checkpoint: SemanticCheckpoint, wanted: str = "fast", folder: Path | None = None
) -> SemanticRuntime:
    """Return the runtime "fast", which keeps its graphs in a folder, or "exact".

    Where the fast one cannot run, the log says why, and the exact one takes its place; where that
    cannot have its steps in ONNX Runtime, torch computes them.
    """
    if wanted == "fast":
        try:
            return _fast_runtime(checkpoint, folder)
        except (ImportError, GraphRefused) as error:
            logger.warning("GPT-SoVITS runs exact, not fast, which takes longer: %s", error)
    try:
        return _exact_graph_runtime(checkpoint)
    except (ImportError, GraphRefused) as error:
        logger.info("GPT-SoVITS draws tokens in torch, which takes longer: %s", error)
    return ExactRuntime(TextToSemantic(checkpoint))


def _fast_runtime(checkpoint: SemanticCheckpoint, folder: Path | None) -> SemanticRuntime:
    from myna.engines.gpt_sovits.tokens.fast_runtime import FastRuntime  # needs onnxruntime

    graphs = None if folder is None else GraphFolder(folder)
    return FastRuntime(checkpoint, graphs, torch.get_num_threads())


def _exact_graph_runtime(checkpoint: SemanticCheckpoint) -> SemanticRuntime:
    from myna.engines.gpt_sovits.tokens.exact_graph_runtime import (
        ExactGraphRuntime,
    )  # needs it, too

    return ExactGraphRuntime(checkpoint)
