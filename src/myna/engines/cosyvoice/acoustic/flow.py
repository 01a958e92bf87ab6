"""Speech tokens to mel spectrogram: an encoder, and flow matching conditioned on it."""

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.checkpoints.tensors import Tensors
from myna.engines.cosyvoice.acoustic.encoder import UpsamplingEncoder
from myna.engines.cosyvoice.acoustic.flow_noise import flow_noise
from myna.engines.cosyvoice.acoustic.layers import Linear
from myna.engines.cosyvoice.acoustic.look_ahead import RepeatingEncoder
from myna.engines.cosyvoice.acoustic.matching import (
    Known,
    Matching,
    PlainMatching,
    Stretch,
    follow,
)
from myna.engines.cosyvoice.acoustic.past import EncoderPast
from myna.engines.cosyvoice.acoustic.recorded_matching import RecordedMatching
from myna.engines.cosyvoice.acoustic.recorded_step import Recording
from myna.engines.cosyvoice.acoustic.request import FlowOptions, Span, SpeechPrompt
from myna.engines.cosyvoice.acoustic.transformer import DiffusionTransformer
from myna.engines.cosyvoice.acoustic.unet import UNet
from myna.engines.cosyvoice.acoustic.velocity import Condition, VelocityField
from myna.engines.cosyvoice.version import Version


class Flow:
    """The tokens' embedding, encoder and velocity field of `flow.pt`; read-only."""

    def __init__(
        self,
        tensors: Tensors,
        encoder: UpsamplingEncoder | RepeatingEncoder,
        field: VelocityField,
        recording: Recording | None = None,
    ) -> None:
        """With a `recording`, its steps are recorded now, on the device of the tensors."""
        self.table = tensors["input_embedding.weight"]
        self._speaker = Linear.of(tensors.scope("spk_embed_affine_layer"))
        self.encoder = encoder
        self.field = field
        self.matching: Matching = (
            PlainMatching(field)
            if recording is None
            else RecordedMatching(field, recording, self.n_mels, tensors.device)
        )

    @property
    def n_mels(self) -> int:
        """Bands of the mel spectrogram."""
        return self._speaker.weight.shape[0]

    @property
    def vocabulary(self) -> int:
        """How many speech tokens there are."""
        return self.table.shape[0]

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.table.device

    def encoded(self, tokens: Tensor, span: Span, past: EncoderPast | None = None) -> Tensor:
        """Return what a span of tokens (N,) asks for: (1, n_mels, frames)."""
        embedded = F.embedding(tokens.clamp(min=0), self.table)[None]
        return self.encoder(embedded, span, past)

    def condition(self, asked: Tensor, span: Span, prompt: SpeechPrompt) -> Condition:
        """Say what the frames of a span are to be like; `asked` is what was encoded."""
        vector = F.normalize(prompt.speaker_vector.to(self.device), dim=0)
        given = prompt.mel[:, span.frames].to(self.device)
        given = F.pad(given, (0, asked.shape[2] - given.shape[1]))
        return Condition(asked, self._speaker(vector)[None], given[None])

    def noise(self, span: Span, prompt: SpeechPrompt, seed: int | None) -> Tensor:
        """Return what the frames of a span begin as: (1, n_mels, frames).

        Those of the prompt begin alike whatever the seed, so that calls may share them.
        """
        first, end = span.frames.start, span.frames.stop
        border = min(max(first, prompt.mel.shape[1]), end)
        parts = [
            flow_noise(self.n_mels, first, border - first),
            flow_noise(self.n_mels, border, end - border, seed),
        ]
        return torch.cat(parts, dim=2).to(self.device)

    def mel(
        self,
        prompt: SpeechPrompt,
        tokens: Tensor,
        options: FlowOptions,
        seed: int | None = None,
        known: Known | None = None,
    ) -> Tensor:
        """Make the mel of all tokens (N,) of an utterance at once: (1, n_mels, 2 N).

        Every frame sees every other. `known` counts from the first frame of the prompt.
        """
        whole = torch.cat([prompt.tokens.to(self.device), tokens.to(self.device)])
        span = Span(0, whole.shape[0])
        condition = self.condition(self.encoded(whole, span), span, prompt)
        stretch = Stretch(condition, self.noise(span, prompt, seed), known)
        return follow(self.field, stretch, options)[:, :, prompt.mel.shape[1] :]


def read_flow(
    tensors: Tensors,
    *,
    version: Version,
    head_width: int = 64,
    precision: torch.dtype = torch.float32,
    recording: Recording | None = None,
) -> Flow:
    """Read the tensors of `flow.pt`; sizes follow from them, but for the U-Net's `head_width`.

    In the `precision` of bfloat16 most of the path to mel is computed faster where the processor
    can, and what a call remembers takes half the memory; the rest stays in float32. A `recording`
    says which steps of matching are recorded now, for a GPU.

    Raises `WeightsMissing` naming the tensor that lacks.
    """
    estimator = tensors.scope("decoder.estimator")
    if version is Version.COSYVOICE3:
        ahead = RepeatingEncoder(tensors.scope("pre_lookahead_layer"))
        return Flow(tensors, ahead, DiffusionTransformer(estimator, precision), recording)
    encoder = UpsamplingEncoder(tensors.scope("encoder"), tensors.scope("encoder_proj"))
    return Flow(tensors, encoder, UNet(estimator, head_width, precision), recording)
