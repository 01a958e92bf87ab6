"""BERT (Devlin et al. 2019), as context for Chinese phonemes: one vector per character."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from myna.core.errors import TextTooLong, WeightsMissing
from myna.engines.checkpoints.layers import LayerNorm
from myna.engines.gpt_sovits.layers import embedding
from myna.engines.gpt_sovits.model_folder import ModelFolder, read_json, under_either
from myna.engines.gpt_sovits.tokens.transformer_layer import LayerNames, TransformerLayer

_LAYERS_LEFT_OUT = 2  # the states used are those before the last two layers

_NAMES = LayerNames(
    query="attention.self.query",
    key="attention.self.key",
    value="attention.self.value",
    attended="attention.output.dense",
    attention_norm="attention.output.LayerNorm",
    widen="intermediate.dense",
    narrow="output.dense",
    last_norm="output.LayerNorm",
)


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
        n_heads = folder.whole("num_attention_heads")
        self._layers = [
            TransformerLayer.of(tensors.scope(f"encoder.layer.{index}"), _NAMES, n_heads, epsilon)
            for index in range(tensors.count("encoder.layer") - _LAYERS_LEFT_OUT)
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
