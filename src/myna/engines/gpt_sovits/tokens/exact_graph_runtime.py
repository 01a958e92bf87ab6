"""The decoder of semantic tokens in 32 bits, with its steps in ONNX Runtime.

torch reads a request; ONNX Runtime, which multiplies one row with a matrix twice as fast, reads the
tokens after it. It keeps the weights in an order of its own, beside torch's: 300 MB more, and no
file.
"""

from dataclasses import replace

import torch

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.semantic_graphs import GRAPH_VERSION, token_graph
from myna.engines.gpt_sovits.tokens.text_to_semantic import SequenceEmbedding, TextToSemantic
from myna.engines.gpt_sovits.tokens.token_steps import SteppedRuntime, TokenSteps
from myna.engines.gpt_sovits.weights import SemanticCheckpoint
from myna.engines.graphs.products import Floats, in_32_bits
from myna.engines.graphs.sessions import open_session


class ExactGraphRuntime(SteppedRuntime):
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

    @torch.inference_mode()
    def admit(self, slot: int, speech: SemanticRequest) -> Floats:
        """Read a request."""
        length = len(speech.phonemes) + len(speech.prompt)
        cache = self._model.new_cache(1, length + 1)
        logits = self._model.prefill(speech.phonemes, speech.context, speech.prompt, cache)
        known = (part[:, 0, :, :length].numpy() for part in (cache.keys, cache.values))
        self.steps.enter(slot, speech, zip(*known, strict=True))
        return logits.numpy()


def _in_32_bits(checkpoint: SemanticCheckpoint) -> SemanticCheckpoint:
    """Return a checkpoint whose readers all get the same memory, not each a wider copy."""
    tensors = checkpoint.tensors
    wide = {name: tensor.float() for name, tensor in tensors.stored.items()}
    return replace(checkpoint, tensors=Tensors(wide, tensors.source, prefix=tensors.prefix))
