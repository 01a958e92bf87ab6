"""The espeak-ng voice that says what the reference says, at the speaker's pace.

Its pitch is not the speaker's: a low one shows the envelope best, and the vocoder sets the pitch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.dsp.envelope import HOP_LENGTH
from myna.dsp.pitch import HOP
from myna.engines.embedded.analysis import (
    Analysis,
    Labels,
    analyse,
    at_engine_rate,
    label,
)
from myna.espeak.phones import PhoneClass
from myna.espeak.render import Rendering, SourceVoice, render
from myna.text.reading import Token

ACTIVE_RANGE = 2.6  # nepers of amplitude below the loud frames that still count as speech
PITCH_RANGE = (72.0, 240.0)  # Hz between which the source's pitch is tracked

_LOW, _HIGH = 100.0, 150.0  # Hz between which the source speaks
_USUAL_RATE = 175  # words a minute
_PACE = (0.6, 1.6)  # how far from the usual pace a speaker is believed to be
_ROUNDS = 2  # espeak-ng's pace is not quite proportional to its rate
_BRIDGED = 30  # frames of quiet within speech: closures, not pauses


@dataclass(frozen=True, slots=True)
class Source:
    """Words said by the chosen espeak-ng voice, taken apart."""

    voice: SourceVoice
    rendering: Rendering
    analysis: Analysis
    labels: Labels


def usual_source(tokens: Sequence[Token]) -> Source:
    """Say the words at the usual pace."""
    return _said(tokens, _USUAL_RATE)


def paced_source(tokens: Sequence[Token], speaker: Analysis) -> Source:
    """Say the words as fast as the speaker says them."""
    wanted = _speech_frames(speaker.level)
    rate = float(_USUAL_RATE)
    for _ in range(_ROUNDS if wanted else 0):
        phones = render(tokens, _voice(rate)).phones
        said = sum(
            phone.end - phone.start for phone in phones if phone.kind is not PhoneClass.PAUSE
        )
        rate *= said / (wanted * HOP)
        rate = min(max(rate, _PACE[0] * _USUAL_RATE), _PACE[1] * _USUAL_RATE)
    return _said(tokens, rate)


def _voice(rate: float) -> SourceVoice:
    return SourceVoice(_LOW, _HIGH, round(rate))


def _said(tokens: Sequence[Token], rate: float) -> Source:
    voice = _voice(rate)
    rendering = render(tokens, voice)
    audio = at_engine_rate(rendering.audio)
    labels = label(rendering.phones, max(1, len(audio.samples) // HOP_LENGTH))
    return Source(voice, rendering, analyse(audio, PITCH_RANGE), labels)


def active(level: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Tell which frames are loud enough to be speech."""
    return np.asarray(level > np.percentile(level, 95) - ACTIVE_RANGE)


def _speech_frames(level: npt.NDArray[np.float32]) -> int:
    """Count the frames of speech, its short closures included."""
    loud = np.flatnonzero(active(level))
    if len(loud) == 0:
        return 0
    gaps = np.diff(loud)
    return 1 + int(np.sum(gaps[gaps <= _BRIDGED]))
