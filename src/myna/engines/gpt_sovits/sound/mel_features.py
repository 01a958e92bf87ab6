"""What v3 and v4 condition flow matching on: semantic tokens and phonemes as mel-rate features."""

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.errors import Unsupported
from myna.engines.gpt_sovits.layers import Convolution, masked
from myna.engines.gpt_sovits.sound.phonetic_encoder import PhoneticEncoder, at_speed
from myna.engines.gpt_sovits.sound.wavenet import GatedConvolutions
from myna.engines.gpt_sovits.voice.quantizer import Quantizer
from myna.engines.gpt_sovits.voice.voice_encoder import VoiceEncoder
from myna.engines.gpt_sovits.weights import SovitsCheckpoint, Version

_FRAMES_PER_ENCODED = {Version.V3: 1.875, Version.V4: 2.0}
_BOUND_PER_TOKEN = {Version.V3: 3.875, Version.V4: 4.0}  # frames that count; the rest is zeroed
_SLOPE = 0.01


class MelFeatures:
    """The part of a v3 or v4 checkpoint before flow matching; read-only."""

    def __init__(self, checkpoint: SovitsCheckpoint) -> None:
        if not checkpoint.version.matches_flow:
            raise Unsupported(
                f"{checkpoint.tensors.source!r} is a {checkpoint.version.value} checkpoint, which "
                "makes sound itself."
            )
        tensors = checkpoint.tensors
        self.frames_per_encoded = _FRAMES_PER_ENCODED[checkpoint.version]
        self._bound = _BOUND_PER_TOKEN[checkpoint.version]
        self.voice = VoiceEncoder(tensors)
        self.quantizer = Quantizer(tensors)
        self.phonetic = PhoneticEncoder(tensors.scope("enc_p"), checkpoint.config.n_heads)
        self._bridge = Convolution.of(tensors.scope("bridge.0"))
        smooth = tensors.scope("wns1")
        self._before = Convolution.of(smooth.scope("pre"))
        self._convolutions = GatedConvolutions.of(smooth.scope("enc"))
        self._after = Convolution.of(smooth.scope("proj"))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.quantizer.codes.device

    def __call__(self, tokens: Tensor, phonemes: Tensor, voice: Tensor, speed: float = 1) -> Tensor:
        """Return features (1, 512, frames): 4 frames per token in v4, 3.75 in v3, at speed 1.

        tokens: (1, T). phonemes: (1, L), those the tokens say. voice: (1, 512, 1).
        """
        encoded = at_speed(self.encoded(tokens, phonemes, voice), speed)
        count = int(tokens.shape[1] * self._bound / speed) + (0 if speed == 1 else 1)
        return self.of_encoded(encoded, voice, count)

    def encoded(self, tokens: Tensor, phonemes: Tensor, voice: Tensor) -> Tensor:
        """Return what features are made of, before speed: (1, channels, 2 T)."""
        return self.phonetic.features(self.quantizer.frames(tokens), phonemes, voice)

    def of_encoded(self, encoded: Tensor, voice: Tensor, count: int | None = None) -> Tensor:
        """Return the features of encoded frames (1, channels, F): (1, 512, F * frames_per_encoded).

        Beyond the first `count` frames they are zero.
        """
        bridged = F.leaky_relu(self._bridge(encoded), _SLOPE)
        features = F.interpolate(bridged, scale_factor=self.frames_per_encoded, mode="nearest")
        mask = None
        if count is not None and count < features.shape[2]:
            mask = (torch.arange(features.shape[2], device=features.device) < count)[None, None]
        hidden = masked(self._before(features), mask)
        return masked(self._after(self._convolutions(hidden, voice, mask)), mask)
