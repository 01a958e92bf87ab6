"""New words in a gap of a recording: tokens drawn after those before it, sound between both sides.

The language model takes what is before the gap for the prompt it goes on from, and reads the new
words and what follows them. From where it says what follows, the recording's own tokens take
over. The flow makes the gap's frames between the recording's, put on its path at every step.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from myna.core.audio import Samples
from myna.core.infill import Gap
from myna.engines.attempts.gaps import Filled, GapDrawing, Side, sides
from myna.engines.cosyvoice.acoustic.matching import Known
from myna.engines.cosyvoice.acoustic.request import (
    FRAMES_PER_TOKEN,
    SAMPLES_PER_FRAME,
    FlowOptions,
)
from myna.engines.cosyvoice.acoustic.sound_stream import SoundStream
from myna.engines.cosyvoice.acoustic.tempo import Tempo
from myna.engines.cosyvoice.hearing import TOKENS_PER_SECOND
from myna.engines.cosyvoice.manner import Manner
from myna.engines.cosyvoice.model import Model
from myna.engines.cosyvoice.plausibility import PACE
from myna.engines.cosyvoice.text.spoken_text import TextTokens, ended
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest

SpeechTokens = npt.NDArray[np.int64]

_HEAR_THE_GAP = 2  # frames on each side whose analysis reaches into the gap
_NEAR = 60  # frames on each side that sound is made of, for the vocoder and for fades
_DIGITS = 3 ** np.arange(8)  # a token is eight levels, 0 to 2 each


@dataclass(frozen=True, slots=True, eq=False)
class _Heard:
    tokens: SpeechTokens  # (N,)
    mel: Tensor  # (n_mels, 2 N)


class GapFiller:
    """Fills gaps with one model; holds nothing of a call."""

    def __init__(
        self,
        model: Model,
        draw: Callable[[SpeechTokenRequest], Generator[int]],
        on_redraw: Callable[[], None],
    ) -> None:
        self._model = model
        self._draw = draw
        self._on_redraw = on_redraw

    def __call__(self, gap: Gap, manner: Manner, flow: FlowOptions) -> Filled:
        """Return new sound for a gap. Raises `TooLittleContext`, `BadText`."""
        before, after = map(self._heard, sides(gap, TOKENS_PER_SECOND))
        tokens, misfit = self._tokens(gap, self._continued(manner, gap, before), after)
        mel = self._mel(manner, flow, (before, tokens, after))
        samples, first, last = self._sound(mel, len(before.tokens), len(tokens), gap.options.speed)
        return Filled(samples, first, last, misfit)

    def _heard(self, side: Side) -> _Heard:
        prompts = self._model.prompts
        tokens = prompts.tokens(side.audio)[: side.count] if side.count else ()
        if not len(tokens):
            return _Heard(np.zeros(0, np.int64), torch.zeros(self._model.flow.n_mels, 0))
        tokens = np.pad(tokens, (0, side.count - len(tokens)), mode="edge")
        return _Heard(tokens, torch.from_numpy(prompts.mel(side.audio, side.count)))

    def _continued(self, manner: Manner, gap: Gap, before: _Heard) -> Manner:
        """Return the manner that goes on from what is before the gap."""
        reader = self._model.reader
        said = reader.tokens(reader.spoken(gap.before_text.rstrip(), gap.language))
        return replace(
            manner,
            text=np.concatenate([manner.text, said]),
            speech=np.concatenate([manner.speech, before.tokens]),
        )

    def _tokens(self, gap: Gap, manner: Manner, after: _Heard) -> tuple[SpeechTokens, float]:
        """Return the tokens of the new words, and how badly they lead into what follows."""
        blank = gap.before_text[len(gap.before_text.rstrip()) :]
        text = self._read(blank + gap.new_text + gap.after_text, gap.language)
        drawing = GapDrawing(
            lambda number: self._draw(manner.request(text, number)),
            units=len(self._read(gap.new_text, gap.language)),
            units_read=len(text),
            following=after.tokens.tolist(),
        )
        tokens, misfit = drawing.best(PACE, _CODES, gap.options.retries, self._on_redraw)
        return np.array(tokens, np.int64), misfit

    def _read(self, text: str, language: str) -> TextTokens:
        reader = self._model.reader
        return reader.tokens(ended(reader.spoken(text, language), language))

    @torch.inference_mode()
    def _mel(
        self, manner: Manner, flow: FlowOptions, parts: tuple[_Heard, SpeechTokens, _Heard]
    ) -> Tensor:
        """Return the mel of both sides and what is between: (1, n_mels, frames)."""
        before, tokens, after = parts
        prompt = manner.prompt.acoustic
        gap = torch.zeros(before.mel.shape[0], FRAMES_PER_TOKEN * len(tokens))
        sides = torch.cat([prompt.mel, before.mel, gap, after.mel], dim=1)
        start = prompt.mel.shape[1] + before.mel.shape[1]
        known = torch.zeros(sides.shape[1], dtype=torch.bool)
        known[prompt.mel.shape[1] : max(0, start - _HEAR_THE_GAP)] = True
        known[start + gap.shape[1] + _HEAR_THE_GAP :] = True
        said = torch.from_numpy(np.concatenate([before.tokens, tokens, after.tokens]))
        device = self._model.flow.device
        fixed = Known(sides[None].to(device), known[None, None].to(device))
        return self._model.flow.mel(prompt, said, flow, manner.seed, fixed)

    @torch.inference_mode()
    def _sound(
        self, mel: Tensor, before: int, tokens: int, speed: float
    ) -> tuple[Samples, int, int]:
        """Return sound of the gap and what is near, and where in it the gap begins and ends."""
        start, end = FRAMES_PER_TOKEN * before, FRAMES_PER_TOKEN * (before + tokens)
        paced = Tempo(speed).push(mel[:, :, start:end], last=True)
        left, right = mel[:, :, max(0, start - _NEAR) : start], mel[:, :, end : end + _NEAR]
        sounds = SoundStream(self._model.vocoder, 0, 0)
        sound = sounds.push(torch.cat([left, paced, right], dim=2), last=True)
        first = SAMPLES_PER_FRAME * left.shape[2]
        return sound.cpu().numpy(), first, first + SAMPLES_PER_FRAME * paced.shape[2]


def _codes() -> npt.NDArray[np.float32]:
    """Return a direction for each token: its levels around the middle one, and a constant."""
    levels = np.arange(3**8)[:, None] // _DIGITS % 3 - 1
    return np.hstack([levels, np.ones((len(levels), 1))]).astype(np.float32)


_CODES = _codes()
