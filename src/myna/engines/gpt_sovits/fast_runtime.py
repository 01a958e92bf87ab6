"""The decoder of semantic tokens in ONNX Runtime: weights in eight bits, sequences side by side.

Any number of sequences is one step of the graph, and the numbers of a sequence do not depend on
how many there are. That is tried when the graph is loaded; where it does not hold (the processor
decides which kernels run), each is stepped alone.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from myna.engines.gpt_sovits.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.semantic_graphs import GRAPH_VERSION, prefix_graph, token_graph
from myna.engines.gpt_sovits.sequence_rows import SequenceRows
from myna.engines.gpt_sovits.text_to_semantic import SequenceEmbedding, check_length, prefix_mask
from myna.engines.gpt_sovits.weights import SemanticCheckpoint
from myna.engines.graphs.graph_folder import GraphFolder
from myna.engines.graphs.onnx_format import Graph
from myna.engines.graphs.sessions import open_session

logger = logging.getLogger(__name__)

_UNSEEN = -1e9  # added to the score of what a position must not see
_TRIED = (2, 3, 5, 8)  # numbers of rows
_DTYPES = {torch.float32: np.float32, torch.int32: np.int32}


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """The graph of a step, bound to the memory of some rows."""

    binding: onnxruntime.IOBinding
    hidden: Tensor  # (B, 1, channels)
    lengths: Tensor  # (B,) int32
    longest: Tensor  # (1,) int32
    logits: Tensor  # (B, 1, vocabulary)


class FastRuntime:
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
        self._prefix = _session(checkpoint, prefix_graph, folder, threads)
        self._token = _session(checkpoint, token_graph, folder, 1)
        vocabulary, channels = checkpoint.tensors["ar_predict_layer.weight"].shape
        self._vocabulary: int = vocabulary
        self._shape = (
            checkpoint.tensors.count("h.layers"),
            checkpoint.n_heads,
            channels // checkpoint.n_heads,
        )
        self.rows = SequenceRows(*self._shape)
        self._steps: dict[tuple[int, int], _Step] = {}  # by first row and number of rows
        self._moves = 0
        self.batches = True
        """Whether several rows are one step."""
        self.batches = self._rows_are_independent()

    @property
    def vocabulary(self) -> int:
        """How many logits there are."""
        return self._vocabulary

    @torch.inference_mode()
    def admit(self, slot: int, speech: SemanticRequest) -> Tensor:
        """Read a request."""
        n_phonemes, n_tokens = len(speech.phonemes), len(speech.prompt)
        check_length(n_phonemes, n_tokens, speech.capacity)
        hidden = self._embedding.prefix(speech.phonemes, speech.context, speech.prompt)
        bias = torch.where(prefix_mask(n_phonemes, n_tokens), 0.0, _UNSEEN)[None, None]
        inputs = {"hidden": hidden.numpy(), "bias": bias.numpy()}
        logits, *known = self._prefix.run(None, inputs)
        length = n_phonemes + n_tokens
        row = self.rows.enter(slot, length, n_tokens, speech.capacity)
        for layer, (keys, values) in enumerate(self.rows.layers):
            keys[row, :, :length] = torch.from_numpy(known[2 * layer][0])
            values[row, :, :length] = torch.from_numpy(known[2 * layer + 1][0])
        return torch.from_numpy(logits[0])

    @torch.inference_mode()
    def step(self, slots: Sequence[int], tokens: Sequence[int]) -> Tensor:
        """Read one token of each of some sequences.

        A row between them takes part as it is: what it writes lies behind its end, and is written
        over when its own next token is read.
        """
        held = self.rows
        rows = [held.slots.index(slot) for slot in slots]
        said = torch.zeros(len(held.slots), dtype=torch.int64)
        said[rows] = torch.tensor(tokens)
        if self.batches:
            logits = self._stepped(0, said[: max(rows) + 1])[rows]
        else:
            logits = torch.cat([self._stepped(row, said[row : row + 1]) for row in rows])
        for row in rows:
            held.lengths[row] += 1
            held.tokens[row] += 1
        return logits

    @torch.inference_mode()
    def release(self, slot: int) -> None:
        """Forget a sequence, if there is one."""
        self.rows.leave(slot)

    def _stepped(self, first: int, tokens: Tensor) -> Tensor:
        """Step rows one after another in memory; the logits (B, vocabulary) are a copy."""
        last = first + len(tokens)
        bound = self._bound(first, len(tokens))
        places = torch.tensor(self.rows.tokens[first:last])
        lengths = self.rows.lengths[first:last]
        bound.hidden.copy_(self._embedding.token(tokens, places))
        bound.lengths.copy_(torch.tensor(lengths))
        bound.longest.fill_(max(lengths) + 1)
        self._token.run_with_iobinding(bound.binding)
        return bound.logits[:, 0].clone()

    def _bound(self, first: int, count: int) -> _Step:
        if self._moves != self.rows.moves:
            self._steps.clear()
            self._moves = self.rows.moves
        if (first, count) not in self._steps:
            self._steps[first, count] = self._binding(first, count)
        return self._steps[first, count]

    def _binding(self, first: int, count: int) -> _Step:
        step = _Step(
            self._token.io_binding(),
            torch.empty(count, 1, self._embedding.tokens.shape[1]),
            torch.empty(count, dtype=torch.int32),
            torch.empty(1, dtype=torch.int32),
            torch.empty(count, 1, self._vocabulary),
        )
        bind, fill = step.binding.bind_input, step.binding.bind_output
        _bind(bind, "hidden", step.hidden)
        _bind(bind, "lengths", step.lengths)
        _bind(bind, "longest", step.longest)
        _bind(fill, "logits", step.logits)
        for layer, pair in enumerate(self.rows.layers):
            for name, tensor in zip((f"keys.{layer}", f"values.{layer}"), pair, strict=True):
                rows = tensor[first : first + count]
                _bind(bind, name, rows)
                _bind(fill, f"{name}.grown", rows)
        return step

    @torch.inference_mode()
    def _rows_are_independent(self) -> bool:
        """Step rows together and alone, and see whether their numbers are equal, bit for bit."""
        held, generator = self.rows, torch.Generator().manual_seed(0)
        most = max(_TRIED)
        for row in range(most):
            held.enter(row, row + 1, row, most)
        for pair in held.layers:
            for tensor in pair:
                tensor[:, :, :most] = torch.randn(tensor[:, :, :most].shape, generator=generator)
        tokens = torch.arange(most)
        alone = torch.cat([self._stepped(row, tokens[row : row + 1]) for row in range(most)])
        together = all(torch.equal(self._stepped(0, tokens[:n]), alone[:n]) for n in _TRIED)
        for row in range(most):
            held.leave(row)
        if not together:
            logger.info("sentences are stepped one by one: this processor rounds batches otherwise")
        return together


def _bind(bind: Callable[..., None], name: str, tensor: Tensor) -> None:
    dtype = _DTYPES[tensor.dtype]
    bind(name, "cpu", 0, dtype, tuple(tensor.shape), tensor.data_ptr())


def _session(
    checkpoint: SemanticCheckpoint,
    make: Callable[[SemanticCheckpoint], Graph],
    folder: GraphFolder | None,
    threads: int,
) -> onnxruntime.InferenceSession:
    def pieces() -> Iterable[bytes]:
        return make(checkpoint).model()

    if folder is None:
        return open_session(pieces(), threads)
    key = hashlib.sha256(f"{checkpoint.digest} {GRAPH_VERSION}".encode()).hexdigest()[:16]
    try:
        path = folder.path(f"gpt-sovits-{make.__name__}", key, pieces)
    except OSError as error:
        logger.warning("a graph is made at each start, because it could not be kept: %s", error)
        return open_session(pieces(), threads)
    return open_session(path, threads)
