"""The mel of one call, made while its tokens arrive."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from myna.engines.cosyvoice.acoustic.flow import Flow
from myna.engines.cosyvoice.acoustic.matching import Path, Stretch
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
        self.flow, self.options = flow, options
        self._prompt, self._seed = prompt, seed
        self._tokens = prompt.tokens.to(flow.device)
        self._given = prompt.tokens.shape[0]
        self._settled = 0
        self._encoder_past = flow.encoder.past()
        self._path = flow.matching.begin(options, prompt.mel.shape[1])
        self.frames_computed = 0
        """How many frames went through the networks so far."""

    @property
    def path(self) -> Path:
        """What is remembered of each step."""
        return self._path

    @property
    def bytes(self) -> int:
        """How much memory the past of the path takes, next to which all else is little."""
        return self._path.bytes

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
        return self.finish(self._followed(self.begin(count).stretch), count)

    @torch.inference_mode()
    def prepare(self) -> None:
        """Settle the prompt's complete chunks, as the first advance would."""
        end = self._prompt_end
        if end > self._settled:
            stretch = self._stretch(Span(self._settled, end))
            self._followed(stretch)
            self._settle(stretch)

    def likeness(self, count: int) -> Hashable:
        """Return what advances that share a pass must have alike, this one being of `count`."""
        span = Span(max(self._settled, self._prompt_end), self._given + count)
        frames, settling = (
            FRAMES_PER_TOKEN * (span.end - span.first),
            FRAMES_PER_TOKEN * span.settling,
        )
        return self.options, self.flow.matching.likeness(frames, settling)

    @torch.inference_mode()
    def begin(self, count: int) -> "Begun":
        """Begin to advance by `count` tokens; `finish` or `finish_together` comes next."""
        self.prepare()
        return Begun(self, count, self._stretch(Span(self._settled, self._given + count)))

    def finish(self, mel: Tensor, count: int) -> Tensor:
        """Take what was followed, and return the frames of the `count` tokens."""
        self._given += count
        self.frames_computed += mel.shape[2]
        self._settled = self._given // CHUNK_TOKENS * CHUNK_TOKENS
        return mel[:, :, mel.shape[2] - FRAMES_PER_TOKEN * count :]

    @torch.inference_mode()
    def whole(self) -> Tensor:
        """Make the frames of all tokens at once, each seeing every other: (1, n_mels, 2 N)."""
        own = self._tokens[self._prompt.tokens.shape[0] :]
        mel = self.flow.mel(self._prompt, own, self.options, self._seed)
        self.frames_computed += FRAMES_PER_TOKEN * self._tokens.shape[0]
        self._given = self._tokens.shape[0]
        return mel

    def copy(self, seed: int | None) -> "MelStream":
        """Return a stream that goes on from here by itself, with a seed of its own."""
        twin = MelStream(self.flow, self._prompt, self.options, seed)
        twin._tokens, twin._given, twin._settled = self._tokens, self._given, self._settled
        twin._encoder_past = self._encoder_past and self._encoder_past.copy()
        twin._path = self._path.copy()
        return twin

    @property
    def _prompt_end(self) -> int:
        """How many of the prompt's tokens belong to complete chunks."""
        tokens = self._prompt.tokens.shape[0] - LOOK_AHEAD_TOKENS
        return tokens // CHUNK_TOKENS * CHUNK_TOKENS

    def _stretch(self, span: Span) -> Stretch:
        asked = self.flow.encoded(self._tokens, span, self._encoder_past)
        return Stretch(
            self.flow.condition(asked, span, self._prompt),
            self.flow.noise(span, self._prompt, self._seed),
            settling=FRAMES_PER_TOKEN * span.settling,
        )

    def _followed(self, stretch: Stretch) -> Tensor:
        return self.flow.matching.follow([stretch], [self._path], self.options)[0]

    def _settle(self, stretch: Stretch) -> None:
        self._settled += stretch.settling // FRAMES_PER_TOKEN
        self.frames_computed += stretch.noise.shape[2]


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """An advance that was begun and not finished."""

    stream: MelStream
    count: int
    stretch: Stretch


@torch.inference_mode()
def finish_together(advances: Sequence[Begun]) -> list[Tensor]:
    """Finish advances of one flow that are alike (`MelStream.likeness`) in one pass.

    A stream's frames differ by no more than rounding from what `advance` alone gives.
    """
    if not advances:
        return []
    streams = [begun.stream for begun in advances]
    mels = streams[0].flow.matching.follow(
        [begun.stretch for begun in advances],
        [stream.path for stream in streams],
        streams[0].options,
    )
    return [
        begun.stream.finish(mel, begun.count) for begun, mel in zip(advances, mels, strict=True)
    ]
