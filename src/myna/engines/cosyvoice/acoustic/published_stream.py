"""The sound of one call as the published code makes it.

It differs from `SpeechStream` in what can be heard: the last chunk's frames all see each other,
unlike those before, and speed is left out while streaming. In CosyVoice2 excitation begins anew in
every chunk and is only pasted over, and the windows of a seam add up to 1.08; in CosyVoice3 the
sound of all frames so far is made anew with every chunk, which costs more and more.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.core.audio import Samples
from myna.core.errors import SynthesisFailed
from myna.engines.cosyvoice.acoustic.flow import Flow
from myna.engines.cosyvoice.acoustic.mel_stream import MelStream
from myna.engines.cosyvoice.acoustic.request import (
    FRAMES_PER_TOKEN,
    LOOK_AHEAD_TOKENS,
    SAMPLES_PER_FRAME,
    SpeechOptions,
    SpeechPrompt,
)
from myna.engines.cosyvoice.acoustic.speech_stream import checked
from myna.engines.cosyvoice.acoustic.vocoder import Vocoder

Draw = Callable[[int, int], Tensor]
"""Gives the noise of an excitation for so many frames and harmonics: (480 frames, harmonics)."""


class PublishedStream:
    """Takes tokens, gives sound, like `SpeechStream`."""

    def __init__(
        self,
        flow: Flow,
        vocoder: Vocoder,
        prompt: SpeechPrompt,
        options: SpeechOptions,
        draw: Draw | None = None,
    ) -> None:
        """Begin a call; without `draw` noise comes from a generator of its own."""
        self._flow, self._prompt, self._options = flow, prompt, options
        self._mels = MelStream(flow, prompt, options.flow)
        self._ended = False
        overlap = options.schedule.overlap_frames if options.schedule else 0
        generator = torch.Generator().manual_seed(options.seed or 0)
        self._sounds: _PublishedSound | _PublishedCausalSound
        if vocoder.causal:
            self._sounds = _PublishedCausalSound(vocoder, draw or published_table(generator))
        else:
            self._sounds = _PublishedSound(vocoder, overlap, draw or published_draw(generator))
        self._hop = 0
        if options.schedule is not None:
            hop = options.schedule.hop_tokens
            self._hop = hop
            self._pad = -prompt.tokens.shape[0] % hop

    def push(self, tokens: Sequence[int], *, last: bool = False) -> Iterator[Samples]:
        """See `SpeechStream.push`."""
        self._mels.take(checked(tokens, self._flow.vocabulary, ended=self._ended))
        self._ended = last
        return self._made(last)

    def _made(self, last: bool) -> Iterator[Samples]:
        schedule = self._options.schedule
        while schedule is not None:
            count = self._hop + self._pad
            if self._mels.waiting < count + LOOK_AHEAD_TOKENS:
                break
            yield self._spoken(count, last=False)
            self._hop, self._pad = schedule.hop_after(self._hop), 0
        if not last:
            return
        if not self._mels.waiting:
            raise SynthesisFailed(
                "The model said nothing at the end, as the published code lets it. Speak without "
                "`compatible`, or with another seed."
            )
        yield self._spoken(self._mels.waiting, last=True)

    @torch.inference_mode()
    def _spoken(self, count: int, *, last: bool) -> Samples:
        if not last:
            mel = self._mels.advance(count)
        else:
            mel = self._mels.whole()[:, :, -FRAMES_PER_TOKEN * count :]
            if self._options.schedule is None and self._options.speed != 1:
                frames = int(mel.shape[2] / self._options.speed)
                mel = F.interpolate(mel, size=frames, mode="linear")
        return self._sounds.push(mel, last=last).cpu().numpy()


class _PublishedSound:
    def __init__(self, vocoder: Vocoder, overlap: int, draw: Draw) -> None:
        self._vocoder, self._overlap, self._draw = vocoder, overlap, draw
        self._window = torch.hamming_window(2 * overlap * SAMPLES_PER_FRAME, periodic=False)
        self._mel: Tensor | None = None
        self._source: Tensor | None = None
        self._sound: Tensor | None = None

    def push(self, mel: Tensor, *, last: bool) -> Tensor:
        if self._mel is not None:
            mel = torch.cat([self._mel, mel], dim=2)
        pitch = self._vocoder.pitch(mel)
        noise = self._draw(mel.shape[2], self._vocoder.source.harmonics)
        source = self._vocoder.source(pitch, noise, precision=torch.float32)
        if self._source is not None:
            source = torch.cat([self._source, source[:, :, self._source.shape[2] :]], dim=2)
        sound: Tensor = self._vocoder(mel, source)
        held = self._overlap * SAMPLES_PER_FRAME
        if self._sound is not None:
            window = self._window.to(sound.device)
            falling, rising = window[held:], window[:held]
            begin = sound[:held] * rising + self._sound * falling
            sound = torch.cat([begin, sound[held:]])
        if last or held == 0:
            return sound
        self._mel, self._source = mel[:, :, -self._overlap :], source[:, :, -held:]
        self._sound = sound[-held:]
        return sound[:-held]


class _PublishedCausalSound:
    def __init__(self, vocoder: Vocoder, draw: Draw) -> None:
        self._vocoder, self._draw = vocoder, draw
        self._mel: Tensor | None = None
        self._given = 0  # samples

    def push(self, mel: Tensor, *, last: bool) -> Tensor:
        self._mel = mel if self._mel is None else torch.cat([self._mel, mel], dim=2)
        vocoder, frames = self._vocoder, self._mel.shape[2]
        heard = frames if last else max(0, frames - vocoder.pitch.ahead)
        certain = heard if last else max(0, heard - vocoder.ahead)
        if not certain:
            return mel.new_zeros(0)
        pitch = vocoder.pitch(self._mel)[:, :heard].to(torch.float32)
        noise = self._draw(heard, vocoder.source.harmonics)
        source = vocoder.source(pitch, noise, precision=torch.float32)
        sound = vocoder(self._mel[:, :, :heard], source)[: certain * SAMPLES_PER_FRAME]
        given, self._given = self._given, len(sound)
        return sound[given:]


def published_table(generator: torch.Generator) -> Draw:
    """Return what gives the first numbers of a table that is as long as it was ever asked for."""
    seed = generator.initial_seed()

    def draw(frames: int, harmonics: int) -> Tensor:
        same = torch.Generator().manual_seed(seed)
        return torch.rand(frames * SAMPLES_PER_FRAME, harmonics, generator=same)

    return draw


def published_draw(generator: torch.Generator) -> Draw:
    """Return what draws as published: in the order of a tensor that lies harmonic by harmonic.

    Phases before it and more noise behind it are drawn, too, which are never heard.
    """

    def draw(frames: int, harmonics: int) -> Tensor:
        samples = frames * SAMPLES_PER_FRAME
        torch.rand(1, harmonics, generator=generator)
        by_harmonic = torch.empty(1, harmonics, samples)
        noise = by_harmonic.transpose(1, 2).normal_(generator=generator)[0]
        torch.randn(samples, generator=generator)
        return noise

    return draw
