"""What the embedded engine knows of a voice, learned from its reference."""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio, Samples
from myna.core.voice import Voice
from myna.dsp.envelope import cepstra_of, log_power
from myna.engines.embedded.analysis import PAUSE, Analysis, analyse, at_engine_rate
from myna.engines.embedded.mapping import (
    Mapping,
    Means,
    Neighbours,
    Pairs,
    learn_mapping,
    learn_means,
)
from myna.engines.embedded.source import Source, active, matched_source, pitch_range, pitch_spread
from myna.engines.embedded.unpaired import unpaired_mapping
from myna.engines.embedded.warping import matched_frames
from myna.espeak.render import SourceVoice
from myna.text.reading import read

STRENGTH = 0.85
"""How far towards the reference: all the way costs more words than it gains likeness."""

_LEVEL = 0.08  # root mean square of active speech, whatever the reference's
_ACTIVE_LEVEL = 0.1  # of the loudest window: what counts as active
_REALIGNMENTS = 2
_QUANTILES = np.linspace(2, 98, 25)  # percent
_SHORTEST_PITCH = 25  # voiced frames from which quantiles mean something

STOCK_TEXTS = {
    "en": "A few seconds of clear speech are all that I need. Whatever you write, I will read "
    "aloud in this voice, calmly and without hurry.",
    "ko": "맑은 아침에 친구와 함께 강가를 걸으며 오래된 이야기를 나누었습니다. 바람이 불고 새가 울었어요.",
    "ja": "はれたあさ、ともだちとかわべをあるきながら、むかしのはなしをしました。とりがなき、かぜがふいていました。",
    "zh": "晴朗的早晨，我和朋友沿着河边散步，聊起了很久以前的故事。风轻轻吹，鸟在叫。",
    "yue": "今日天氣好好，我同朋友喺河邊散步，講起好耐以前嘅故事。有風吹過，雀仔喺度叫。",
}
"""Said by the source when nobody wrote down what the reference says."""


@dataclass(frozen=True, slots=True)
class VoiceFit:
    """A source voice, and how to turn its sound into the reference's."""

    source: SourceVoice
    source_pitch: npt.NDArray[np.float32]  # quantiles, log Hz
    target_pitch: npt.NDArray[np.float32]
    mapping: Mapping
    gain: float
    """Nepers of power that bring the result to its level."""

    @property
    def pitch_range(self) -> tuple[float, float]:
        """Hz between which the source's pitch lies."""
        return pitch_range(pitch_spread(np.exp(self.source_pitch)))

    def to_bytes(self) -> bytes:
        """Pack for a cache; `from_bytes` undoes it."""
        means, near = self.mapping.means, self.mapping.neighbours
        buffer = io.BytesIO()
        np.savez(
            buffer,
            source=np.array([self.source.pitch_low, self.source.pitch_high, self.source.rate]),
            gain=np.array(self.gain),
            source_pitch=self.source_pitch,
            target_pitch=self.target_pitch,
            voice=means.voice,
            classes=means.classes,
            phones=means.phones,
            symbols=np.array(means.symbols, dtype=np.str_),
            centre=self.mapping.centre,
            spread=self.mapping.spread,
            regression=self.mapping.regression,
            contexts=near.contexts,
            residuals=near.residuals,
            near_phones=near.phones,
            near_kinds=near.kinds,
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, packed: bytes) -> "VoiceFit":
        """Unpack what `to_bytes` packed. Raises `ValueError` or `KeyError` for anything else."""
        with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
            low, high, rate = stored["source"]
            means = Means(
                stored["voice"],
                stored["classes"],
                stored["phones"],
                tuple(map(str, stored["symbols"])),
            )
            near = Neighbours(
                stored["contexts"], stored["residuals"], stored["near_phones"], stored["near_kinds"]
            )
            mapping = Mapping(means, stored["centre"], stored["spread"], stored["regression"], near)
            source = SourceVoice(float(low), float(high), int(rate))
            return cls(
                source,
                stored["source_pitch"],
                stored["target_pitch"],
                mapping,
                float(stored["gain"]),
            )


def fit_voice(voice: Voice) -> VoiceFit:
    """Learn a voice: from its words where they are known, else from its statistics."""
    reference = _levelled(at_engine_rate(voice.reference))
    speaker = analyse(reference)
    tokens = read(voice.transcript, voice.language)
    same_words = bool(tokens)
    if not same_words:
        tokens = read(STOCK_TEXTS[voice.language], voice.language)
    source = matched_source(tokens, speaker, same_words=same_words)
    mapping = _paired_mapping(speaker, source) if same_words else unpaired_mapping(speaker, source)
    from_pitch, to_pitch = _quantiles(source.analysis), _quantiles(speaker)
    gain = _gain(mapping, source, speaker)
    return VoiceFit(source.voice, from_pitch, to_pitch, mapping, gain)


def _levelled(audio: Audio) -> Audio:
    """Bring active speech to `_LEVEL`."""
    samples: Samples = (
        audio.samples - np.mean(audio.samples) if len(audio.samples) else audio.samples
    )
    window = audio.sample_rate // 50
    count = len(samples) // window
    if count == 0:
        return audio
    levels = np.sqrt(np.square(samples[: count * window]).reshape(count, window).mean(axis=1))
    loud = levels[levels > _ACTIVE_LEVEL * levels.max()]
    if len(loud) == 0:
        return audio
    return Audio(samples * np.float32(_LEVEL / np.sqrt(np.mean(loud**2))), audio.sample_rate)


def _paired_mapping(speaker: Analysis, source: Source) -> Mapping:
    """Align what both say, learn, convert by the means, and align again."""
    cepstra = source.analysis.cepstra
    pairs = _pairs(speaker, source, cepstra)
    everything = np.arange(len(cepstra))
    for _ in range(_REALIGNMENTS):
        closer = cepstra + learn_means(pairs, source.labels).at(source.labels, everything)
        pairs = _pairs(speaker, source, closer)
    return learn_mapping(pairs, source.labels, cepstra)


def _pairs(speaker: Analysis, source: Source, closer: npt.NDArray[np.float32]) -> Pairs:
    """Match the reference with the source as converted so far; keep speech on both sides."""
    heard = _trimmed(active(speaker.level))
    said = _trimmed(source.labels.kinds != PAUSE)
    of_speaker, of_source = matched_frames(speaker.cepstra[heard], closer[said])
    of_speaker, of_source = of_speaker + heard.start, of_source + said.start
    kept = active(speaker.level)[of_speaker] & active(source.analysis.level)[of_source]
    kept &= source.labels.kinds[of_source] != PAUSE
    of_speaker, of_source = of_speaker[kept], of_source[kept]
    return Pairs(of_source, speaker.cepstra[of_speaker] - source.analysis.cepstra[of_source])


def _trimmed(wanted: npt.NDArray[np.bool_]) -> slice:
    found = np.flatnonzero(wanted)
    return slice(int(found[0]), int(found[-1]) + 1) if len(found) else slice(0, len(wanted))


def _quantiles(analysis: Analysis) -> npt.NDArray[np.float32]:
    voiced = analysis.pitch[analysis.pitch > 0]
    if len(voiced) < _SHORTEST_PITCH:
        middle = pitch_spread(analysis.pitch).middle
        return np.linspace(middle - 0.2, middle + 0.2, len(_QUANTILES), dtype=np.float32)
    quantiles = np.percentile(np.log(voiced), _QUANTILES)
    return (quantiles + 1e-4 * np.arange(len(quantiles))).astype(np.float32)


def _gain(mapping: Mapping, source: Source, speaker: Analysis) -> float:
    """Return what makes the converted prompt as loud as the reference."""
    cepstra = source.analysis.cepstra
    converted = cepstra + STRENGTH * mapping.difference(cepstra, source.labels)
    return _power(speaker.cepstra) - _power(converted)


def _power(cepstra: npt.NDArray[np.float32]) -> float:
    """Return the log of the mean power of active frames."""
    loud = cepstra[active(cepstra[:, 0] / 2)]
    return float(np.log(np.exp(log_power(cepstra_of(loud))).mean()))
