"""A voice, learned from its reference."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio, Samples
from myna.core.voice import Voice
from myna.dsp.envelope import FFT_LENGTH, Cepstra
from myna.dsp.spectrum import stft_magnitude
from myna.engines.embedded.analysis import PAUSE, Analysis, analyse, at_engine_rate
from myna.engines.embedded.convert import convert
from myna.engines.embedded.mapping import (
    Mapping,
    Pairs,
    learn_mapping,
    learn_means,
)
from myna.engines.embedded.source import Source, active, paced_source, usual_source
from myna.engines.embedded.unpaired import unpaired_mapping
from myna.engines.embedded.voice_fit import VoiceFit
from myna.engines.embedded.warping import matched_frames
from myna.text.reading import read

_LEVEL = 0.08  # root mean square of active speech, whatever the reference's
_ACTIVE_LEVEL = 0.1  # of the loudest window: what counts as active
_REALIGNMENTS = 2
_SMOOTHING = 0.15  # of the frequency, to each side
_DEEPEST_CUT, _HIGHEST_BOOST = -9.0, 3.0  # nepers of power
_EQUALIZED = 0.5  # of the difference: a few seconds do not know the rest
_FLOOR = 1e-7  # power added to a long-term spectrum
_QUANTILES = np.linspace(2, 98, 25)  # percent
_FEWEST_VOICED = 25  # frames from which quantiles mean something
_TYPICAL_PITCH = 140.0  # Hz, where nothing voiced was heard
_OUTLIER = 0.6  # nepers from the median
_WIDEST_RANGE = 2.0  # times the source's

STOCK_TEXTS = {
    "en": "A few seconds of clear speech are all that I need. Whatever you write, I will read "
    "aloud in this voice, calmly and without hurry.",
    "ko": "맑은 아침에 친구와 함께 강가를 걸으며 오래된 이야기를 나누었습니다. "
    "바람이 불고 새가 울었어요.",
    "ja": "はれたあさ、ともだちとかわべをあるきながら、むかしのはなしをしました。"
    "とりがなき、かぜがふいていました。",
    "zh": "晴朗的早晨，我和朋友沿着河边散步，聊起了很久以前的故事。风轻轻吹，鸟在叫。",
    "yue": "今日天氣好好，我同朋友喺河邊散步，講起好耐以前嘅故事。有風吹過，雀仔喺度叫。",
}
"""Said by the source when nobody wrote down what the reference says."""


def fit_voice(voice: Voice) -> VoiceFit:
    """Learn a voice: from its words where they are known, else from its statistics."""
    reference = _levelled(at_engine_rate(voice.reference))
    speaker = analyse(reference)
    tokens = read(voice.transcript, voice.language)
    if tokens:
        source = paced_source(tokens, speaker)
        mapping = _paired_mapping(speaker, source)
    else:
        source = usual_source(read(STOCK_TEXTS[voice.language], voice.language))
        mapping = unpaired_mapping(speaker, source)
    from_pitch = _quantiles(source.analysis)
    to_pitch = _tamed(_quantiles(speaker), from_pitch)
    flat = np.zeros(FFT_LENGTH // 2 + 1, np.float32)
    draft = VoiceFit(source.voice, from_pitch, to_pitch, mapping, flat)
    sound = np.concatenate(list(convert(source.rendering, draft, seed=0, first_sample=0)))
    return replace(draft, equalizer=_equalizer(sound, reference.samples))


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
    """Return where the log pitch lies, octave errors left out."""
    logarithm = np.log(analysis.pitch[analysis.pitch > 0])
    if len(logarithm) < _FEWEST_VOICED:
        middle = np.median(logarithm) if len(logarithm) else np.log(_TYPICAL_PITCH)
        return np.linspace(middle - 0.2, middle + 0.2, len(_QUANTILES), dtype=np.float32)
    near = logarithm[np.abs(logarithm - np.median(logarithm)) < _OUTLIER]
    steps = 1e-4 * np.arange(len(_QUANTILES))  # keeps a map of equal quantiles invertible
    return np.asarray(np.percentile(near, _QUANTILES) + steps, np.float32)


def _tamed(
    target: npt.NDArray[np.float32], source: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Keep a lively speaker's range from making every accent of the source a leap."""
    widest = _WIDEST_RANGE * float(source[-1] - source[0])
    width = float(target[-1] - target[0])
    middle = np.median(target)
    return np.asarray(middle + (target - middle) * min(1.0, widest / width), np.float32)


def _equalizer(sound: Samples, reference: Samples) -> Cepstra:
    """Return the filter that draws `sound` to the long-term spectrum of the reference.

    It carries what no single frame shows: microphone, room, and what lies below the pitch.
    """
    curve = np.clip(_long_term(reference) - _long_term(sound), _DEEPEST_CUT, _HIGHEST_BOOST)
    curve *= _EQUALIZED
    return np.fft.irfft(curve, FFT_LENGTH)[: FFT_LENGTH // 2 + 1].astype(np.float32)


def _long_term(samples: Samples) -> npt.NDArray[np.float64]:
    """Return the mean log power, smoothed by a share of the frequency: (bins,)."""
    power = np.square(stft_magnitude(samples, FFT_LENGTH, FFT_LENGTH // 4)).mean(axis=0)
    bins = np.arange(len(power))
    reach = np.maximum(1, _SMOOTHING * bins).astype(int)
    running = np.concatenate([[0.0], np.cumsum(power, dtype=np.float64)])
    low, high = np.maximum(bins - reach, 0), np.minimum(bins + reach + 1, len(power))
    return np.asarray(np.log((running[high] - running[low]) / (high - low) + _FLOOR))
