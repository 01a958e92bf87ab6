"""The decoder of semantic tokens in ONNX Runtime: weights in eight bits, sequences side by side.

Any number of sequences is one step of the graph, and the numbers of a sequence do not depend on
how many there are. That is tried when the graph is loaded; where it does not hold (the processor
decides which kernels run), each is stepped alone.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable

import onnxruntime
import torch

from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.semantic_graphs import (
    GRAPH_VERSION,
    prefix_graph,
    token_graph,
)
from myna.engines.gpt_sovits.tokens.text_to_semantic import (
    SequenceEmbedding,
    check_length,
    prefix_mask,
)
from myna.engines.gpt_sovits.tokens.token_steps import SteppedRuntime, TokenSteps
from myna.engines.gpt_sovits.weights import SemanticCheckpoint
from myna.engines.graphs.graph_folder import GraphFolder
from myna.engines.graphs.onnx_format import Graph
from myna.engines.graphs.products import EightBits, Floats, Product
from myna.engines.graphs.sessions import open_session

logger = logging.getLogger(__name__)

_UNSEEN = -1e9  # added to the score of what a position must not see


class FastRuntime(SteppedRuntime):
    """Eight-bit weights and activations, all sequences in one step, in one thread."""

    precision = f"fast{GRAPH_VERSION}"

    def __init__(
        self, checkpoint: SemanticCheckpoint, folder: GraphFolder | None, threads: int = 1
    ) -> None:
        """Load the graphs, which are made first unless the folder has them.

        `threads` are for reading a request. Raises `GraphRefused` where ONNX Runtime cannot run
        the graphs.
        """
        self._embedding = SequenceEmbedding(checkpoint)
        product = EightBits()
        self._prefix = _session(checkpoint, prefix_graph, product, folder, threads)
        token = _session(checkpoint, token_graph, product, folder, 1)
        self.steps = TokenSteps(token, checkpoint, self._embedding)

    @torch.inference_mode()
    def admit(self, slot: int, speech: SemanticRequest) -> Floats:
        """Read a request."""
        n_phonemes, n_tokens = len(speech.phonemes), len(speech.prompt)
        check_length(n_phonemes, n_tokens, speech.capacity)
        hidden = self._embedding.prefix(speech.phonemes, speech.context, speech.prompt)
        bias = torch.where(prefix_mask(n_phonemes, n_tokens), 0.0, _UNSEEN)[None, None]
        inputs = {"hidden": hidden.numpy(), "bias": bias.numpy()}
        logits, *arrays = self._prefix.run(None, inputs)
        known = [array[0] for array in arrays]
        self.steps.enter(slot, speech, zip(known[::2], known[1::2], strict=True))
        row: Floats = logits[0]
        return row


def _session(
    checkpoint: SemanticCheckpoint,
    make: Callable[[SemanticCheckpoint, Product], Graph],
    product: Product,
    folder: GraphFolder | None,
    threads: int,
) -> onnxruntime.InferenceSession:
    def pieces() -> Iterable[bytes]:
        return make(checkpoint, product).model()

    if folder is None:
        return open_session(pieces(), threads)
    made_from = f"{checkpoint.digest} {checkpoint.n_heads} {GRAPH_VERSION}"
    key = hashlib.sha256(made_from.encode()).hexdigest()[:16]
    try:
        path = folder.path(f"gpt-sovits-{make.__name__}", key, pieces)
    except OSError as error:
        logger.warning("a graph is made at each start, because it could not be kept: %s", error)
        return open_session(pieces(), threads)
    return open_session(path, threads)
