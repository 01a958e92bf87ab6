"""New words spoken so that they fit into a recording, and how well they do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from myna.core.audio import Audio, Samples
from myna.dsp.background import Density, background
from myna.dsp.coupling import REACH, Join, couple
from myna.dsp.filters import filtered, impulse
from myna.dsp.jumps import measure_jump
from myna.dsp.matching import matching_gains
from myna.dsp.pitch import HOP, track_pitch
from myna.dsp.psola import Contour, with_prosody
from myna.dsp.seams import LEAD
from myna.studio.editing.openings import Opening, Scene
from myna.studio.editing.revision import Word

_WIDEST_SHIFT = 0.35  # nepers of pitch: half an octave
_WIDEST_STRETCH = (0.75, 1.35)
_LONGEST_PAUSE = 0.4  # seconds of an engine's pause that are taken over
_AROUND = 0.3  # seconds of the recording heard on both sides when a take is judged
_SPARE = 0.1  # seconds of the take beyond the cuts, to fade in

# What one point of a score is: about what half of all natural joins stay below.
_PITCH_POINT = 1.5  # semitones
_OCTAVE_ERROR = 6.0  # semitones; more is a fault of the tracker
_LEVEL_POINT = 6.0  # dB
_FLUX_POINT = 8.0  # dB
_PACE_POINT = 0.2  # nepers of duration
_COST_POINT = 0.5  # of alignment, above 1
_MISFIT_POINT = 0.25  # of how new words lead into what follows
_COMPARED = 0.2  # seconds of both sides from which their colour is compared


@dataclass(frozen=True, slots=True)
class Place:
    """Where new words go in a recording, and which of its words are said with them."""

    opening: Opening
    before: Sequence[Word]
    """The recording's words that the take begins with."""
    after: Sequence[Word]
    """The recording's words that it ends with."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an engine made of a carrier."""

    audio: Audio
    """At the rate of the recording."""
    words: tuple[Word, ...]
    """All its words: those before, the new ones, those after."""
    new: slice
    """Which of them are new."""
    cost: float | None
    """How badly sound and text fit, where they had to be aligned."""
    engine: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What an engine that hears both sides made of a gap."""

    audio: Audio
    """The new words with some of both sides, at the rate of the recording."""
    first: int
    """Sample where the new words begin."""
    last: int
    misfit: float
    cost: float | None
    """How badly the sound and the new words fit, where they could be aligned."""
    engine: str


@dataclass(frozen=True, slots=True)
class Take:
    """New words, fitted."""

    opening: Opening
    """Where they go, moved to the best join."""
    audio: Audio
    first: int
    """Sample where the new words begin, as cut."""
    last: int
    background: Density | None
    """What it brings of a room of its own."""
    score: float
    """Less is better."""
    engine: str

    @property
    def length(self) -> int:
        """Samples of the new words."""
        return self.last - self.first


def fitted(spoken: Spoken, place: Place, scene: Scene) -> Take:
    """Give a take the recording's level, tilt, pitch and pace, and judge it."""
    heard = Scene.of(spoken.audio, spoken.words)
    pairs = _pairs(spoken, place)
    first, last = _cuts(heard, spoken.new, place)
    spare = round(_SPARE * spoken.audio.sample_rate)
    start, end = max(0, first - spare), min(len(spoken.audio.samples), last + spare)
    rate = spoken.audio.sample_rate
    matched = _matched(spoken, pairs, scene)
    part = Audio(matched[start:end], rate)
    frames = slice(round(start / rate / HOP), round(start / rate / HOP) + _frame_count(part))
    contour = _contour(heard, scene, pairs, spoken.new)[frames]
    pace = _pace(pairs)
    reshaped = with_prosody(part, heard.pitch[frames], contour, pace)
    ratio = len(reshaped.samples) / max(1, len(part.samples))
    first, last = round((first - start) * ratio), round((last - start) * ratio)
    place, (first, last) = _coupled(reshaped, (first, last), place, scene)
    score = _score(reshaped, (first, last), place, scene, heard) + abs(np.log(pace)) / _PACE_POINT
    score += _cost_points(spoken.cost)
    room = background(matched, rate, heard.seams.pauses)
    return Take(place.opening, reshaped, first, last, room, float(score), spoken.engine)


def refitted(filled: Filled, place: Place, scene: Scene) -> Take:
    """Give a filled gap the recording's level and tilt, and judge it.

    Pitch and pace are left alone: the engine made them as a part of the recording.
    """
    audio = _coloured(filled, place.opening, scene)
    place, (first, last) = _coupled(audio, (filled.first, filled.last), place, scene)
    heard = Scene.of(audio, ())
    score = _score(audio, (first, last), place, scene, heard)
    score += filled.misfit / _MISFIT_POINT + _cost_points(filled.cost)
    room = background(audio.samples, audio.sample_rate, heard.seams.pauses)
    return Take(place.opening, audio, first, last, room, float(score), filled.engine)


def _coloured(filled: Filled, opening: Opening, scene: Scene) -> Audio:
    audio, recording = filled.audio, scene.audio
    rate = audio.sample_rate
    before = min(filled.first, opening.first)
    after = min(len(audio.samples) - filled.last, len(recording.samples) - opening.last)
    if before + after < _COMPARED * rate:
        return audio
    ours, theirs = (
        np.concatenate([samples[first - before : first], samples[last : last + after]])
        for samples, first, last in (
            (audio.samples, filled.first, filled.last),
            (recording.samples, opening.first, opening.last),
        )
    )
    gains = matching_gains(Audio(ours, rate), Audio(theirs, rate))
    return Audio(filtered(audio.samples, impulse(gains, rate)), rate)


def _cost_points(cost: float | None) -> float:
    return 0.0 if cost is None else max(0.0, cost - 1) / _COST_POINT


Pairs = tuple[list[tuple[Word, Word]], list[tuple[Word, Word]]]
"""Words as in the recording and as in the take: those before the new ones, those after."""


def _pairs(spoken: Spoken, place: Place) -> Pairs:
    """Pair the words both say, from the new ones outwards."""
    before = spoken.words[: spoken.new.start]
    after = spoken.words[spoken.new.stop :]
    left = list(zip(reversed(place.before), reversed(before), strict=False))
    return left, list(zip(place.after, after, strict=False))


def _frame_count(audio: Audio) -> int:
    return 1 + int(audio.duration / HOP)


def _cuts(heard: Scene, new: slice, place: Place) -> tuple[int, int]:
    """Cut the new words out, with the take's own pauses only where the recording has none."""
    before, after = heard.before(new.start), heard.after(new.stop - 1)
    rate = heard.audio.sample_rate
    first, last = before.sample, after.sample
    if before.pause and new.start and not place.opening.pause_before:
        first = round(max(before.pause.start + LEAD, before.pause.end - _LONGEST_PAUSE) * rate)
    if after.pause and new.stop < len(heard.words) and not place.opening.pause_after:
        last = round(min(after.pause.end - LEAD, after.pause.start + _LONGEST_PAUSE) * rate)
    return first, max(first + 1, last)


def _matched(spoken: Spoken, pairs: Pairs, scene: Scene) -> Samples:
    said = [*pairs[0], *pairs[1]]
    rate = spoken.audio.sample_rate
    if said:
        theirs = Audio.join(scene.audio.between(word.start, word.end) for word, _ in said)
        ours = Audio.join(spoken.audio.between(word.start, word.end) for _, word in said)
    else:
        theirs, ours = scene.audio, spoken.audio
    return filtered(spoken.audio.samples, impulse(matching_gains(ours, theirs), rate))


def _pace(pairs: Pairs) -> float:
    """Return how much longer the recording takes for the words both say."""
    said = [*pairs[0], *pairs[1]]
    theirs = sum(word.end - word.start for word, _ in said)
    ours = sum(word.end - word.start for _, word in said)
    if theirs <= 0 or ours <= 0:
        return 1.0
    believed = len(said) / (len(said) + 2)
    return float(np.clip((theirs / ours) ** believed, *_WIDEST_STRETCH))


def _contour(heard: Scene, scene: Scene, pairs: Pairs, new: slice) -> Contour:
    """Return what brings the take's pitch to the recording's on both sides, in nepers."""
    left, right = (_shift(heard, scene, side) for side in pairs)
    if left is None or right is None:
        both = right if left is None else left
        left = right = 0.0 if both is None else both
    times = np.arange(len(heard.pitch)) * HOP
    edges = heard.words[new.start].start, heard.words[new.stop - 1].end
    return np.asarray(np.interp(times, edges, (left, right)))


def _shift(heard: Scene, scene: Scene, side: Sequence[tuple[Word, Word]]) -> float | None:
    """Return by how much the recording is higher, the words next to the new ones counting most."""
    shifts = []
    for theirs, ours in side:
        wanted, given = scene.pitch_of(theirs), heard.pitch_of(ours)
        if wanted is not None and given is not None:
            shifts.append(wanted - given)
    if not shifts:
        return None
    weights = 0.5 ** np.arange(len(shifts))
    return float(np.clip(np.average(shifts, weights=weights), -_WIDEST_SHIFT, _WIDEST_SHIFT))


def _coupled(
    audio: Audio, cut: tuple[int, int], place: Place, scene: Scene
) -> tuple[Place, tuple[int, int]]:
    """Where no pause hides a seam, move it to where recording and take sound alike."""
    opening, (first, last) = place.opening, cut
    is_insertion = opening.first == opening.last
    seconds = min(opening.last - opening.first, last - first) / audio.sample_rate
    reach = REACH if is_insertion else min(REACH, seconds / 4)
    if place.before and not opening.pause_before:
        near = Join(opening.first, first)
        join = couple(scene.audio, audio, near, reach=reach, held=is_insertion)
        opening, first = replace(opening, first=join.left), join.right
    if place.after and not opening.pause_after:
        near = Join(opening.last, last)
        join = couple(scene.audio, audio, near, reach=reach, held=is_insertion)
        opening, last = replace(opening, last=join.left), join.right
    return replace(place, opening=opening), (first, last)


def _score(audio: Audio, cut: tuple[int, int], place: Place, scene: Scene, heard: Scene) -> float:
    """Return how far sound jumps at the two seams, in points."""
    around = round(_AROUND * audio.sample_rate)
    left = scene.audio.samples[max(0, place.opening.first - around) : place.opening.first]
    right = scene.audio.samples[place.opening.last : place.opening.last + around]
    middle = audio.samples[cut[0] : cut[1]]
    whole = Audio(np.concatenate([left, middle, right]), audio.sample_rate)
    pitch = track_pitch(whole, *_both(scene.pitch_range, heard.pitch_range))
    score = 0.0
    for seam, side in ((len(left), left), (len(left) + len(middle), right)):
        if len(side) < around // 2:
            continue
        jump = measure_jump(whole, pitch, seam)
        score += jump.level / _LEVEL_POINT + jump.flux / _FLUX_POINT
        score += min(jump.pitch or 0.0, _OCTAVE_ERROR) / _PITCH_POINT
    return score


def _both(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return min(one[0], other[0]), max(one[1], other[1])
