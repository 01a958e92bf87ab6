"""What the embedded engine sees in a sound: pitch, envelope, and which phone each frame is in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio
from myna.dsp.envelope import (
    HOP_LENGTH,
    SAMPLE_RATE,
    MelCepstra,
    mel_cepstra,
    spectral_envelope,
)
from myna.dsp.pitch import HOP, PitchTrack, track_pitch, track_speaker_pitch
from myna.dsp.resample import resample
from myna.espeak.phones import Phone, PhoneClass

CLASSES = (
    PhoneClass.VOWEL,
    PhoneClass.NASAL,
    PhoneClass.APPROXIMANT,
    PhoneClass.FRICATIVE,
    PhoneClass.PLOSIVE,
    PhoneClass.PAUSE,
)
PAUSE = CLASSES.index(PhoneClass.PAUSE)
SONORANTS = CLASSES.index(PhoneClass.APPROXIMANT)  # classes up to here are voiced and smooth
PAUSE_SYMBOL = ""

FrameIndices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Analysis:
    """A sound at 24 kHz, taken apart: one row per 5 ms frame."""

    pitch: PitchTrack  # (frames,) Hz
    cepstra: MelCepstra  # (frames, ORDERS)

    @property
    def level(self) -> npt.NDArray[np.float32]:
        """Mean log amplitude per frame, nepers."""
        return self.cepstra[:, 0] * np.float32(0.5)


def at_engine_rate(audio: Audio) -> Audio:
    """Return the sound at 24 kHz, whatever is not a number replaced by silence."""
    return resample(Audio(np.nan_to_num(audio.samples), audio.sample_rate), SAMPLE_RATE)


def analyse(audio: Audio, pitch_range: tuple[float, float] | None = None) -> Analysis:
    """Take apart a sound at 24 kHz, within a known pitch range or one to be found."""
    pitch = track_pitch(audio, *pitch_range) if pitch_range else track_speaker_pitch(audio)
    pitch = pitch[: max(1, len(audio.samples) // HOP_LENGTH)]
    return Analysis(pitch, mel_cepstra(spectral_envelope(audio.samples, pitch)))


@dataclass(frozen=True, slots=True)
class Labels:
    """Which phone each frame is in: symbols by index, and classes as indices into `CLASSES`."""

    symbols: tuple[str, ...]
    phones: FrameIndices  # (frames,) into `symbols`
    kinds: FrameIndices  # (frames,) into `CLASSES`


def label(phones: Sequence[Phone], frames: int) -> Labels:
    """Spread timed phones over frames of `HOP` seconds; what none covers is a pause."""
    symbols = (PAUSE_SYMBOL, *sorted({phone.symbol for phone in phones} - {PAUSE_SYMBOL}))
    indices = {symbol: index for index, symbol in enumerate(symbols)}
    of_frame = np.zeros(frames, np.intp)
    kinds = np.full(frames, PAUSE, np.intp)
    for phone in phones:
        span = slice(round(phone.start / HOP), round(phone.end / HOP))
        of_frame[span] = indices[phone.symbol]
        kinds[span] = CLASSES.index(phone.kind)
    return Labels(symbols, of_frame, kinds)


def hann_smoothed(values: npt.NDArray[np.float32], width: int) -> npt.NDArray[np.float32]:
    """Average over `width` frames (odd) with a Hann weight, the ends repeated."""
    weights = np.hanning(width + 2)[1:-1]
    weights /= weights.sum()
    half = width // 2
    padded = np.pad(values, ((half, half), (0, 0)), mode="edge")
    smooth = np.zeros_like(values)
    for offset, weight in enumerate(weights):
        smooth += np.float32(weight) * padded[offset : offset + len(values)]
    return smooth
