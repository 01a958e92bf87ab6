"""The espeak-ng voice that comes closest to a speaker: its pitch range and pace."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio
from myna.dsp.pitch import HIGHEST, LOWEST, PitchTrack, track_pitch
from myna.engines.embedded.analysis import (
    PAUSE,
    Analysis,
    Labels,
    analyse,
    at_engine_rate,
    label,
)
from myna.espeak.render import RATE_RANGE, SourceVoice, render
from myna.text.reading import Token

ACTIVE_RANGE = 2.6  # nepers of amplitude below the loud frames that still count as speech

_ROUNDS = 3
_START = (0.82, 0.4)  # of the speaker's pitch: the bottom, and the range above it
_LOWEST_RANGE = 4.0  # Hz
_WIDEST_RANGE = 1.2  # of the speaker's pitch
_STRETCH = (0.6, 1.6)  # how far one round may change the range
_TYPICAL_PITCH = 140.0  # Hz, where nothing voiced was heard
_OUTLIER = 0.6  # nepers from the median
_BRIDGED = 30  # frames of quiet within speech: closures, not pauses
_PACE = (0.6, 1.6)  # how far from the usual pace a speaker is believed to be
_USUAL_RATE = 175  # words a minute
_REACH = (0.55, 1.9)  # times the middle: where the source's own pitch is looked for


@dataclass(frozen=True, slots=True)
class PitchSpread:
    """Where a speaker's pitch lies, in natural logarithms of Hz."""

    middle: float
    width: float


@dataclass(frozen=True, slots=True)
class Source:
    """Words said by the chosen espeak-ng voice, taken apart."""

    voice: SourceVoice
    analysis: Analysis
    labels: Labels


def pitch_spread(pitch: PitchTrack) -> PitchSpread:
    """Return median and standard deviation of the log pitch, without octave errors."""
    voiced = np.log(pitch[pitch > 0])
    if len(voiced) == 0:
        return PitchSpread(float(np.log(_TYPICAL_PITCH)), 0.15)
    middle = float(np.median(voiced))
    near = voiced[np.abs(voiced - middle) < _OUTLIER]
    return PitchSpread(middle, max(float(near.std()), 0.02))


def matched_source(tokens: Sequence[Token], speaker: Analysis, *, same_words: bool) -> Source:
    """Find the espeak-ng voice whose pitch and, for the same words, pace are the speaker's."""
    wanted = pitch_spread(speaker.pitch)
    hertz = float(np.exp(wanted.middle))
    low, width, rate = _START[0] * hertz, _START[1] * hertz, float(_USUAL_RATE)
    seconds = speech_frames(speaker.level)
    for _ in range(_ROUNDS - 1):
        audio, labels, _ = spoken(tokens, _voice(low, width, rate))
        found = pitch_spread(track_pitch(audio, *pitch_range(wanted)))
        shift = np.exp(wanted.middle - found.middle)
        stretch = float(np.clip(wanted.width / found.width, *_STRETCH))
        low, width = low * shift, width * shift * stretch
        width = min(max(width, _LOWEST_RANGE), _WIDEST_RANGE * hertz)
        if same_words and seconds:
            rate *= float(np.sum(labels.kinds != PAUSE)) / seconds
            rate = min(max(rate, _PACE[0] * _USUAL_RATE), _PACE[1] * _USUAL_RATE)
    voice = _voice(low, width, rate)
    audio, labels, frames = spoken(tokens, voice)
    analysis = analyse(audio, pitch_range(wanted))
    return Source(voice, analysis, labels)


def _voice(low: float, width: float, rate: float) -> SourceVoice:
    slowest, fastest = RATE_RANGE
    return SourceVoice(low, low + width, round(min(max(rate, slowest), fastest)))


def pitch_range(spread: PitchSpread) -> tuple[float, float]:
    """Return the Hz between which a source made for this speaker is tracked."""
    low, high = (np.exp(spread.middle) * factor for factor in _REACH)
    return max(LOWEST, float(low)), min(HIGHEST, float(high))


def spoken(tokens: Sequence[Token], voice: SourceVoice) -> tuple[Audio, Labels, int]:
    """Return the words at 24 kHz, the phone of each frame, and how many frames there are."""
    rendering = render(tokens, voice)
    audio = at_engine_rate(rendering.audio)
    frames = max(1, len(audio.samples) // 120)
    return audio, label(rendering.phones, frames), frames


def active(level: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Tell which frames are loud enough to be speech."""
    return np.asarray(level > np.percentile(level, 95) - ACTIVE_RANGE)


def speech_frames(level: npt.NDArray[np.float32]) -> int:
    """Count the frames of speech, its short closures included."""
    loud = np.flatnonzero(active(level))
    if len(loud) == 0:
        return 0
    gaps = np.diff(loud)
    return 1 + int(np.sum(gaps[gaps <= _BRIDGED]))
