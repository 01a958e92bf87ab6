"""Speech tokens to mel spectrogram: an encoder, and flow matching conditioned on it."""

from collections.abc import Mapping
from typing import Literal

from torch import Tensor

Version = Literal[2, 3]


class Flow:
    """The tokens' embedding, encoder and velocity field of `flow.pt`; read-only."""

    n_mels: int


def read_flow(tensors: Tensors, *, version: Version) -> Flow:
    """Read the state dict of `flow.pt`; sizes follow from the tensors.

    `version` is 2 or 3 (Fun-CosyVoice3). Raises `WeightsMissing` naming the tensor that lacks.
    """
    raise NotImplementedError
