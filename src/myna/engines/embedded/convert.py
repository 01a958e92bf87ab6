"""A clause said by espeak-ng, turned into the reference's voice block by block."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from myna.core.audio import Samples
from myna.dsp.envelope import (
    FFT_LENGTH,
    HOP_LENGTH,
    Cepstra,
    cepstra_of,
    mel_cepstra,
    spectral_envelope,
)
from myna.dsp.pitch import PitchTrack, track_pitch
from myna.dsp.vocoder import Breath, Vocoder, excitation
from myna.engines.embedded.analysis import FrameIndices, Labels, at_engine_rate, label
from myna.engines.embedded.mapping import CONTEXT
from myna.engines.embedded.source import PITCH_RANGE
from myna.engines.embedded.voice_fit import VoiceFit
from myna.espeak.render import Rendering

STRENGTH = 0.85
"""How far towards the reference: all the way costs more words than it gains likeness."""

FIRST_BLOCK = 60  # frames: 0.3 s
_GROWTH = 2
_LARGEST_BLOCK = 480  # frames

_MARGIN = FFT_LENGTH // 2 // HOP_LENGTH + 1  # frames of sound an envelope sees to each side
_VOICED_BREATH = (-24.0, -20.0, -9.0, -3.0, 0.0, 0.0)  # dB at BREATH_KNOTS
_FRICATIVE_BREATH = (-24.0, -16.0, -7.0, -2.0, 0.0, 0.0)
_VOICED_FRICATIVES = frozenset({"v", "ð", "z", "ʒ", "dʒ", "ʑ", "dʑ", "ʐ", "ɣ", "ʝ"})
_FADE = 480  # samples, 20 ms, at the end of a clause
_KNEE = 0.7  # amplitude from which peaks are rounded off
_ROOM = 0.25  # what they have left above it


def convert(
    rendering: Rendering, fit: VoiceFit, *, seed: int, first_sample: int
) -> Iterator[Samples]:
    """Yield the clause at 24 kHz, a short block first.

    How it is cut into blocks does not change the sound. `first_sample` is where in the whole
    sound the clause begins; noise depends on the seed and on that.
    """
    audio = at_engine_rate(rendering.audio)
    frames = len(audio.samples) // HOP_LENGTH
    if frames == 0:
        return
    own_pitch = track_pitch(audio, *PITCH_RANGE)[:frames]
    pitch = mapped_pitch(own_pitch, fit)
    labels = label(rendering.phones, frames)
    breath = _breath(labels)
    vocoder = Vocoder(excitation(pitch), seed, first_sample)
    for block in _blocks(frames):
        cepstra = _converted(audio.samples, own_pitch, labels, fit, block)
        sound = limited(vocoder.process(cepstra, breath[block]))
        yield _faded(sound) if block.stop == frames else sound


def _faded(samples: Samples) -> Samples:
    """Let the end die away: espeak-ng stops in mid-vowel, which clicks."""
    length = min(_FADE, len(samples))
    fade = np.cos(np.linspace(0, np.pi / 2, length, dtype=np.float32)) ** 2
    return np.concatenate(
        [samples[: len(samples) - length], samples[len(samples) - length :] * fade]
    )


def _blocks(frames: int) -> Iterator[slice]:
    start, size = 0, FIRST_BLOCK
    while start < frames:
        end = start + size if frames - start - size > FIRST_BLOCK // 2 else frames
        yield slice(start, end)
        start, size = end, min(size * _GROWTH, _LARGEST_BLOCK)


def mapped_pitch(pitch: PitchTrack, fit: VoiceFit) -> PitchTrack:
    """Move each pitch to where the speaker's own lies at the same quantile."""
    voiced = pitch > 0
    logarithm = np.log(pitch[voiced])
    low, high = fit.source_pitch[0], fit.source_pitch[-1]
    inside = np.clip(logarithm, low, high)
    moved = np.interp(inside, fit.source_pitch, fit.target_pitch) + logarithm - inside
    result = np.zeros_like(pitch)
    result[voiced] = np.exp(moved)
    return result


def _converted(
    samples: Samples, pitch: PitchTrack, labels: Labels, fit: VoiceFit, block: slice
) -> Cepstra:
    """Return the envelopes of one block in the new voice."""
    first, last = max(0, block.start - CONTEXT), min(len(pitch), block.stop + CONTEXT)
    cepstra = _envelope_between(samples, pitch, first, last)
    near = Labels(labels.symbols, labels.phones[first:last], labels.kinds[first:last])
    difference = STRENGTH * fit.mapping.difference(mel_cepstra(cepstra), near)
    inner = slice(block.start - first, block.stop - first)
    return np.asarray(cepstra[inner] + cepstra_of(difference[inner]) + fit.equalizer, np.float32)


def _envelope_between(samples: Samples, pitch: PitchTrack, first: int, last: int) -> Cepstra:
    margin = min(_MARGIN, first)
    start = first - margin
    heard = samples[start * HOP_LENGTH : (last + _MARGIN) * HOP_LENGTH]
    return spectral_envelope(heard, pitch[start:last])[margin:]


def _breath(labels: Labels) -> Breath:
    """Return how much of each frame is noise where it is voiced."""
    fricative = np.array([symbol in _VOICED_FRICATIVES for symbol in labels.symbols])
    choices = np.array([_VOICED_BREATH, _FRICATIVE_BREATH], np.float32)
    chosen: FrameIndices = fricative[labels.phones].astype(np.intp)
    return np.asarray(choices[chosen])


def limited(samples: Samples) -> Samples:
    """Round off peaks so that none reaches full scale; all else stays as it is."""
    size = np.abs(samples)
    rounded = _KNEE + _ROOM * np.tanh((size - _KNEE) / _ROOM)
    result: npt.NDArray[np.float32] = np.where(size > _KNEE, np.sign(samples) * rounded, samples)
    return result.astype(np.float32)
