"""Sequences of semantic tokens, and the ONNX Runtime graph that reads one token of each."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnxruntime

from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.sequence_rows import SequenceRows
from myna.engines.gpt_sovits.tokens.text_to_semantic import SequenceEmbedding
from myna.engines.gpt_sovits.weights import SemanticCheckpoint
from myna.engines.graphs.products import Floats

logger = logging.getLogger(__name__)

_TRIED = (2, 3, 5, 8)  # numbers of rows
_MOST = max(_TRIED)  # rows in one step
_FURTHER, _LONG = 19, 300  # positions


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """The graph of a step, bound to the memory of some rows."""

    binding: onnxruntime.IOBinding
    hidden: Floats  # (B, 1, channels)
    filled: npt.NDArray[np.int64]  # (B,): positions before the next
    logits: Floats  # (B, 1, vocabulary)
    queries: Floats  # (layers, B, heads, 1, width), scaled


class TokenSteps:
    """Any number of sequences, each the same bits whoever is stepped beside it."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        checkpoint: SemanticCheckpoint,
        embedding: SequenceEmbedding,
    ) -> None:
        """`session` runs a `token_graph`. Tries whether several rows can be one step."""
        self._session = session
        self._embedded = embedding.tokens.numpy()
        self._positions = embedding.token_positions.numpy()
        vocabulary, channels = checkpoint.tensors["ar_predict_layer.weight"].shape
        self.vocabulary: int = vocabulary
        """How many logits there are."""
        n_heads = checkpoint.n_heads
        layers = checkpoint.tensors.count("h.layers")
        self.rows = SequenceRows(layers, n_heads, channels // n_heads)
        self._steps: dict[tuple[int, int], _Step] = {}  # by first row and number of rows
        self._moves = 0
        self._ran: list[tuple[int, int]] = []  # of these, the last step
        self.batches = self._rows_are_independent()
        """Whether several rows are one step."""

    def enter(
        self, slot: int, speech: SemanticRequest, known: Iterable[tuple[Floats, Floats]]
    ) -> None:
        """Take in a sequence of which each layer's keys and values (heads, L, width) are known."""
        length = len(speech.phonemes) + len(speech.prompt)
        row = self.rows.enter(slot, length, len(speech.prompt), speech.capacity)
        for held, read in zip(self.rows.layers, known, strict=True):
            for rows, part in zip(held, read, strict=True):
                rows[row, :, :length] = part

    def step(self, slots: Sequence[int], tokens: Sequence[int]) -> list[Floats]:
        """Read one token of each of some sequences; return the logits of each, (vocabulary,).

        They are overwritten by the next step. A row between those of the sequences takes part as
        it is: what it writes lies behind its end, and is written over when its own token is read.
        """
        held = self.rows
        held.make_room()
        self._ran = []
        rows = [held.slots.index(slot) for slot in slots]
        if self.batches:
            said = [0] * (max(rows) + 1)
            for row, token in zip(rows, tokens, strict=True):
                said[row] = token
            firsts = range(0, len(said), _MOST)
            parts = [self._stepped(first, said[first : first + _MOST]) for first in firsts]
            every = [logits for part in parts for logits in part]
            found = [every[row] for row in rows]
        else:
            each = zip(rows, tokens, strict=True)
            found = [self._stepped(row, [token])[0] for row, token in each]
        for row in rows:
            held.lengths[row] += 1
            held.tokens[row] += 1
        return found

    def keys(self, slot: int, positions: slice) -> Floats:
        """Return a copy of a sequence's keys at some positions: (layers, heads, L, width)."""
        row = self.rows.slots.index(slot)
        return np.stack([keys[row, :, positions] for keys, _ in self.rows.layers])

    def queries(self, slot: int) -> Floats:
        """Return a copy of what a sequence looked for in the step before: (layers, heads, width).

        Scaled. To be asked for before any sequence enters or leaves.
        """
        row = self.rows.slots.index(slot)
        first, count = next(part for part in self._ran if 0 <= row - part[0] < part[1])
        queries: Floats = self._steps[first, count].queries[:, row - first, :, 0].copy()
        return queries

    def leave(self, slot: int) -> None:
        """Forget a sequence, if there is one."""
        self.rows.leave(slot)

    def _stepped(self, first: int, tokens: Sequence[int]) -> Floats:
        """Step rows one after another in memory; the logits (B, vocabulary) are overwritten."""
        bound, held = self._bound(first, len(tokens)), self.rows
        for number, token in enumerate(tokens):
            row = first + number
            position = self._positions[held.tokens[row]]
            np.add(self._embedded[token], position, out=bound.hidden[number, 0])
            bound.filled[number] = held.lengths[row]
        self._session.run_with_iobinding(bound.binding)
        self._ran.append((first, len(tokens)))
        return bound.logits[:, 0]

    def _bound(self, first: int, count: int) -> _Step:
        if self._moves != self.rows.moves:
            self._steps.clear()
            self._moves = self.rows.moves
        if (first, count) not in self._steps:
            self._steps[first, count] = self._binding(first, count)
        return self._steps[first, count]

    def _binding(self, first: int, count: int) -> _Step:
        _, n_heads, _, width = self.rows.layers[0][0].shape
        step = _Step(
            self._session.io_binding(),
            np.empty((count, 1, self._embedded.shape[1]), np.float32),
            np.empty(count, np.int64),
            np.empty((count, 1, self.vocabulary), np.float32),
            np.empty((len(self.rows.layers), count, n_heads, 1, width), np.float32),
        )
        bind, fill = step.binding.bind_input, step.binding.bind_output
        _bind(bind, "hidden", step.hidden)
        _bind(bind, "filled", step.filled)
        _bind(fill, "logits", step.logits)
        for layer, (keys, values) in enumerate(self.rows.layers):
            _bind(fill, f"{layer}.queries", step.queries[layer])
            for name, tensor in ((f"keys.{layer}", keys), (f"values.{layer}", values)):
                rows = tensor[first : first + count]
                _bind(bind, name, rows)
                _bind(fill, f"{name}.grown", rows)
        return step

    def _rows_are_independent(self) -> bool:
        """Step rows alone, together and beside a long one: are their numbers equal, bit for bit."""
        held, generator = self.rows, np.random.default_rng(0)
        for row in range(_MOST):
            length = 1 + _FURTHER * row
            held.enter(row, length, row, length + 1)
            for pair in held.layers:
                for rows in pair:
                    rows[row, :, :length] = generator.standard_normal(rows[row, :, :length].shape)
        tokens = list(range(_MOST))
        alone = np.concatenate([self._stepped(row, [row]).copy() for row in tokens])

        def equal() -> bool:
            return all(np.array_equal(self._stepped(0, tokens[:n]), alone[:n]) for n in _TRIED)

        together = equal()
        held.enter(_MOST, _LONG, 0, _LONG)
        together = together and equal()
        for slot in [*tokens, _MOST]:
            held.leave(slot)
        if not together:
            logger.info("sentences are stepped one by one: this processor rounds batches otherwise")
        return together


class SteppedRuntime:
    """What runtimes have in common whose steps are `TokenSteps`: all but how a request is read."""

    steps: TokenSteps
    """The sequences and how they are stepped."""

    @property
    def vocabulary(self) -> int:
        """How many logits there are."""
        return self.steps.vocabulary

    def step(self, slots: Sequence[int], tokens: Sequence[int]) -> list[Floats]:
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


def _bind(bind: Callable[..., None], name: str, array: npt.NDArray[np.generic]) -> None:
    bind(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
