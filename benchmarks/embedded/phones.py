"""How often a frame of speech is taken for the phone it is: the second instrument.

A linear discriminant classifier (Fisher, 1936; Hastie et al., 2009, 4.3) learns phones from the
natural recordings, the one being imitated left out, and then hears the engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio
from myna.core.voice import Voice
from myna.dsp.resample import resample
from myna.dsp.spectrum import MelSettings, deltas, mfcc
from myna.engines.embedded.analysis import analyse, at_engine_rate
from myna.engines.embedded.source import active, paced_source
from myna.engines.embedded.warping import matched_frames
from myna.espeak.phones import Phone, PhoneClass
from myna.text.reading import read

_SETTINGS = MelSettings(sample_rate=16000, hop_length=160)
_HOP = 0.01  # seconds
_CONTEXT = 3  # frames to both sides
_RIDGE = 0.05
_FEWEST = 12  # frames from which a phone is learned

Features = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LabelledFrames:
    """Frames of speech and the phone each is in."""

    features: Features  # (frames, dimensions)
    phones: tuple[str, ...]


def heard_frames(audio: Audio, phones: Sequence[Phone]) -> LabelledFrames:
    """Take the frames of timed phones, pauses left out."""
    features = _features(audio)
    rows, names = [], []
    for phone in phones:
        if phone.kind is PhoneClass.PAUSE:
            continue
        for frame in range(round(phone.start / _HOP), round(phone.end / _HOP)):
            if frame < len(features):
                rows.append(frame)
                names.append(phone.symbol)
    return LabelledFrames(features[rows], tuple(names))


def natural_frames(voice: Voice) -> LabelledFrames:
    """Label a recording by warping espeak-ng's saying of its transcript onto it."""
    audio = at_engine_rate(voice.reference)
    speaker = analyse(audio)
    source = paced_source(read(voice.transcript, voice.language), speaker)
    of_speaker, of_source = matched_frames(speaker.cepstra, source.analysis.cepstra)
    symbol_of = dict(zip(of_speaker, source.labels.phones[of_source], strict=True))
    loud = active(speaker.level)
    features = _features(audio)
    rows = [
        row
        for row in range(len(features))
        if 2 * row < len(loud) and loud[2 * row] and symbol_of.get(2 * row)
    ]
    return LabelledFrames(
        features[rows], tuple(source.labels.symbols[symbol_of[2 * row]] for row in rows)
    )


def _features(audio: Audio) -> Features:
    cepstra = mfcc(resample(audio, _SETTINGS.sample_rate), _SETTINGS)
    loud = cepstra[:, 0] > np.percentile(cepstra[:, 0], 95) - 20
    cepstra = (cepstra - cepstra[loud].mean(axis=0)) / (cepstra[loud].std(axis=0) + 1e-3)
    both = np.hstack([cepstra, 2 * deltas(cepstra)]).astype(np.float32)
    padded = np.pad(both, ((_CONTEXT, _CONTEXT), (0, 0)), mode="edge")
    shifts = range(0, 2 * _CONTEXT + 1, _CONTEXT)
    return np.hstack([padded[shift : shift + len(both)] for shift in shifts])


class PhoneClassifier:
    """A linear classifier of frames."""

    def __init__(self, training: Sequence[LabelledFrames]) -> None:
        features = np.concatenate([frames.features for frames in training])
        names = np.concatenate([np.array(frames.phones, dtype=object) for frames in training])
        known = [name for name in sorted(set(names)) if np.sum(names == name) >= _FEWEST]
        means = np.stack([features[names == name].mean(axis=0) for name in known])
        kept = np.isin(names, known)
        index = {name: number for number, name in enumerate(known)}
        numbers = np.array([index[name] for name in names[kept]])
        spread = features[kept] - means[numbers]
        covariance = spread.T @ spread / len(spread) + _RIDGE * np.eye(features.shape[1])
        self._names = index
        self._weights = np.linalg.solve(covariance, means.T)
        self._offsets = -0.5 * np.sum(means.T * self._weights, axis=0)

    def accuracy(self, speech: Sequence[LabelledFrames]) -> float:
        """Return the share of frames taken for their own phone, of those with a known one."""
        right = total = 0
        for frames in speech:
            truth = np.array([self._names.get(name, -1) for name in frames.phones])
            guessed = (frames.features @ self._weights + self._offsets).argmax(axis=1)
            right += int(np.sum(guessed[truth >= 0] == truth[truth >= 0]))
            total += int(np.sum(truth >= 0))
        return right / total if total else float("nan")
