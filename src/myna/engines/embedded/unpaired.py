"""From one voice to another when nobody knows what was said: nearest frames stand in for pairs."""

import numpy as np
import numpy.typing as npt

from myna.dsp.envelope import MelCepstra
from myna.engines.embedded.analysis import PAUSE, Analysis, FrameIndices
from myna.engines.embedded.mapping import Mapping, Pairs, learn_mapping, learn_means
from myna.engines.embedded.source import Source, active

_ROUNDS = 3
_STRIDE = 2  # frames
_COARSE = 20  # orders that tell phones apart
_MOST_FRAMES = 2000


def unpaired_mapping(speaker: Analysis, source: Source) -> Mapping:
    """Pair each frame with its nearest on the other side, learn, convert, and pair again.

    Starts from the difference of the means (INCA: Erro, Moreno and Bonafonte, 2010).
    """
    heard = _sonorant(speaker)
    said = _sonorant(source.analysis)
    said = said[source.labels.kinds[said] != PAUSE]
    cepstra = source.analysis.cepstra
    if len(heard) == 0 or len(said) == 0:
        nothing = Pairs(np.zeros(0, np.intp), np.zeros((0, cepstra.shape[1]), np.float32))
        return learn_mapping(nothing, source.labels, cepstra)
    offset = speaker.cepstra[heard].mean(axis=0) - cepstra[said].mean(axis=0)
    closer = cepstra + offset
    for _ in range(_ROUNDS):
        of_source, of_speaker = _nearest(closer[said], speaker.cepstra[heard])
        paired = said[of_source]
        pairs = Pairs(paired, speaker.cepstra[heard[of_speaker]] - cepstra[paired])
        means = learn_means(pairs, source.labels)
        closer = cepstra + means.at(source.labels, np.arange(len(cepstra)))
    return learn_mapping(pairs, source.labels, cepstra)


def _sonorant(analysis: Analysis) -> FrameIndices:
    frames = np.flatnonzero(active(analysis.level))
    return frames[:: max(_STRIDE, -(-len(frames) // _MOST_FRAMES))]


def _nearest(one: MelCepstra, two: MelCepstra) -> tuple[FrameIndices, FrameIndices]:
    """Return pairs of indices: for every frame of either side, its nearest on the other."""
    spread = two[:, :_COARSE].std(axis=0) + 0.05
    first, second = _scaled(one, spread), _scaled(two, spread)
    costs = np.square(first).sum(axis=1)[:, None] + np.square(second).sum(axis=1)
    costs -= 2 * first @ second.T
    forward, backward = costs.argmin(axis=1), costs.argmin(axis=0)
    return (
        np.concatenate([np.arange(len(one)), backward]),
        np.concatenate([forward, np.arange(len(two))]),
    )


def _scaled(cepstra: MelCepstra, spread: npt.NDArray[np.float32]) -> MelCepstra:
    return cepstra[:, :_COARSE] / spread
