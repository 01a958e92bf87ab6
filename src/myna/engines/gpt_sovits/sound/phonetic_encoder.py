"""What is to be said, in which voice, as frames: semantic tokens joined with phonemes."""

from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.layers import Convolution, embedding
from myna.engines.gpt_sovits.sound.attention_encoder import AttentionEncoder, ProjectedAttention

_JOINING_HEADS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """The prior of the latents, and the features it is made from: (1, channels, frames) each."""

    features: Tensor
    mean: Tensor
    log_deviation: Tensor


class PhoneticEncoder:
    """Encodes both inputs, joins them by cross-attention, and encodes the result again."""

    def __init__(self, tensors: Tensors, n_heads: int) -> None:
        """`tensors` are those under `enc_p`."""
        self._semantic_in = Convolution.of(tensors.scope("ssl_proj"))
        self._semantic = AttentionEncoder(tensors.scope("encoder_ssl"), n_heads)
        self._phonemes = tensors["text_embedding.weight"]
        self._text = AttentionEncoder(tensors.scope("encoder_text"), n_heads)
        self._join = _Joining(tensors.scope("mrte"))
        self._joined = AttentionEncoder(tensors.scope("encoder2"), n_heads)
        self._prior = Convolution.of(tensors.scope("proj"))
        self.channels = self._prior.weight.shape[1]

    def encode_semantic(self, codes: Tensor, mask: Tensor | None = None) -> Tensor:
        """Encode the tokens' codes (1, 768, T): (1, channels, T)."""
        return self._semantic(self._semantic_in(codes), mask)

    def encode_text(self, phonemes: Tensor, mask: Tensor | None = None) -> Tensor:
        """Encode phonemes (1, L): (1, channels, L)."""
        return self._text(embedding(phonemes, self._phonemes).transpose(1, 2), mask)

    def join(
        self, semantic: Tensor, text: Tensor, voice: Tensor, text_mask: Tensor | None = None
    ) -> Tensor:
        """Let encoded tokens read the encoded text, in a voice (1, 512, 1): (1, channels, T)."""
        return self._join(semantic, text, voice, text_mask)

    def features(
        self,
        codes: Tensor,
        phonemes: Tensor,
        voice: Tensor,
        masks: tuple[Tensor | None, Tensor | None] = (None, None),
    ) -> Tensor:
        """Run everything up to the last encoder: (1, channels, T).

        `masks`, of the codes (1, 1, T) and of the phonemes (1, 1, L), are 0 on padding.
        """
        frames, letters = masks
        semantic, text = self.encode_semantic(codes, frames), self.encode_text(phonemes, letters)
        return self._joined(self.join(semantic, text, voice, letters), frames)

    def prior(self, features: Tensor) -> Encoded:
        """Return the distribution of the latents that features stand for."""
        mean, log_deviation = self._prior(features).chunk(2, dim=1)
        return Encoded(features, mean, log_deviation)


def at_speed(features: Tensor, speed: float) -> Tensor:
    """Squeeze features (1, channels, T) into int(T / speed) + 1 frames; speed 1 changes nothing."""
    if speed == 1:
        return features
    return F.interpolate(features, size=int(features.shape[2] / speed) + 1, mode="linear")


class _Joining:
    def __init__(self, tensors: Tensors) -> None:
        self._semantic = Convolution.of(tensors.scope("c_pre"))
        self._text = Convolution.of(tensors.scope("text_pre"))
        self._attention = ProjectedAttention.of(tensors.scope("cross_attention"), _JOINING_HEADS)
        self._out = Convolution.of(tensors.scope("c_post"))

    def __call__(
        self, semantic: Tensor, text: Tensor, voice: Tensor, text_mask: Tensor | None
    ) -> Tensor:
        semantic = self._semantic(semantic)
        read = self._attention(semantic, self._text(text), text_mask)
        return self._out(read + semantic + voice)
