"""BERT (Devlin et al. 2019), as context for Chinese phonemes: one vector per character."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.errors import TextTooLong, WeightsMissing
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.layers import (
    LayerNorm,
    Linear,
    attention,
    embedding,
    join_heads,
    split_heads,
)
from myna.engines.gpt_sovits.model_folder import ModelFolder, read_json, under_either

_LAYERS_LEFT_OUT = 2  # the states used are those before the last two layers


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    query: Linear
    key: Linear
    value: Linear
    attended: Linear
    attention_norm: LayerNorm
    widen: Linear
    narrow: Linear
    last_norm: LayerNorm
    n_heads: int

    @classmethod
    def of(cls, tensors: Tensors, n_heads: int, epsilon: float) -> "_Layer":
        own, out = tensors.scope("attention.self"), tensors.scope("attention.output")
        return cls(
            Linear.of(own.scope("query")),
            Linear.of(own.scope("key")),
            Linear.of(own.scope("value")),
            Linear.of(out.scope("dense")),
            LayerNorm.of(out.scope("LayerNorm"), epsilon),
            Linear.of(tensors.scope("intermediate.dense")),
            Linear.of(tensors.scope("output.dense")),
            LayerNorm.of(tensors.scope("output.LayerNorm"), epsilon),
            n_heads,
        )

    def __call__(self, hidden: Tensor) -> Tensor:
        query, key, value = (
            split_heads(projection(hidden), self.n_heads)
            for projection in (self.query, self.key, self.value)
        )
        attended = self.attended(join_heads(attention(query, key, value)))
        hidden = self.attention_norm(hidden + attended)
        return self.last_norm(hidden + self.narrow(F.gelu(self.widen(hidden))))


class Bert:
    """The network with its vocabulary."""

    def __init__(self, folder: ModelFolder) -> None:
        """Read the network and tokenizer.json or vocab.txt beside it."""
        tensors = under_either(folder.tensors, "embeddings", "bert")
        epsilon = folder.number("layer_norm_eps", 1e-12)
        own = tensors.scope("embeddings")
        self._words = own["word_embeddings.weight"]
        self._positions = own["position_embeddings.weight"] + own["token_type_embeddings.weight"][0]
        self._norm = LayerNorm.of(own.scope("LayerNorm"), epsilon)
        count = tensors.count("encoder.layer") - _LAYERS_LEFT_OUT
        self._layers = [
            _Layer.of(
                tensors.scope(f"encoder.layer.{index}"),
                folder.whole("num_attention_heads"),
                epsilon,
            )
            for index in range(count)
        ]
        self._tokenizer = CharacterTokenizer(read_vocabulary(folder.path))

    def context(self, text: str) -> Tensor:
        """Return the vector of every character: (len(text), channels)."""
        longest = self._positions.shape[0] - 2
        if len(text) > longest:
            raise TextTooLong(len(text), longest)
        numbers = torch.tensor([self._tokenizer.numbers(text)], device=self._words.device)
        return self(numbers)[0, 1:-1]

    def __call__(self, numbers: Tensor) -> Tensor:
        """Map token numbers (1, T) to hidden states (1, T, channels)."""
        hidden = embedding(numbers, self._words) + self._positions[: numbers.shape[1]]
        hidden = self._norm(hidden)
        for layer in self._layers:
            hidden = layer(hidden)
        return hidden


class CharacterTokenizer:
    """Numbers characters one by one, which is how BERT reads Chinese and punctuation."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._vocabulary = vocabulary
        self._first, self._last, self._unknown = (
            vocabulary[name] for name in ("[CLS]", "[SEP]", "[UNK]")
        )

    def numbers(self, text: str) -> list[int]:
        """Return the numbers of [CLS], every character, and [SEP]."""
        within = [self._vocabulary.get(each.lower(), self._unknown) for each in text]
        return [self._first, *within, self._last]


def read_vocabulary(folder: Path) -> dict[str, int]:
    """Read the numbers of tokens from tokenizer.json, or from vocab.txt: one token per line."""
    if (folder / "tokenizer.json").exists():
        model = read_json(folder / "tokenizer.json").get("model")
        found = model.get("vocab") if isinstance(model, dict) else None
        vocabulary = dict(found) if isinstance(found, dict) else {}
    elif (folder / "vocab.txt").exists():
        lines = (folder / "vocab.txt").read_text("utf-8").split("\n")
        vocabulary = {token.strip(): number for number, token in enumerate(lines) if token.strip()}
    else:
        vocabulary = {}
    lacking = [name for name in ("[CLS]", "[SEP]", "[UNK]") if name not in vocabulary]
    if lacking:
        raise WeightsMissing(
            f"The vocabulary in {str(folder)!r} lacks {', '.join(lacking)}: put tokenizer.json or "
            "vocab.txt of chinese-roberta-wwm-ext-large there."
        )
    return vocabulary
