"""The decoder that turns phonemes into semantic tokens, 25 per second of speech.

A transformer (Vaswani et al. 2017, normalised after each block) over [phonemes | tokens]: phonemes
see all phonemes, tokens see all phonemes and the tokens before them. Everything about a request
lives in a slot of `KeyValueCache`; the network itself is read-only.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.errors import TextTooLong
from myna.engines.batching.decode_attention import (
    Attend,
    CacheShape,
    DecodeAttention,
    Heads,
    Known,
)
from myna.engines.checkpoints.layers import LayerNorm, Linear, join_heads, split_heads
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.layers import attention, embedding, sinusoids
from myna.engines.gpt_sovits.weights import SemanticCheckpoint

TOKENS_PER_SECOND = 25
_POSITIONS = 4000  # of each kind: 160 s of tokens


@dataclass(frozen=True, slots=True, eq=False)
class KeyValueCache:
    """What each layer remembers of each slot's sequence, in tensors allocated once."""

    keys: Tensor  # (layers, slots, heads, capacity, width)
    values: Tensor  # as keys
    lengths: Tensor  # (slots,) int64: positions filled
    tokens: Tensor  # (slots,) int64: of them, prompt and generated tokens
    queries: Tensor | None = None  # as keys, where they are kept

    @property
    def capacity(self) -> int:
        """Positions a slot has room for."""
        return self.keys.shape[3]

    def clear(self, slot: int) -> None:
        """Forget the sequence in a slot."""
        self.filled(slot, 0, 0)

    def wipe(self, slot: int) -> None:
        """Leave nothing but zeros in a slot: what a mask hides must at least be a number."""
        self.keys[:, slot].zero_()
        self.values[:, slot].zero_()

    def filled(self, slot: int, length: int, n_tokens: int) -> None:
        """Note how many positions of a slot are filled, and how many of them with tokens."""
        self.lengths[slot].fill_(length)  # to assign a number would wait for a GPU
        self.tokens[slot].fill_(n_tokens)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    attention_in: Linear
    attention_out: Linear
    widen: Linear
    narrow: Linear
    attention_norm: LayerNorm
    feed_forward_norm: LayerNorm
    n_heads: int

    @classmethod
    def of(cls, tensors: Tensors, n_heads: int) -> "_Block":
        own = tensors.scope("self_attn")
        return cls(
            Linear(own["in_proj_weight"], own["in_proj_bias"]),
            Linear.of(own.scope("out_proj")),
            Linear.of(tensors.scope("linear1")),
            Linear.of(tensors.scope("linear2")),
            LayerNorm.of(tensors.scope("norm1")),
            LayerNorm.of(tensors.scope("norm2")),
            n_heads,
        )

    def projected(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return query, key and value: (batch, heads, positions, width) each."""
        query, key, value = self.attention_in(hidden).chunk(3, dim=-1)
        return (
            split_heads(query, self.n_heads),
            split_heads(key, self.n_heads),
            split_heads(value, self.n_heads),
        )

    def finished(self, hidden: Tensor, attended: Tensor) -> Tensor:
        """Add what attention found, then the feed-forward layer: (batch, positions, channels)."""
        hidden = self.attention_norm(hidden + self.attention_out(join_heads(attended)))
        return self.feed_forward_norm(hidden + self.narrow(F.relu(self.widen(hidden))))


class SequenceEmbedding:
    """What the first block sees of phonemes and tokens."""

    def __init__(self, checkpoint: SemanticCheckpoint) -> None:
        tensors = checkpoint.tensors
        self._phonemes = tensors["ar_text_embedding.word_embeddings.weight"]
        self.tokens = tensors["ar_audio_embedding.word_embeddings.weight"]  # (vocabulary, channels)
        self._context = Linear.of(tensors.scope("bert_proj"))
        table = sinusoids(_POSITIONS, self.tokens.shape[1]).to(self.tokens.device)
        self._phoneme_positions = tensors["ar_text_position.alpha"] * table
        self.token_positions = tensors["ar_audio_position.alpha"] * table  # (places, channels)

    def prefix(self, phonemes: Tensor, context: Tensor | None, prompt: Tensor) -> Tensor:
        """Embed a request as `TextToSemantic.prefill` takes it: (1, L + P, channels)."""
        text = embedding(phonemes, self._phonemes)
        if context is None:
            context = text.new_zeros(len(phonemes), self._context.weight.shape[1])
        text = text + self._context(context) + self._phoneme_positions[: len(phonemes)]
        audio = embedding(prompt, self.tokens) + self.token_positions[: len(prompt)]
        return torch.cat([text, audio])[None]

    def token(self, tokens: Tensor, places: Tensor) -> Tensor:
        """Embed one token (B,) each, so many tokens (B,) into its sequence: (B, 1, channels)."""
        return (embedding(tokens, self.tokens) + self.token_positions[places])[:, None]


class TextToSemantic:
    """The network. `prefill` reads a request into a slot, `step` adds one token to many slots."""

    def __init__(self, checkpoint: SemanticCheckpoint, dtype: torch.dtype = torch.float32) -> None:
        """`dtype` is that of the layers and of what they remember; logits are in float32."""
        tensors = checkpoint.tensors
        self._dtype = dtype
        self._embedding = SequenceEmbedding(checkpoint)
        layers = tensors.scope("h.layers").to(tensors.device, dtype)
        self._blocks = [
            _Block.of(layers.scope(str(index)), checkpoint.n_heads)
            for index in range(tensors.count("h.layers"))
        ]
        self._predict = Linear(tensors["ar_predict_layer.weight"], None)

    @property
    def vocabulary(self) -> int:
        """How many logits there are: the tokens and, last, the end."""
        return self._predict.weight.shape[0]

    @property
    def token_table(self) -> Tensor:
        """The embedding of every token: (vocabulary, channels)."""
        return self._embedding.tokens

    def cache_shape(self, capacity: int) -> CacheShape:
        """Return the sizes of a layer's cache with so many positions to a slot."""
        n_heads = self._blocks[0].n_heads
        width = self.token_table.shape[1] // n_heads
        return CacheShape(n_heads, n_heads, capacity, width, self._dtype)

    def new_cache(self, slots: int, capacity: int, *, keeps_queries: bool = False) -> KeyValueCache:
        """Allocate a cache for so many sequences of at most `capacity` positions each."""
        channels, device = self.token_table.shape[1], self.token_table.device
        n_heads = self._blocks[0].n_heads
        shape = (len(self._blocks), slots, n_heads, capacity, channels // n_heads)
        counts = torch.zeros(slots, dtype=torch.int64, device=device)
        return KeyValueCache(
            torch.zeros(shape, dtype=self._dtype, device=device),
            torch.zeros(shape, dtype=self._dtype, device=device),
            counts,
            counts.clone(),
            torch.zeros(shape, dtype=self._dtype, device=device) if keeps_queries else None,
        )

    def prefill(
        self,
        phonemes: Tensor,
        context: Tensor | None,
        prompt: Tensor,
        cache: KeyValueCache,
        slot: int = 0,
    ) -> Tensor:
        """Read a request into a slot and return the logits of its first token: (vocabulary,).

        phonemes: (L,) int64, of the prompt and of the sentence.
        context: (L, 1024) from BERT, or None for all zeros.
        prompt: (P,) int64, the reference's semantic tokens; may be empty.
        """
        n_phonemes, n_tokens = len(phonemes), len(prompt)
        length = n_phonemes + n_tokens
        check_length(n_phonemes, n_tokens, cache.capacity)
        hidden = self._embedding.prefix(phonemes, context, prompt).to(self._dtype)
        mask = prefix_mask(n_phonemes, n_tokens, hidden.device)
        for index, block in enumerate(self._blocks):
            query, key, value = block.projected(hidden)
            cache.keys[index, slot, :, :length] = key[0]
            cache.values[index, slot, :, :length] = value[0]
            if cache.queries is not None:
                cache.queries[index, slot, :, :length] = query[0]
            hidden = block.finished(hidden, attention(query, key, value, mask))
        cache.filled(slot, length, n_tokens)
        return self._predict(hidden[0, -1].float())

    def step(
        self,
        tokens: Tensor,
        cache: KeyValueCache,
        slots: Tensor | None = None,
        *,
        active: Tensor | None = None,
        attention: DecodeAttention | None = None,
    ) -> Tensor:
        """Append one token to each of some slots and return their next logits.

        tokens: (B,) int64. slots: (B,) int64, distinct, or None for all slots in order. Logits:
        (B, vocabulary). Rows that are not `active` (B,) bool run along and leave no trace; their
        logits mean nothing. With `attention`, which takes all slots, shapes are static and nothing
        is read back, as a captured graph needs; without, each row is looked at by itself.
        """
        rows = torch.arange(len(tokens), device=tokens.device) if slots is None else slots
        places = cache.lengths[rows]
        going = torch.ones_like(places, dtype=torch.bool) if active is None else active
        attend = _by_row(rows, places) if attention is None else attention.over(places, going)
        hidden = self._embedding.token(tokens, cache.tokens[rows]).to(self._dtype)
        for index, block in enumerate(self._blocks):
            query, key, value = block.projected(hidden)
            if cache.queries is not None:
                cache.queries[index][rows, :, places] = query[:, :, 0]
            heads = query[:, :, 0], key[:, :, 0], value[:, :, 0]
            found = attend(heads, (cache.keys[index], cache.values[index]))
            hidden = block.finished(hidden, found[:, :, None])
        cache.lengths[rows] += going
        cache.tokens[rows] += going
        return self._predict(hidden[:, 0].float())


def scaled(queries: Tensor) -> Tensor:
    """Return queries (..., width) whose products with keys are the scores of attention."""
    return queries / math.sqrt(queries.shape[-1])


def check_length(n_phonemes: int, n_tokens: int, capacity: int) -> None:
    """Raise `TextTooLong` where a prefix leaves no room for a token in so many positions."""
    if n_phonemes + n_tokens >= capacity or n_phonemes > _POSITIONS:
        raise TextTooLong(n_phonemes, min(capacity - n_tokens - 1, _POSITIONS))


def prefix_mask(n_phonemes: int, n_tokens: int, device: torch.device | str = "cpu") -> Tensor:
    """Return who sees whom in a prefix, True for seeing: (L + P, L + P) bool."""
    length = n_phonemes + n_tokens
    mask = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    mask[:, :n_phonemes] = True
    mask[:n_phonemes, n_phonemes:] = False
    return mask


def _by_row(slots: Tensor, places: Tensor) -> Attend:
    ends = list(zip(slots.tolist(), (places + 1).tolist(), strict=True))

    def attend(heads: Heads, known: Known) -> Tensor:
        (query, key, value), (keys, values) = heads, known
        keys[slots, :, places] = key
        values[slots, :, places] = value
        found = [
            attention(asked[None, :, None], keys[slot, None, :, :end], values[slot, None, :, :end])
            for asked, (slot, end) in zip(query, ends, strict=True)
        ]
        return torch.cat(found)[:, :, 0]

    return attend
