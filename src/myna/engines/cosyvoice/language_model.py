"""The language model that turns text into speech tokens, 25 per second of speech."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from myna.engines.cosyvoice.version import Version

TOKENS_PER_SECOND = 25
N_SPEECH_TOKENS = 6561  # 3 to the 8: what the speech tokenizer's quantiser can tell apart


@dataclass(frozen=True, slots=True)
class BackboneConfig:
    """What the shapes of a Qwen2 checkpoint do not tell: `config.json` beside it does."""

    n_heads: int = 14  # num_attention_heads
    rope_base: float = 1e6  # rope_theta
    norm_epsilon: float = 1e-6  # rms_norm_eps


class LanguageModel:
    """The network, read-only."""


def read_language_model(
    state: Mapping[str, Tensor], *, version: Version, config: BackboneConfig | None = None
) -> LanguageModel:
    """Return the model of a state dict (`llm.pt`). Sizes follow from the tensors' shapes.

    Raises `WeightsMissing` naming a tensor that is not there.
    """
    raise NotImplementedError
