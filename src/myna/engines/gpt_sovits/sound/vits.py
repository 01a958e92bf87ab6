"""The SoVITS decoder of v1, v2, v2Pro and v2ProPlus: semantic tokens and phonemes to sound.

`encode` looks at a whole sentence and is cheap; `decode` is the costly part, and local: the sound
of a frame depends on no frame more than `REACH` away, so a stream decodes bounded windows of the
same latents and gets the same sound.
"""

import math

import torch
from torch import Tensor

from myna.core.errors import Unsupported
from myna.engines.batching.noise import normal_frames
from myna.engines.gpt_sovits.sound.hifigan import HifiGan
from myna.engines.gpt_sovits.sound.phonetic_encoder import Encoded, PhoneticEncoder, at_speed
from myna.engines.gpt_sovits.sound.residual_flow import ResidualFlow
from myna.engines.gpt_sovits.voice.quantizer import Quantizer
from myna.engines.gpt_sovits.voice.voice_encoder import VoiceEncoder
from myna.engines.gpt_sovits.weights import SovitsCheckpoint

SAMPLE_RATE = 32000
REACH = 44  # frames to each side: 32 of the flow, 12 of the vocoder
NOISE_SCALE = 0.5


class Vits:
    """The network; read-only, so any number of calls may use it at once."""

    def __init__(
        self, checkpoint: SovitsCheckpoint, vocoder_dtype: torch.dtype = torch.float32
    ) -> None:
        if checkpoint.version.matches_flow:
            raise Unsupported(
                f"{checkpoint.tensors.source!r} is a {checkpoint.version.value} checkpoint, which "
                "makes mel spectrograms, not sound."
            )
        tensors, config = checkpoint.tensors, checkpoint.config
        self.voice = VoiceEncoder(tensors)
        self.quantizer = Quantizer(tensors)
        self.phonetic = PhoneticEncoder(tensors.scope("enc_p"), config.n_heads)
        self.flow = ResidualFlow(tensors.scope("flow"))
        self.vocoder = HifiGan(
            tensors.scope("dec"), config.upsample_rates, config.dilations, dtype=vocoder_dtype
        )
        self.samples_per_frame = math.prod(config.upsample_rates)
        self.channels = 2 * tensors["flow.flows.0.pre.weight"].shape[1]
        self.voice_channels = tensors["dec.cond.weight"].shape[1]

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.quantizer.codes.device

    def encode(self, tokens: Tensor, phonemes: Tensor, voice: Tensor, speed: float = 1) -> Encoded:
        """Return the prior of a sentence's latents: 2 T frames, at another speed int(2 T/speed)+1.

        tokens: (1, T). phonemes: (1, L), those of the sentence, not of the prompt.
        """
        features = self.features(tokens, phonemes, voice)
        return self.phonetic.prior(at_speed(features, speed))

    def features(
        self,
        tokens: Tensor,
        phonemes: Tensor,
        voice: Tensor,
        masks: tuple[Tensor | None, Tensor | None] = (None, None),
    ) -> Tensor:
        """Return what `encode` makes the prior of, before speed: (1, channels, 2 T).

        `masks`, of the frames (1, 1, 2 T) and of the phonemes (1, 1, L), are 0 on padding.
        """
        codes = self.quantizer.frames(tokens)
        return self.phonetic.features(codes, phonemes, self.voice.for_text(voice), masks)

    def decode(self, latents: Tensor, voice: Tensor) -> Tensor:
        """Turn latents (B, channels, F) into samples (B, F * samples_per_frame)."""
        return self.vocoder(self.flow.inverse(latents, voice), voice)[:, 0]


def latents_with(encoded: Encoded, noise: Tensor, scale: float = NOISE_SCALE) -> Tensor:
    """Draw latents (1, channels, F) with given standard normal noise of that shape."""
    return encoded.mean + noise * encoded.log_deviation.exp() * scale


def latents_of_seed(
    encoded: Encoded, seed: int, first_frame: int = 0, scale: float = NOISE_SCALE
) -> Tensor:
    """Draw latents whose noise depends on the seed and on each frame's absolute number only."""
    channels, frames = encoded.mean.shape[1:]
    noise = normal_frames(seed, first_frame, frames, channels, encoded.mean.device)
    return latents_with(encoded, noise, scale)
