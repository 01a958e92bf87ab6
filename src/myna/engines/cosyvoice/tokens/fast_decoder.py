"""The decoder in ONNX Runtime: weights in eight bits, sequences side by side.

Several sequences are one step of the graph, and the numbers of a sequence do not depend on how
many there are. That is tried when the graph is loaded; where it does not hold (the processor
decides which kernels run), each is stepped alone.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from myna.engines.checkpoints.plain import digest_of
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.tokens.decoder_graph import GRAPH_VERSION, decoder_graph
from myna.engines.cosyvoice.tokens.key_value_cache import BackboneShape, KeyValueCache
from myna.engines.graphs.graph_folder import GraphFolder, GraphRefused
from myna.engines.graphs.sessions import open_session

logger = logging.getLogger(__name__)

_TRIED = (2, 3, 5, 8)  # numbers of sequences
_DTYPES = {torch.float32: np.float32, torch.int32: np.int32}


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """The graph, bound to the memory of some neighbouring slots."""

    binding: onnxruntime.IOBinding
    hidden: Tensor  # (B, T, channels)
    lengths: Tensor  # (B,) int32
    longest: Tensor  # (1,) int32
    logits: Tensor  # (B, vocabulary)


class FastDecoder:
    """Eight-bit weights and activations, neighbouring slots in one step, in one thread."""

    precision = f"fast{GRAPH_VERSION}"

    def __init__(
        self, tensors: Tensors, shape: BackboneShape, folder: GraphFolder | None = None
    ) -> None:
        """Load the graph, which is made first unless the folder has it.

        Raises `GraphRefused` where ONNX Runtime cannot run it.
        """
        self._shape = shape
        self._vocabulary: int = tensors["llm_decoder.weight"].shape[0]
        self._session = _session(tensors, shape, folder)
        self._runs: WeakKeyDictionary[KeyValueCache, dict[tuple[int, int], _Run]]
        self._runs = WeakKeyDictionary()  # of each cache, by first slot and number of slots
        self.batches = True
        """Whether several sequences are one step."""
        try:
            self.batches = self._rows_are_independent()
        except RuntimeError as error:  # whatever ONNX Runtime finds wrong while it runs
            raise GraphRefused(f"ONNX Runtime cannot run it: {error}") from error

    @property
    def vocabulary(self) -> int:
        """How many logits there are."""
        return self._vocabulary

    def new_cache(self, slots: int, capacity: int) -> KeyValueCache:
        """Allocate room for so many sequences."""
        return self._shape.new_cache(slots, capacity)

    def read(self, hidden: Tensor, cache: KeyValueCache, slot: int) -> Tensor:
        """Append embedded tokens to one slot."""
        span = cache.extended(slot, len(hidden))
        logits = self._run(self._bound(cache, slot, 1, len(hidden)), hidden[None], [span.end])
        cache.lengths[slot] = span.end
        return logits[0]

    def step(self, hidden: Tensor, cache: KeyValueCache, slots: Sequence[int]) -> Tensor:
        """Append one embedded token to each of some slots."""
        spans = [cache.extended(slot, 1) for slot in slots]
        order = sorted(range(len(slots)), key=lambda row: slots[row])
        logits = hidden.new_empty(len(slots), self._vocabulary)
        for rows in self._neighbours(order, slots):
            run = self._kept(cache, slots[rows[0]], len(rows))
            ends = [spans[row].end for row in rows]
            logits[rows] = self._run(run, hidden[rows, None], ends)
        for span in spans:
            cache.lengths[span.slot] = span.end
        return logits

    def _neighbours(self, order: Sequence[int], slots: Sequence[int]) -> Iterator[list[int]]:
        """Group rows, which come in the order of their slots, by slots that are neighbours."""
        group: list[int] = []
        for row in order:
            if group and (not self.batches or slots[row] != slots[group[-1]] + 1):
                yield group
                group = []
            group.append(row)
        yield group

    def _run(self, run: _Run, hidden: Tensor, ends: Sequence[int]) -> Tensor:
        """Append the positions before some ends; the logits (B, vocabulary) are a copy."""
        run.hidden.copy_(hidden)
        run.lengths.copy_(torch.tensor(ends) - 1)
        run.longest.fill_(max(ends))
        self._session.run_with_iobinding(run.binding)
        return run.logits.clone()

    def _kept(self, cache: KeyValueCache, first: int, count: int) -> _Run:
        kept = self._runs.setdefault(cache, {})
        if (first, count) not in kept:
            kept[first, count] = self._bound(cache, first, count, 1)
        return kept[first, count]

    def _bound(self, cache: KeyValueCache, first: int, count: int, length: int) -> _Run:
        run = _Run(
            self._session.io_binding(),
            torch.empty(count, length, self._shape.channels),
            torch.empty(count, dtype=torch.int32),
            torch.empty(1, dtype=torch.int32),
            torch.empty(count, self._vocabulary),
        )
        bind, fill = run.binding.bind_input, run.binding.bind_output
        _bind(bind, "hidden", run.hidden)
        _bind(bind, "lengths", run.lengths)
        _bind(bind, "longest", run.longest)
        _bind(bind, "cosines", cache.cosines)
        _bind(bind, "sines", cache.sines)
        _bind(fill, "logits", run.logits)
        for layer in range(self._shape.n_layers):
            for name, memory in (("keys", cache.keys), ("values", cache.values)):
                rows = memory[layer, first : first + count]
                _bind(bind, f"{name}.{layer}", rows)
                _bind(fill, f"{name}.{layer}.grown", rows)
        return run

    @torch.inference_mode()
    def _rows_are_independent(self) -> bool:
        """Step sequences together and alone, and see whether their numbers are equal."""
        most = max(_TRIED)
        generator = torch.Generator().manual_seed(0)
        hidden = torch.randn(most, most, self._shape.channels, generator=generator)

        def stepped(count: int, *, together: bool) -> Tensor:
            cache = self.new_cache(count, 2 * most)
            for slot in range(count):
                self.read(hidden[slot, : slot + 1], cache, slot)
            if together:
                return self.step(hidden[:count, 0], cache, range(count))
            rows = [self.step(hidden[slot, :1], cache, [slot]) for slot in range(count)]
            return torch.cat(rows)

        alone = stepped(most, together=False)
        equal = all(torch.equal(stepped(n, together=True), alone[:n]) for n in _TRIED)
        if not equal:
            logger.info("texts are stepped one by one: this processor rounds batches otherwise")
        return equal


def _bind(bind: Callable[..., None], name: str, tensor: Tensor) -> None:
    bind(name, "cpu", 0, _DTYPES[tensor.dtype], tuple(tensor.shape), tensor.data_ptr())


def _session(
    tensors: Tensors, shape: BackboneShape, folder: GraphFolder | None
) -> onnxruntime.InferenceSession:
    def pieces() -> Iterator[bytes]:
        return decoder_graph(tensors, shape).model()

    if folder is None:
        return open_session(pieces(), 1)
    made_from = f"{folder.source or digest_of(tensors.stored)} {shape} {GRAPH_VERSION}"
    key = hashlib.sha256(made_from.encode()).hexdigest()[:16]
    try:
        path = folder.path("cosyvoice-decoder", key, pieces)
    except OSError as error:
        logger.warning("the graph is made at each start, because it could not be kept: %s", error)
        return open_session(pieces(), 1)
    return open_session(path, 1)
