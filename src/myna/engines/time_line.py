"""Stretches of speech, one after another, whatever rates they come at."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from myna.core.audio import Audio
from myna.core.speech import Chunk
from myna.core.timing import shifted
from myna.dsp.resample import Resampler


class TimeLine:
    """What was said so far, all at the rate of what came first."""

    def __init__(self) -> None:
        self.samples = 0
        self.sample_rate = 0
        """Hz; 0 until something was said."""

    def placed(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Yield the chunks of one stretch at this rate, words timed from the beginning."""
        began = self.samples / self.sample_rate if self.sample_rate else 0.0
        resampler: Resampler | None = None
        last = Chunk(Audio.silence(0.0, 1))
        for number, chunk in enumerate(chunks):
            self.sample_rate = self.sample_rate or chunk.audio.sample_rate
            if number == 0 and chunk.audio.sample_rate != self.sample_rate:
                resampler = Resampler(chunk.audio.sample_rate, self.sample_rate)
            audio = resampler.process(chunk.audio) if resampler else chunk.audio
            words, estimated = (shifted(each, began) for each in (chunk.words, chunk.estimated))
            last = replace(chunk, audio=audio, words=words, estimated=estimated)
            yield self._counted(last)
        if resampler:
            yield self._counted(replace(last, audio=resampler.finish(), words=(), estimated=()))

    def silence(self, seconds: float, beside: Chunk) -> Chunk:
        """Return the silence between two stretches, told of as the chunk beside it."""
        audio = Audio.silence(seconds, self.sample_rate)
        return self._counted(replace(beside, audio=audio, words=(), estimated=()))

    def _counted(self, chunk: Chunk) -> Chunk:
        self.samples += len(chunk.audio.samples)
        return chunk
