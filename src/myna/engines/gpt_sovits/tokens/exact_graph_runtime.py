"""The decoder of semantic tokens in 32 bits, with its steps in ONNX Runtime.

torch reads a request; ONNX Runtime, which multiplies one row with a matrix twice as fast, reads the
tokens after it. It keeps the weights in an order of its own, beside torch's: 300 MB more, and no
file.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.semantic_graphs import GRAPH_VERSION, token_graph
from myna.engines.gpt_sovits.tokens.text_to_semantic import SequenceEmbedding, TextToSemantic
from myna.engines.gpt_sovits.tokens.token_steps import TokenSteps
from myna.engines.gpt_sovits.weights import SemanticCheckpoint
from myna.engines.graphs.products import Floats, in_32_bits
from myna.engines.graphs.sessions import open_session


class ExactGraphRuntime:
    """32 bits throughout, all sequences in one step, in one thread."""

    precision = f"exact{GRAPH_VERSION}"

    def __init__(self, checkpoint: SemanticCheckpoint) -> None:
        """Make the graph. Raises `GraphRefused` where ONNX Runtime cannot run it."""
        shared = _in_32_bits(checkpoint)
        self._model = TextToSemantic(shared)
        graph = token_graph(shared, in_32_bits)
        self._lent = graph.lends  # must outlive the session
        session = open_session(graph.model(), 1, self._lent)
        self.steps = TokenSteps(session, shared, SequenceEmbedding(shared))
        """The sequences and how they are stepped."""

    @property
    def vocabulary(self) -> int:
        """How many logits there are."""
        return self.steps.vocabulary

    @torch.inference_mode()
    def admit(self, slot: int, speech: SemanticRequest) -> Tensor:
        """Read a request."""
        length = len(speech.phonemes) + len(speech.prompt)
        cache = self._model.new_cache(1, length + 1)
        logits = self._model.prefill(speech.phonemes, speech.context, speech.prompt, cache)
        keys, values = cache.keys[:, 0, :, :length], cache.values[:, 0, :, :length]
        self.steps.enter(slot, speech, zip(keys, values, strict=True))
        return logits

    def step(self, slots: Sequence[int], tokens: Sequence[int]) -> Tensor:
        """Read one token of each of some sequences."""
        return self.steps.step(slots, tokens)

    def keys(self, slot: int, positions: slice) -> Floats:
        """Return the keys of some positions."""
        return self.steps.keys(slot, positions)

    def queries(self, slot: int) -> Floats:
        """Return what the step before looked for."""
        return self.steps.queries(slot)

    def release(self, slot: int) -> None:
        """Forget a sequence, if there is one."""
        self.steps.leave(slot)


def _in_32_bits(checkpoint: SemanticCheckpoint) -> SemanticCheckpoint:
    """Return a checkpoint whose readers all get the same memory, not each a wider copy."""
    tensors = checkpoint.tensors
    wide = {name: tensor.float() for name, tensor in tensors.stored.items()}
    return replace(checkpoint, tensors=Tensors(wide, tensors.source, prefix=tensors.prefix))
