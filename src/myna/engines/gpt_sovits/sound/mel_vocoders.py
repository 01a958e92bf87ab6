"""The networks that make sound of a v3 or v4 mel spectrogram."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from myna.core.errors import WeightsMissing
from myna.engines.batching.device import CPU
from myna.engines.checkpoints.tensors import Tensors
from myna.engines.checkpoints.unpickling import read_pickled, tensors_among
from myna.engines.gpt_sovits.files import BIGVGAN_FILE
from myna.engines.gpt_sovits.model_folder import read_json
from myna.engines.gpt_sovits.sound.bigvgan import BigVgan
from myna.engines.gpt_sovits.sound.hifigan import HifiGan
from myna.engines.gpt_sovits.weights import read_plain

_V4_RATES = (10, 6, 2, 2, 2)
_V4_RATE = 48000  # Hz
_V4_REACH, _V3_REACH = 13, 41  # frames
_DILATIONS = ((1, 3, 5), (1, 3, 5), (1, 3, 5))


@dataclass(frozen=True, slots=True, eq=False)
class MelVocoder:
    """Log mel frames (B, n_mels, T), not normalised, to samples."""

    sample_rate: int
    samples_per_frame: int
    reach: int
    """Frames to each side on which the sound of a frame depends."""
    network: Callable[[Tensor], Tensor]

    def __call__(self, mel: Tensor) -> Tensor:
        """Return samples within -1 and 1: (B, T * samples_per_frame)."""
        return self.network(mel)[:, 0]


def read_vocoder_v4(
    path: Path, dtype: torch.dtype = torch.float32, device: torch.device = CPU
) -> MelVocoder:
    """Read v4's vocoder.pth; its stages compute in `dtype`. Raises `WeightsMissing`."""
    tensors = read_plain(path).to(device)
    network = HifiGan(tensors, _V4_RATES, _DILATIONS, dtype=dtype)
    return MelVocoder(_V4_RATE, math.prod(_V4_RATES), _V4_REACH, network)


def read_vocoder_v3(
    folder: Path, dtype: torch.dtype = torch.float32, device: torch.device = CPU
) -> MelVocoder:
    """Read a published BigVGAN folder: config.json and the generator beside it.

    Its convolutions compute in `dtype`. Raises `WeightsMissing`.
    """
    config = read_json(folder / "config.json")
    path = folder / BIGVGAN_FILE
    generator = read_pickled(path).get("generator")
    if not isinstance(generator, Mapping):
        raise WeightsMissing(
            f"{str(path)!r} has no 'generator': it is not BigVGAN's. Put the published folder of "
            "bigvgan_v2_24khz_100band_256x there."
        )
    rates = _wholes(config, "upsample_rates", folder)
    rows = config.get("resblock_dilation_sizes", _DILATIONS)
    dilations = [list(map(int, row)) for row in rows] if isinstance(rows, Sequence) else _DILATIONS
    sample_rate = config.get("sampling_rate", 24000)
    tensors = Tensors(tensors_among(generator), str(path), device=device)
    return MelVocoder(
        sample_rate if isinstance(sample_rate, int) else 24000,
        math.prod(rates),
        _V3_REACH,
        BigVgan(tensors, rates, dilations, dtype=dtype),
    )


def _wholes(config: Mapping[str, object], name: str, folder: Path) -> list[int]:
    values = config.get(name)
    if not isinstance(values, list) or not all(isinstance(value, int) for value in values):
        raise WeightsMissing(
            f"{str(folder / 'config.json')!r} says {values!r} for {name!r}, not whole numbers: "
            "get the folder again."
        )
    return values
