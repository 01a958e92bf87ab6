"""Sound from semantic tokens that are still arriving, in windows of fixed shapes: for a GPU.

It is `speech_windows.py` once more, with the flow and the vocoder in one recorded step that
several sentences share. What it decides, and when, is the same.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from myna.core.audio import Samples
from myna.core.playback import Playback
from myna.engines.gpt_sovits.sound.recorded_vits import RecordedVits, Window
from myna.engines.gpt_sovits.sound.speech_windows import FLOW_REACH, HELD_BACK, ArrivingLatents
from myna.engines.gpt_sovits.sound.window_places import Place, next_place


class RecordedSpeech:
    """One sentence on its way from tokens to sound. Belongs to one call."""

    def __init__(
        self, recorded: RecordedVits, arriving: ArrivingLatents, playback: Playback
    ) -> None:
        """`arriving` was made in the lane of `recorded`; `playback` says how urgent it is."""
        self._recorded = recorded
        self._playback = playback
        self._arriving = arriving
        self._latents: Tensor | None = None  # (1, channels, frames), from `_latents_from` on
        self._latents_from = 0
        self._settled = 0  # frames whose latents stay
        self._flowed: list[Tensor] = []  # (1, channels, frames) each, all that is decided
        self._decided = 0  # frames
        self._heard = 0  # frames

    def push(self, tokens: Sequence[int], *, last: bool) -> Iterator[Samples]:
        """Take the next tokens and yield the sound that is ready; after the last, all of it."""
        self._read(tokens, last=last)
        while place := next_place(self._heard, self._decided, self._settled, last=last):
            sound = self._sounded(place)
            if len(sound):
                yield sound

    def _read(self, tokens: Sequence[int], *, last: bool) -> None:
        with self._recorded.lane.open():
            self._arriving.extend(tokens)
            arrived = self._arriving.after(self._settled, last=last)
            if arrived is None:
                return
            count = arrived.shape[2] - (0 if last else HELD_BACK)
            if count <= 0:
                return
            if self._latents is not None:
                settled = self._latents[:, :, : self._settled - self._latents_from]
                arrived = torch.cat([settled, arrived], dim=2)
            self._latents = arrived
            self._settled += count

    def _sounded(self, place: Place) -> Samples:
        """Make a window and return what is heard of it."""
        assert self._latents is not None  # there is a place, so there are frames
        seen_from = place.first - FLOW_REACH
        seen = self._latents[:, :, : place.first + place.length + FLOW_REACH - self._latents_from]
        window = Window(
            place.length,
            self._arriving.voice,
            seen,
            self._latents_from - seen_from,
            self._flowed_from(place.first),
            place.decided - place.first,
        )
        made = self._recorded.done(window, self._playback.deadline)
        self._flowed.append(made.flowed)
        self._decided = place.decided
        latents_from = max(0, self._decided - FLOW_REACH)
        self._latents = self._latents[:, :, latents_from - self._latents_from :]
        self._latents_from = latents_from
        step = self._recorded.vits.samples_per_frame
        start, end = ((frame - place.first) * step for frame in (self._heard, place.heard))
        self._heard = place.heard
        return made.sound[start:end].copy()

    def _flowed_from(self, first: int) -> list[Tensor]:
        """Return what is decided from a frame on, one piece behind another."""
        pieces: list[Tensor] = []
        begins = self._decided
        for piece in reversed(self._flowed):
            if begins <= first:
                break
            begins -= piece.shape[2]
            pieces.append(piece[:, :, max(0, first - begins) :])
        return pieces[::-1]
