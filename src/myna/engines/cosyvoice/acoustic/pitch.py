"""The pitch a vocoder hears in a mel spectrogram."""

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.layers import Linear


class PitchPredictor:
    """Five convolutions; read-only."""

    def __init__(self, tensors: Tensors, *, causal: bool) -> None:
        """`tensors` are those under `f0_predictor`.

        A causal predictor looks three frames ahead in its first convolution only, and computes
        in float64 as published.
        """
        net = tensors.scope("condnet")
        precision = torch.float64 if causal else torch.float32
        indices = [index for index in range(0, 2 * _LAYERS, 2) if str(index) in net]
        self._layers = [
            (net[f"{index}.weight"].to(precision), net[f"{index}.bias"].to(precision))
            for index in indices
        ]
        classifier = tensors.scope("classifier")
        self._classify = Linear(
            classifier["weight"].to(precision), classifier["bias"].to(precision)
        )
        self._precision = precision
        self._causal = causal
        first = self._layers[0][0].shape[2]
        self.ahead = first - 1 if causal else len(self._layers) * (first // 2)
        """How many frames after one its pitch depends on."""

    def __call__(self, mel: Tensor) -> Tensor:
        """Map mel (1, n_mels, T) to pitch (1, T) in Hz; beyond both ends there is nothing."""
        hidden = mel.to(self._precision)
        for index, (weight, bias) in enumerate(self._layers):
            reach = weight.shape[2] - 1
            if not self._causal:
                padding = (reach // 2, reach // 2)
            else:
                padding = (0, reach) if index == 0 else (reach, 0)
            hidden = F.elu(F.conv1d(F.pad(hidden, padding), weight, bias))
        return self._classify(hidden.transpose(1, 2))[:, :, 0].abs()


_LAYERS = 5
