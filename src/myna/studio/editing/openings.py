"""Where new words go in a recording."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from myna.core.audio import Audio
from myna.core.errors import SpanTooShort
from myna.dsp.pitch import HIGHEST, HOP, LOWEST, PitchTrack, track_speaker_pitch
from myna.dsp.seams import Cut, SeamFinder
from myna.studio.editing.revision import Passage, Word

_SHORTEST_SPAN = 0.03  # seconds: less than any word
_PITCH_REACH = 3  # seconds around an opening: more words than are said again
_BELOW, _ABOVE = 0.55, 1.9  # times the median: where one speaker's pitch lies
_FEWEST_VOICED = 4  # frames from which a word has a pitch


@dataclass(frozen=True, eq=False)
class Scene:
    """Speech whose words are known: its seams and its pitch."""

    audio: Audio
    words: Sequence[Word]
    seams: SeamFinder
    heard: slice
    """The samples whose pitch is looked at; elsewhere nothing counts as voiced."""

    @classmethod
    def of(cls, audio: Audio, words: Sequence[Word]) -> Self:
        """Look at all of a recording."""
        return cls(audio, words, SeamFinder(audio), slice(0, len(audio.samples)))

    def near(self, place: "Opening") -> Self:
        """Return the same speech, its pitch to be looked at around an opening only."""
        reach = _PITCH_REACH * self.audio.sample_rate
        return replace(self, heard=slice(max(0, place.first - reach), place.last + reach))

    @cached_property
    def pitch(self) -> PitchTrack:
        """Hz per 5 ms; tracked when first asked for."""
        rate = self.audio.sample_rate
        first = round(self.heard.start / rate / HOP)
        start = round(first * HOP * rate)
        local = track_speaker_pitch(Audio(self.audio.samples[start : self.heard.stop], rate))
        track = np.zeros(1 + int(self.audio.duration / HOP) + 1, np.float32)
        track[first : first + len(local)] = local[: len(track) - first]
        return track

    @cached_property
    def pitch_range(self) -> tuple[float, float]:
        """Hz between which the voice lies: half an octave, or nearly one, around its median."""
        voiced = self.pitch[self.pitch > 0]
        if not len(voiced):
            return LOWEST, HIGHEST
        middle = float(np.median(voiced))
        return max(LOWEST, middle * _BELOW), min(HIGHEST, middle * _ABOVE)

    def before(self, index: int) -> Cut:
        """Return the cut before a word."""
        previous = self.words[index - 1].end if index else None
        return self.seams.before(self.words[index].start, previous)

    def after(self, index: int) -> Cut:
        """Return the cut after a word."""
        following = self.words[index + 1].start if index + 1 < len(self.words) else None
        return self.seams.after(self.words[index].end, following)

    def pitch_of(self, word: Word) -> float | None:
        """Return the median log pitch of a word, None where it has hardly any."""
        track = self.pitch[round(word.start / HOP) : round(word.end / HOP)]
        voiced = track[track > 0]
        return float(np.log(np.median(voiced))) if len(voiced) >= _FEWEST_VOICED else None


@dataclass(frozen=True, slots=True)
class Opening:
    """Two cuts in a recording, between which its sound goes."""

    first: int
    """Sample of the first cut."""
    last: int
    """Sample of the second, the same for an insertion."""
    pause_before: bool = False
    """Whether a pause is kept before the new words."""
    pause_after: bool = False


def opening(scene: Scene, text: str, passage: Passage) -> Opening:
    """Return where a passage is cut out. Raises `SpanTooShort` where it has hardly any sound."""
    if passage.first == passage.last:
        return _gap(scene, text, passage)
    left, right = scene.before(passage.first), scene.after(passage.last - 1)
    rate = scene.audio.sample_rate
    if right.sample - left.sample < _SHORTEST_SPAN * rate:
        raise SpanTooShort(
            f"{text[passage.start : passage.end]!r} takes {(right.sample - left.sample) / rate:.2f}"
            f" s at {left.sample / rate:.2f} s of the recording: too short to be a word. Check "
            "that the text is what is said there."
        )
    if not passage.new_text:
        return _closed(scene, left, right)
    return Opening(left.sample, right.sample, left.pause is not None, right.pause is not None)


def _closed(scene: Scene, left: Cut, right: Cut) -> Opening:
    """Of the pauses around deleted words, keep the longer one."""
    if left.pause and right.pause:
        if left.pause.duration >= right.pause.duration:
            right = scene.seams.at_end_of(right.pause)
        else:
            left = scene.seams.at_start_of(left.pause)
    return Opening(left.sample, right.sample)


def _gap(scene: Scene, text: str, passage: Passage) -> Opening:
    """Find where to insert: a pause stays on that side where its punctuation is."""
    if not scene.words:
        return Opening(0, 0)
    index = passage.first
    if index == len(scene.words):
        cut = scene.after(index - 1)
        return Opening(cut.sample, cut.sample, pause_after=cut.pause is not None)
    cut = scene.before(index)
    if cut.pause is None:
        return Opening(cut.sample, cut.sample)
    if index and _has_mark(text[passage.end : scene.words[index].first]):
        sample = scene.seams.at_start_of(cut.pause).sample
        return Opening(sample, sample, pause_after=True)
    return Opening(cut.sample, cut.sample, pause_before=True)


def _has_mark(text: str) -> bool:
    return any(not character.isspace() for character in text)
