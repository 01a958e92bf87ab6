"""The mel of one call, made while its tokens arrive."""

import torch
from torch import Tensor

from myna.engines.cosyvoice.acoustic.flow import Flow
from myna.engines.cosyvoice.acoustic.matching import PathPast, Stretch, follow
from myna.engines.cosyvoice.acoustic.request import (
    CHUNK_TOKENS,
    FRAMES_PER_TOKEN,
    LOOK_AHEAD_TOKENS,
    FlowOptions,
    Span,
    SpeechPrompt,
)


class MelStream:
    """Makes frames chunk by chunk; what was made of complete chunks is never made again.

    A chunk has 25 tokens, counted from the first of the prompt. Frames asked for before their
    chunk is complete see only what is there by then, and are computed again, not given again, as
    part of the next.
    """

    def __init__(
        self, flow: Flow, prompt: SpeechPrompt, options: FlowOptions, seed: int | None = None
    ) -> None:
        self._flow, self._prompt, self._options, self._seed = flow, prompt, options, seed
        self._tokens = prompt.tokens.to(flow.device)
        self._given = prompt.tokens.shape[0]
        self._settled = 0
        self._encoder_past = flow.encoder.past()
        self._path_past = PathPast(options, prompt.mel.shape[1])
        self.frames_computed = 0
        """How many frames went through the networks so far."""

    @property
    def waiting(self) -> int:
        """How many tokens there are whose frames were not given."""
        return self._tokens.shape[0] - self._given

    def take(self, tokens: Tensor) -> None:
        """Add tokens (N,)."""
        self._tokens = torch.cat([self._tokens, tokens.to(self._tokens)])

    def advance(self, count: int) -> Tensor:
        """Make the frames of the next `count` tokens: (1, n_mels, 2 count).

        Three tokens more must be there, but at the end.
        """
        end = self._given + count
        if self._settled == 0:
            self._prepare()
        mel = self._made(Span(self._settled, end))
        fresh = mel[:, :, FRAMES_PER_TOKEN * (self._given - end) :]
        self._given = end
        return fresh

    def _prepare(self) -> None:
        """Settle the prompt's complete chunks."""
        end = (self._prompt.tokens.shape[0] - LOOK_AHEAD_TOKENS) // CHUNK_TOKENS * CHUNK_TOKENS
        if end > 0:
            self._made(Span(0, end))

    def _made(self, span: Span) -> Tensor:
        flow, prompt = self._flow, self._prompt
        asked = flow.encoded(self._tokens, span, self._encoder_past)
        stretch = Stretch(
            flow.condition(asked, span, prompt),
            flow.noise(span, prompt, self._seed),
            settling=FRAMES_PER_TOKEN * span.settling,
        )
        mel = follow(flow.field, stretch, self._options, self._path_past)
        self._settled += span.settling
        self.frames_computed += mel.shape[2]
        return mel
