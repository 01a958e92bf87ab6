"""A gap in a recording and its sides, as an engine that fills gaps is given them."""

from dataclasses import dataclass, replace

from myna.align.aligner import align
from myna.core.audio import Audio
from myna.core.errors import RequestError
from myna.core.infill import Gap, Infills
from myna.core.speech import Options
from myna.core.voice import Voice
from myna.dsp.resample import resample
from myna.studio.editing.openings import Opening, Scene
from myna.studio.editing.revision import Carrier, Passage, Word, carrier
from myna.studio.editing.takes import Filled, Place, Take, refitted

_BEFORE, _AFTER = 5.0, 3.0  # seconds of the recording that an engine hears
_LEAST = 0.3  # seconds of both sides; with less there is nothing to fit into


@dataclass(frozen=True, slots=True)
class Site:
    """Where words go in a recording, and which of its words are around them."""

    scene: Scene
    text: str
    passage: Passage
    opening: Opening
    carrier: Carrier

    @classmethod
    def around(
        cls, scene: Scene, text: str, passage: Passage, place: Opening, kept: tuple[int, int]
    ) -> "Site":
        """Take the words within reach; `kept` are those between which other passages begin."""
        rate, words = scene.audio.sample_rate, scene.words
        start, end = place.first / rate - _BEFORE, place.last / rate + _AFTER
        near = [i for i in range(*kept) if words[i].start >= start and words[i].end <= end]
        first = min(near, default=passage.first)
        last = max(near, default=passage.last - 1) + 1
        bounds = min(first, passage.first), max(last, passage.last)
        return cls(scene, text, passage, place, carrier(text, words, passage, bounds, len(words)))

    def gap(self, language: str, options: Options) -> Gap | None:
        """Return what the engine is given; None where too little is around."""
        scene, place, carried = self.scene, self.opening, self.carrier
        begin, end = place.first, place.last
        if carried.first < self.passage.first:
            begin = min(begin, scene.before(carried.first).sample)
        if carried.last > self.passage.last:
            end = max(end, scene.after(carried.last - 1).sample)
        before, after = (
            Audio(scene.audio.samples[first:last], scene.audio.sample_rate)
            for first, last in ((begin, place.first), (place.last, end))
        )
        if before.duration + after.duration < _LEAST:
            return None
        texts = carried.before, carried.new_text, carried.after
        return Gap(before, after, *texts, language, options)

    def take(self, engine: Infills, gap: Gap, voice: Voice, seed: int) -> Take:
        """Have the gap filled once, and fit what comes into the recording."""
        made = engine.infill(replace(gap, options=replace(gap.options, seed=seed)), voice)
        rate = self.scene.audio.sample_rate
        first, last = (
            round(cut * rate / made.audio.sample_rate) for cut in (made.first, made.last)
        )
        audio = resample(made.audio, rate)
        cost = _cost(Audio(audio.samples[first:last], rate), gap)
        filled = Filled(audio, first, last, made.misfit, cost, made.engine)
        return refitted(filled, Place(self.opening, self._before, self._after), self.scene)

    @property
    def _before(self) -> tuple[Word, ...]:
        return tuple(self.scene.words[self.carrier.first : self.passage.first])

    @property
    def _after(self) -> tuple[Word, ...]:
        return tuple(self.scene.words[self.passage.last : self.carrier.last])


def _cost(audio: Audio, gap: Gap) -> float | None:
    """Return how badly new sound and new words fit; None where they are too short to tell."""
    try:
        return align(audio, gap.new_text, gap.language).cost
    except RequestError:
        return None
