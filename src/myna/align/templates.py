"""The text as spoken by espeak-ng, to lay a recording against."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from myna.align.features import (
    HOP,
    Features,
    Frames,
    features,
    normalized,
    with_slopes,
)
from myna.align.path import Columns, Indices
from myna.espeak.phones import Phone, PhoneClass
from myna.espeak.render import RATE_RANGE, Rendering, SourceVoice, render
from myna.text.reading import Token

_LARGER = (
    "formant 1 96 97 100",
    "formant 2 96 97 100",
    "formant 3 96 103 100",
    "formant 4 95 103 100",
    "formant 5 95 103 100",
)
_SMALLER = (
    "formant 0 105 80 150",
    "formant 1 110 80 160",
    "formant 2 110 70 150",
    "formant 3 110 70 150",
    "formant 4 115 80 150",
)
_SMALLEST = (
    "formant 0 120 80 150",
    "formant 1 115 80 160",
    "formant 2 130 75 150",
    "formant 3 123 75 150",
    "formant 4 125 80 150",
    "formant 5 125 80 150",
)  # number of the resonance; its frequency, height and width in percent
VOICES = (
    SourceVoice(pitch_low=82, pitch_high=118),
    SourceVoice(pitch_low=75, pitch_high=115, lines=_LARGER),
    SourceVoice(pitch_low=140, pitch_high=220, lines=_SMALLER),
    SourceVoice(pitch_low=142, pitch_high=200, lines=_SMALLEST),
)
"""Heads of four sizes: the recording is laid against all, and the nearest is kept."""

_RATE_STEPS = 2
_CLASSES = tuple(PhoneClass)
_PRIOR_FRAMES = 20  # frames of a sound class that move its mean half way to the recording's


Float = TypeVar("Float", np.float32, np.float64)


@dataclass(frozen=True, slots=True)
class Template:
    """The frames of a rendering's words, without its pauses."""

    phones: tuple[Phone, ...]
    """What is said, in seconds of the rendering; pauses included."""
    still: Frames  # (frames, 13), without slopes, pauses included
    indices: Indices
    """Which frames of the rendering belong to words."""
    words: Indices
    """The token each belongs to."""
    classes: Indices
    """Its sound class, as an index."""

    @property
    def frames(self) -> Frames:
        """Frames and slopes: (frames, 26)."""
        return with_slopes(self.still)[self.indices]

    @property
    def columns(self) -> Columns:
        """What a recording is laid against."""
        return Columns(self.frames, self.words)


def fitted_rate(tokens: Sequence[Token], voice: SourceVoice, recording: Features) -> float:
    """Return the words a minute at which the voice takes as long over them as the recording.

    It may be far beyond what the voice can speak at.
    """
    spoken = max(int(recording.speech.sum()), 1)
    rate = float(voice.rate)
    for _ in range(_RATE_STEPS):
        bounded = float(np.clip(rate, *RATE_RANGE))
        rendering = render(tokens, at_rate(voice, bounded))
        analysed = features(rendering.audio)
        words, _ = _labels(rendering, len(analysed.level))
        rate = bounded * int((analysed.speech & (words >= 0)).sum()) / spoken
    return rate


def at_rate(voice: SourceVoice, rate: float) -> SourceVoice:
    """Return the voice at another pace, as near as it can."""
    bounded = round(float(np.clip(rate, *RATE_RANGE)))
    return SourceVoice(voice.pitch_low, voice.pitch_high, bounded, voice.lines)


def template(tokens: Sequence[Token], voice: SourceVoice) -> Template:
    """Render the tokens and analyse them."""
    rendering = render(tokens, voice)
    analysed = features(rendering.audio)
    words, phones = _labels(rendering, len(analysed.level))
    indices = np.flatnonzero(words >= 0)
    kinds = np.array([_CLASSES.index(phone.kind) for phone in rendering.phones])
    still = normalized(analysed, analysed.speech & (words >= 0))
    return Template(rendering.phones, still, indices, words[indices], kinds[phones[indices]])


def _labels(rendering: Rendering, count: int) -> tuple[Indices, Indices]:
    """Return the token and the phone of every frame, -1 in pauses."""
    words = np.full(count, -1)
    phones = np.full(count, -1)
    for index, phone in enumerate(rendering.phones):
        if phone.token is not None:
            own = slice(*(max(0, int(np.ceil(t / HOP - 1e-6))) for t in (phone.start, phone.end)))
            words[own] = phone.token
            phones[own] = index
    return words, phones


def adapted(source: Template, recording: Frames, pairs: tuple[Indices, Indices]) -> Template:
    """Move each class of sounds towards how the recording's speaker makes it.

    `recording` (frames, 13) has no slopes; `pairs` are its frames and the template's that sound
    together. A class heard for few frames moves little (a maximum-a-posteriori mean).
    """
    rows, columns = pairs
    still = source.still.copy()
    difference = recording[rows] - still[source.indices[columns]]
    for kind in range(len(_CLASSES)):
        heard = source.classes[columns] == kind
        if heard.any():
            shift = difference[heard].sum(0) / (heard.sum() + _PRIOR_FRAMES)
            still[source.indices[source.classes == kind]] += shift
    return replace(source, still=still)


def pooled(source: Template, factor: int) -> tuple[Columns, Indices]:
    """Return coarse columns, each the mean of about `factor` frames of one word.

    Beside them the first frame of each.
    """
    frames = source.frames
    starts: list[int] = []
    bounds = [0, *(np.flatnonzero(np.diff(source.words)) + 1), len(source.words)]
    for first, last in pairwise(bounds):
        pieces = max(1, round((last - first) / factor))
        starts += [first + (last - first) * piece // pieces for piece in range(pieces)]
    firsts = np.array(starts)
    return Columns(mean_from(frames, firsts), source.words[firsts]), firsts


def mean_from(frames: npt.NDArray[Float], firsts: Indices) -> npt.NDArray[Float]:
    """Return the mean of the frames from each first one to the next."""
    counts = np.diff(np.append(firsts, len(frames)))
    sums = np.add.reduceat(frames, firsts, axis=0)
    return np.asarray(sums / counts.reshape(-1, *[1] * (frames.ndim - 1)), frames.dtype)
