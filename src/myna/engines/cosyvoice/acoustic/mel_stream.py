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
    def given(self) -> int:
        """How many tokens have their frames given; the prompt's count."""
        return self._given

    @property
    def taken(self) -> int:
        """How many tokens there are beside the prompt's."""
        return self._tokens.shape[0] - self._prompt.tokens.shape[0]

    @property
    def waiting(self) -> int:
        """How many tokens there are whose frames were not given."""
        return self._tokens.shape[0] - self._given

    def take(self, tokens: Tensor) -> None:
        """Add tokens (N,)."""
        self._tokens = torch.cat([self._tokens, tokens.to(self._tokens)])

    @torch.inference_mode()
    def advance(self, count: int) -> Tensor:
        """Make the frames of the next `count` tokens: (1, n_mels, 2 count).

        Three tokens more must be there, but at the end.
        """
        end = self._given + count
        self.prepare()
        mel = self._made(Span(self._settled, end))
        self._given = end
        return mel[:, :, mel.shape[2] - FRAMES_PER_TOKEN * count :]

    @torch.inference_mode()
    def prepare(self) -> None:
        """Settle the prompt's complete chunks, as the first advance would."""
        tokens = self._prompt.tokens.shape[0] - LOOK_AHEAD_TOKENS
        end = tokens // CHUNK_TOKENS * CHUNK_TOKENS
        if end > self._settled:
            self._made(Span(self._settled, end))

    @torch.inference_mode()
    def whole(self) -> Tensor:
        """Make the frames of all tokens at once, each seeing every other: (1, n_mels, 2 N)."""
        mel = self._flow.mel(
            self._prompt,
            self._tokens[self._prompt.tokens.shape[0] :],
            self._options,
            self._seed,
        )
        self.frames_computed += FRAMES_PER_TOKEN * self._tokens.shape[0]
        self._given = self._tokens.shape[0]
        return mel

    def copy(self, seed: int | None) -> "MelStream":
        """Return a stream that goes on from here by itself, with a seed of its own."""
        twin = MelStream(self._flow, self._prompt, self._options, seed)
        twin._tokens, twin._given, twin._settled = self._tokens, self._given, self._settled
        twin._encoder_past = self._encoder_past and self._encoder_past.copy()
        twin._path_past = self._path_past.copy()
        return twin

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
