"""Mel spectrogram to samples."""

from collections.abc import Mapping

from torch import Tensor

from myna.engines.cosyvoice.version import Version


class Vocoder:
    """The networks of `hift.pt`; read-only."""


def read_vocoder(
    state: Mapping[str, Tensor], *, version: Version, source: str = "hift.pt"
) -> Vocoder:
    """Read the state dict of `hift.pt`, with or without `generator.` in its keys.

    Raises `WeightsMissing` naming the tensor that lacks.
    """
    raise NotImplementedError
