"""The sound of one call, made while its speech tokens arrive."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from myna.core.audio import Samples
from myna.core.errors import SynthesisFailed
from myna.engines.cosyvoice.acoustic.flow import Flow
from myna.engines.cosyvoice.acoustic.flow_desk import FlowDesk
from myna.engines.cosyvoice.acoustic.mel_stream import MelStream
from myna.engines.cosyvoice.acoustic.request import (
    CHUNK_TOKENS,
    LOOK_AHEAD_TOKENS,
    SAMPLE_RATE,
    SpeechOptions,
    SpeechPrompt,
)
from myna.engines.cosyvoice.acoustic.sound_stream import SoundStream
from myna.engines.cosyvoice.acoustic.tempo import Tempo
from myna.engines.cosyvoice.acoustic.vocoder import Vocoder


class SpeechStream:
    """Takes tokens, gives sound. All state of a call is here; dropping the stream frees it."""

    def __init__(
        self,
        flow: Flow,
        vocoder: Vocoder,
        prompt: SpeechPrompt,
        options: SpeechOptions,
        begun: MelStream | None = None,
        desk: FlowDesk | None = None,
    ) -> None:
        """Begin a call; nothing is computed yet.

        `begun` is a mel stream that prepared the same prompt with the same options of the flow:
        it is left as it is, and saves making the prompt's frames once more. At a `desk` calls
        share passes of the flow, the most urgent first.
        """
        self._desk = desk
        self._flow, self._prompt, self._options = flow, prompt, options
        self._schedule = options.schedule
        overlap = self._schedule.overlap_frames if self._schedule else 0
        self._hop = self._schedule.hop_tokens if self._schedule else 0
        self._mels = (
            MelStream(flow, prompt, options.flow, options.seed)
            if begun is None
            else begun.copy(options.seed)
        )
        self._tempo = Tempo(options.speed)
        self._sounds = SoundStream(vocoder, overlap, options.seed or 0)
        self._ended = False

    @property
    def frames_computed(self) -> tuple[int, int]:
        """How many frames went through the flow and through the vocoder so far."""
        return self._mels.frames_computed, self._sounds.frames_computed

    def push(self, tokens: Sequence[int], *, last: bool = False) -> Iterator[Samples]:
        """Take tokens (0..6560), then yield the sound that can be made: (samples,) at 24 kHz.

        The tokens are taken at once; the sound is computed as the iterator is read, and must be
        read to its end before the next push. With `last` everything left is made; a call without
        any token yields nothing. Raises `SynthesisFailed` on a push after the last, and on a
        token there is none of.
        """
        self._mels.take(checked(tokens, self._flow.vocabulary, ended=self._ended))
        self._ended = last
        return self._made(last)

    def _made(self, last: bool) -> Iterator[Samples]:
        while self._schedule is not None and self._mels.waiting - LOOK_AHEAD_TOKENS >= self._due():
            sound = self._spoken(self._due(), last=False)
            self._hop = self._schedule.hop_after(self._hop)
            if sound.size:
                yield self._handed_over(sound)
        if last and self._mels.taken:
            sound = self._spoken(self._mels.waiting, last=True)
            if sound.size:
                yield self._handed_over(sound)

    def _handed_over(self, sound: Samples) -> Samples:
        self._options.playback.hand_over(sound.size / SAMPLE_RATE)
        return sound

    def _due(self) -> int:
        """Return how many tokens the next chunk has.

        Long ones end where a chunk of the flow ends, so that no frame is made twice.
        """
        if self._hop < CHUNK_TOKENS:
            return self._hop
        end = self._mels.given + self._hop
        return round(end / CHUNK_TOKENS) * CHUNK_TOKENS - self._mels.given

    @torch.inference_mode()
    def _spoken(self, count: int, *, last: bool) -> Samples:
        mel = self._tempo.push(self._mel(count), last=last)
        sound: Tensor = self._sounds.push(mel, last=last)
        return sound.cpu().numpy()

    def _mel(self, count: int) -> Tensor:
        if self._schedule is None:
            return self._mels.whole()
        if self._desk is None:
            return self._mels.advance(count)
        return self._desk.advance(self._mels, count, self._options.playback.deadline)


def checked(tokens: Sequence[int], vocabulary: int, *, ended: bool) -> Tensor:
    """Return tokens (N,), or raise `SynthesisFailed` where there can be none or none of these."""
    if ended:
        raise SynthesisFailed("Speech tokens came after the last: begin another stream.")
    for token in tokens:
        if not 0 <= token < vocabulary:
            raise SynthesisFailed(
                f"There is no speech token {token}: they are 0 to {vocabulary - 1}. "
                "The language model and the flow are of different models, or damaged."
            )
    return torch.tensor(tokens, dtype=torch.int64)
