"""The codebook between speech features and semantic tokens."""

import torch
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.gpt_sovits.layers import Convolution, embedding

FRAMES_PER_TOKEN = 2  # 50 frames and 25 tokens per second


class Quantizer:
    """Chooses and looks up the codes of vector quantisation (van den Oord et al. 2017)."""

    def __init__(self, tensors: Tensors) -> None:
        """`tensors` are a whole SoVITS checkpoint's."""
        self._reduce = Convolution.of(tensors.scope("ssl_proj"), stride=FRAMES_PER_TOKEN)
        self.codes = tensors["quantizer.vq.layers.0._codebook.embed"]  # (1024, 768)

    def tokens(self, features: Tensor) -> Tensor:
        """Return the token nearest to every two frames of features (B, 768, T): (B, T // 2)."""
        vectors = self._reduce(features).transpose(1, 2)  # (B, T // 2, 768)
        distances = (
            vectors.square().sum(dim=-1, keepdim=True)
            - 2 * vectors @ self.codes.T
            + self.codes.square().sum(dim=-1)
        )
        return torch.argmin(distances, dim=-1)

    def frames(self, tokens: Tensor) -> Tensor:
        """Return the codes of tokens (B, T), two frames each: (B, 768, 2 T)."""
        codes = embedding(tokens, self.codes).transpose(1, 2)
        return codes.repeat_interleave(FRAMES_PER_TOKEN, dim=2)
