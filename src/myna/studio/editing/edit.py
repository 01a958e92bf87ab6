"""New words inside a recording, every other sample kept."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from myna.align.aligner import MISMATCH_COST
from myna.core.audio import Audio
from myna.core.edit import Edit, EditedSpan, EditReport
from myna.core.errors import (
    EngineError,
    InvalidOption,
    SpanTooShort,
    SynthesisFailed,
    TextMismatch,
    TooLittleContext,
)
from myna.core.infill import infilling
from myna.core.languages import AUTO
from myna.core.speech import SEED_RANGE, Options, SpeechRequest
from myna.core.timing import TimedText, shifted
from myna.core.voice import Voice
from myna.dsp.codec import NativeAudio
from myna.dsp.fades import fade_out
from myna.dsp.replacement import Insert, Replacement, replacement
from myna.dsp.resample import resample
from myna.studio.editing.infilling import Site
from myna.studio.editing.openings import Opening, Scene, opening
from myna.studio.editing.own_voice import own_voice
from myna.studio.editing.revision import Carrier, Passage, carrier, located, passages, revised
from myna.studio.editing.room import Room
from myna.studio.editing.takes import Place, Spoken, Take, fitted
from myna.text.languages import detect

if TYPE_CHECKING:
    from myna.studio.studio import Studio

logger = logging.getLogger(__name__)

MARGIN = 0.02  # seconds
MARGIN_RANGE = (0.0, 0.2)
MOST_TAKES = 16
WIDTHS = (3, 5, 2)  # words said with the new ones on each side, take by take
_EDGE = 0.1  # seconds of silence put around a take, so that there is a pause to cut in
_RELEASE = 0.06  # seconds: an engine may stop at once
_QUIET_MIX = 0.25  # of the channels' mean power: a mix that is quieter cancels itself out


@dataclass(frozen=True, slots=True)
class EditRequest:
    """Change words of a recording."""

    recording: NativeAudio
    text: str
    """All that is said in it."""
    edits: tuple[Edit, ...]
    language: str = AUTO
    voice: str | Voice | None = None
    """Who speaks the new words; None: the recording's own voice, from what is kept of it."""
    engine: str | None = None
    options: Options = field(default_factory=Options)
    takes: int = 3
    """How often each passage is spoken; the take that fits best is used: 1 to 16."""
    margin: float = MARGIN
    """Seconds of fading at each end of what is replaced: 0 to 0.2."""
    words: tuple[TimedText, ...] | None = None
    """When the words are said, where that is known already; None: they are aligned."""
    choice: int = 0
    """Use another take: 0 the one that fits best, 1 the next best, below `takes`."""

    def __post_init__(self) -> None:
        if not self.edits:
            raise InvalidOption("edits", (), "name at least one span and its new text")
        if not 1 <= self.takes <= MOST_TAKES:
            raise InvalidOption("takes", self.takes, f"give a number from 1 to {MOST_TAKES}")
        if not 0 <= self.choice < self.takes:
            raise InvalidOption(
                "choice", self.choice, f"give a number from 0 to {self.takes - 1}: one of the takes"
            )
        low, high = MARGIN_RANGE
        if not low <= self.margin <= high:
            raise InvalidOption("margin", self.margin, f"give seconds from {low:g} to {high:g}")


@dataclass(frozen=True, slots=True)
class EditedRecording:
    """The recording with its words changed: same rate, channels and kind of samples."""

    recording: NativeAudio
    text: str
    """What is said in it now."""
    report: EditReport


def edit(studio: "Studio", request: EditRequest) -> EditedRecording:
    """Change words of a recording; every sample outside the reported spans stays as it is.

    Raises `TextMismatch` where the recording does not say the text, `SpanTooShort`,
    `TooLittleContext`, `Unsupported` or another `RequestError`.
    """
    language = detect(request.text) if request.language == AUTO else request.language
    audio = _mixed(request.recording)
    timed = (
        _aligned(studio, audio, request.text, language) if request.words is None else request.words
    )
    words = located(request.text, timed)
    changes = passages(request.text, request.edits, words)
    scene = Scene.of(audio, words)
    _check_something_is_kept(changes, scene)
    session = _Session(studio, request, language, scene, changes)
    changed = [session.changed(index) for index in range(len(changes))]
    _check_apart([one.replacement for one in changed], audio.sample_rate)
    return _assembled(request, changes, changed)


def _aligned(studio: "Studio", audio: Audio, text: str, language: str) -> tuple[TimedText, ...]:
    alignment = studio.align(audio, text, language)
    if alignment.cost > MISMATCH_COST:
        raise TextMismatch(
            f"The recording does not say {text[:40]!r}: they fit at a cost of "
            f"{alignment.cost:.2f}, over the {MISMATCH_COST:g} of matching speech. Write down all "
            "the words that are said, and name their language."
        )
    return alignment.words


def _mixed(recording: NativeAudio) -> Audio:
    """Return what is listened to: the mean of the channels, unless they cancel each other."""
    mean = recording.audio()
    if recording.channels == 1:
        return mean
    channels = recording.fractions()
    power = np.square(channels).mean(axis=0)
    if float(np.square(mean.samples).mean()) >= _QUIET_MIX * power.mean():
        return mean
    return Audio(channels[:, int(power.argmax())].astype(np.float32), recording.sample_rate)


def _check_something_is_kept(changes: Sequence[Passage], scene: Scene) -> None:
    gone = sum(change.last - change.first for change in changes if not change.new_text)
    if gone and gone == len(scene.words):
        raise TooLittleContext("Nothing would be left of the recording: keep at least one word.")


def _check_apart(pieces: Sequence[Replacement], sample_rate: int) -> None:
    for one, other in pairwise(pieces):
        if one.end > other.start:
            raise SpanTooShort(
                f"Two edits meet at {one.end / sample_rate:.2f} s: too little sound is between "
                "them. Make one edit of both."
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Changed:
    """What takes the place of one passage, and the takes it was chosen from, best first."""

    replacement: Replacement
    takes: tuple[Take, ...] = ()


@dataclass(frozen=True, eq=False)
class _Session:
    """What the passages of one request share."""

    studio: "Studio"
    request: EditRequest
    language: str
    scene: Scene
    changes: Sequence[Passage]

    def changed(self, index: int) -> _Changed:
        """Speak one passage, and cut it in."""
        passage, recording = self.changes[index], self.request.recording
        place = opening(self.scene, self.request.text, passage)
        margin = round(self.request.margin * recording.sample_rate)
        if not passage.new_text:
            return _Changed(_cut_in(recording, place, None, margin))
        made = self._filled(index, place) or self._takes(index, place)
        takes = sorted(made, key=lambda take: (take.length < margin, take.score))
        chosen = takes[self.request.choice]
        if chosen.length < margin:
            raise SpanTooShort(
                f"{passage.new_text!r} came too short for fades of {self.request.margin:g} s at "
                "its ends. Give a smaller margin."
            )
        room = Room.around(recording, self.scene.audio, place, self.scene.seams.pauses)
        insert = room.filled(chosen, self._seed(index))
        return _Changed(_cut_in(recording, chosen.opening, insert, margin), tuple(takes))

    def _filled(self, index: int, place: Opening) -> list[Take]:
        """Have the gap filled by the engine, if it can: none where it cannot."""
        request, passage = self.request, self.changes[index]
        chosen = self.studio.engine_named(request.engine)
        engine = infilling(chosen, self.language)
        if engine is None:
            return []
        scene, kept = self.scene.near(place), self._kept(index)
        site = Site.around(scene, request.text, passage, place, kept)
        gap = site.gap(self.language, request.options)
        if gap is None:
            return []
        try:
            seeds = [self._seed(number) for number in range(request.takes)]
            return [site.take(engine, gap, self._voice, seed) for seed in seeds]
        except EngineError as error:
            if request.engine is not None:
                raise
            logger.warning("%s could not fill a gap, new words are spoken: %s", chosen.name, error)
            return []

    def _kept(self, index: int) -> tuple[int, int]:
        """Return the first word, and the one behind the last, that no other passage takes."""
        return (
            self.changes[index - 1].last if index else 0,
            self.changes[index + 1].first
            if index + 1 < len(self.changes)
            else len(self.scene.words),
        )

    def _takes(self, index: int, place: Opening) -> list[Take]:
        passage, scene = self.changes[index], self.scene.near(place)
        words, kept = scene.words, self._kept(index)
        takes = []
        for number in range(self.request.takes):
            width = WIDTHS[number % len(WIDTHS)]
            text = carrier(self.request.text, words, passage, kept, width)
            before, after = words[text.first : passage.first], words[passage.last : text.last]
            spoken = self._spoken(text, number)
            takes.append(fitted(spoken, Place(place, before, after), scene))
        return takes

    def _spoken(self, text: Carrier, number: int) -> Spoken:
        request = self.request
        options = replace(request.options, seed=self._seed(number))
        speech = self.studio.speak(
            SpeechRequest(text.text, self._voice, self.language, options, request.engine)
        )
        timed, cost = speech.words, None
        if not timed:
            alignment = self.studio.align(speech.audio, text.text, self.language)
            timed, cost = alignment.words, alignment.cost
        edge = Audio.silence(_EDGE, speech.audio.sample_rate)
        framed = Audio.join([edge, fade_out(speech.audio, _RELEASE), edge])
        words = located(text.text, shifted(timed, _EDGE))
        begin, end = len(text.before), len(text.before) + len(text.new_text)
        new = [i for i, word in enumerate(words) if word.first < end and word.last > begin]
        if not new:
            raise SynthesisFailed(
                f"{', '.join(speech.engines)} did not say {text.new_text!r}. Write it in words, "
                "or choose another engine."
            )
        audio = resample(framed, request.recording.sample_rate)
        return Spoken(audio, words, slice(new[0], new[-1] + 1), cost, ", ".join(speech.engines))

    def _seed(self, number: int) -> int:
        return ((self.request.options.seed or 0) + number) % (SEED_RANGE[1] + 1)

    @cached_property
    def _voice(self) -> Voice:
        if self.request.voice is not None:
            return self.studio.voice(self.request.voice)
        return own_voice(self.scene, self.request.text, self.changes, self.language)


def _cut_in(
    recording: NativeAudio, place: Opening, insert: Insert | None, margin: int
) -> Replacement:
    offset = max(0, place.first - margin)
    near = recording.between(offset, place.last + margin).fractions()
    cuts = place.first - offset, place.last - offset
    return replacement(near, cuts, insert, margin).moved(offset)


def _assembled(
    request: EditRequest, changes: Sequence[Passage], changed: Sequence[_Changed]
) -> EditedRecording:
    recording = request.recording
    margin = round(request.margin * recording.sample_rate)
    parts, spans = [], []
    reached = written = 0
    for passage, one in zip(changes, changed, strict=True):
        piece = one.replacement
        parts += [recording.samples[reached : piece.start], recording.stored(piece.samples)]
        written += piece.start - reached
        spans.append(
            EditedSpan(
                piece.start,
                piece.end,
                written,
                written + len(piece.samples),
                margin,
                request.text[passage.start : passage.end],
                passage.new_text,
                tuple(take.score for take in one.takes),
            )
        )
        reached, written = piece.end, written + len(piece.samples)
    samples = np.concatenate([*parts, recording.samples[reached:]])
    engines = dict.fromkeys(one.takes[0].engine for one in changed if one.takes)
    report = EditReport(tuple(spans), recording.sample_rate, ", ".join(engines))
    return EditedRecording(
        replace(recording, samples=samples), revised(request.text, changes), report
    )
