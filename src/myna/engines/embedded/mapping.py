"""From the envelope of one voice to that of another, learned from a few seconds.

Means per phone are shrunk towards their class, those towards the voice; a regression with an
identity prior and a residual of near frames add what the means leave out (after Stylianou,
Cappé and Moulines, 1998, and Sündermann et al., 2006).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.dsp.envelope import ORDERS, MelCepstra
from myna.engines.embedded.analysis import (
    CLASSES,
    PAUSE,
    SONORANTS,
    FrameIndices,
    Labels,
    hann_smoothed,
)

CONTEXT = 20  # frames to both sides on which a frame's mapping depends

_CLASS_FRAMES = 20.0  # frames that weigh as much as the voice's mean
_PHONE_FRAMES = 10.0  # frames that weigh as much as the class's mean
_RIDGE = 0.2
_SPREAD_FLOOR = 0.05  # nepers
_HIGHEST_DEVIATION = 3.0  # standard deviations trusted to the regression
_NEIGHBOURS = 16
_REACH = 4  # frames to the neighbours' contexts
_CONTEXT_WEIGHT = 0.6
_OTHER_PHONE = 1.5
_OTHER_CLASS = 3.0
_SHARPNESS = 0.5
_RESERVE = 0.02  # weight of "no residual" among the neighbours
_RESIDUAL_SMOOTHING = 7  # frames
_SMOOTHING = 9  # frames
_PAUSE_REACH = 8  # frames of a pause that sound like the speech beside them
_MOST_PAIRS = 2400
_LEVEL_WEIGHT = 0.5
_FINE_ORDER = 20
_FINE_WEIGHT = 0.3

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Means:
    """Mean differences: for the voice, each class against it, each phone against its class."""

    voice: Matrix  # (ORDERS,)
    classes: Matrix  # (CLASSES, ORDERS)
    phones: Matrix  # (symbols, ORDERS)
    symbols: tuple[str, ...]

    def at(self, labels: Labels, frames: FrameIndices) -> Matrix:
        """Return the mean difference for some frames: (frames, ORDERS)."""
        return np.asarray(
            self.voice
            + self.classes[labels.kinds[frames]]
            + self._per_symbol(labels.symbols)[labels.phones[frames]],
            np.float32,
        )

    def _per_symbol(self, symbols: tuple[str, ...]) -> Matrix:
        known = {symbol: row for symbol, row in zip(self.symbols, self.phones, strict=True)}
        nothing = np.zeros(ORDERS, np.float32)
        return np.stack([known.get(symbol, nothing) for symbol in symbols])


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Frames of the source seen in the fit, and what the means left out there."""

    contexts: Matrix  # (pairs, 3 * ORDERS), weighted and normalised
    residuals: Matrix  # (pairs, ORDERS)
    phones: FrameIndices  # (pairs,) into the symbols of `Means`
    kinds: FrameIndices  # (pairs,)


@dataclass(frozen=True, slots=True)
class Mapping:
    """What to add to the source's mel cepstra to hear the other voice."""

    means: Means
    centre: Matrix  # (ORDERS,) of the source's sonorants
    spread: Matrix  # (ORDERS,)
    regression: Matrix  # (ORDERS, ORDERS), from deviations to differences
    neighbours: Neighbours

    def difference(self, cepstra: MelCepstra, labels: Labels) -> Matrix:
        """Return the difference per frame: (frames, ORDERS). Local to `CONTEXT` frames."""
        beside = _speech_beside(labels.kinds)
        everything = np.arange(len(cepstra))
        raw = self.means.at(labels, everything)
        sonorant = labels.kinds <= SONORANTS
        deviations = scaled_deviations(cepstra[sonorant], self.centre, self.spread)
        raw[sonorant] += deviations @ self.regression
        residual = self._residual(cepstra, labels)
        raw = raw[beside] + hann_smoothed(residual[beside], _RESIDUAL_SMOOTHING)
        return hann_smoothed(raw, _SMOOTHING)

    def _residual(self, cepstra: MelCepstra, labels: Labels) -> Matrix:
        """Average the residuals of the nearest frames of the fit: (frames, ORDERS)."""
        pairs = self.neighbours
        residual = np.zeros_like(cepstra)
        speech = np.flatnonzero(labels.kinds != PAUSE)
        if len(pairs.contexts) == 0 or len(speech) == 0:
            return residual
        contexts = context_features(cepstra, self.spread, speech)
        costs = np.square(contexts).sum(axis=1)[:, None] - 2 * contexts @ pairs.contexts.T
        costs += np.square(pairs.contexts).sum(axis=1)
        costs += self._label_costs(labels)[labels.phones[speech]]
        count = min(_NEIGHBOURS, costs.shape[1])
        nearest = np.argpartition(costs, count - 1, axis=1)[:, :count]
        close = np.maximum(np.take_along_axis(costs, nearest, axis=1), 0)
        weights = np.exp(-close / _SHARPNESS)
        weights /= weights.sum(axis=1, keepdims=True) + _RESERVE
        residual[speech] = np.einsum("fn,fnk->fk", weights, pairs.residuals[nearest])
        return residual

    def _label_costs(self, labels: Labels) -> Matrix:
        """Return the cost of using a pair for each symbol: (symbols, pairs)."""
        indices = {symbol: index for index, symbol in enumerate(self.means.symbols)}
        phones = np.array([indices.get(symbol, -1) for symbol in labels.symbols])
        kinds = np.full(len(labels.symbols), PAUSE)
        kinds[labels.phones] = labels.kinds
        other_phone = phones[:, None] != self.neighbours.phones
        other_class = kinds[:, None] != self.neighbours.kinds
        costs = _OTHER_PHONE * other_phone + _OTHER_CLASS * other_class
        return np.asarray(costs, np.float32)


def scaled_deviations(cepstra: MelCepstra, centre: Matrix, spread: Matrix) -> Matrix:
    """Return how far frames are from the centre, in standard deviations, within reason."""
    scaled = (cepstra - centre) / (spread + _SPREAD_FLOOR)
    return np.asarray(np.clip(scaled, -_HIGHEST_DEVIATION, _HIGHEST_DEVIATION), np.float32)


def context_features(cepstra: MelCepstra, spread: Matrix, frames: FrameIndices) -> Matrix:
    """Describe frames by themselves and two beside: (frames, 3 * ORDERS), mean squares add up."""
    weights = np.ones(ORDERS)
    weights[0] = _LEVEL_WEIGHT
    weights[_FINE_ORDER:] = _FINE_WEIGHT
    scaled = (cepstra * (weights / (spread + _SPREAD_FLOOR) / np.sqrt(3 * ORDERS))).astype(
        np.float32
    )
    last = len(cepstra) - 1
    beside = [
        np.float32(_CONTEXT_WEIGHT) * scaled[np.clip(frames + offset, 0, last)]
        for offset in (-_REACH, _REACH)
    ]
    return np.hstack([scaled[frames], *beside])


def _speech_beside(kinds: FrameIndices) -> FrameIndices:
    """Return for each frame of a pause the speech frame just after it, or just before."""
    frames = np.arange(len(kinds))
    speech = kinds != PAUSE
    after = np.minimum.accumulate(np.where(speech, frames, len(kinds) * 2)[::-1])[::-1]
    before = np.maximum.accumulate(np.where(speech, frames, -len(kinds)))
    beside = np.where(frames - before <= _PAUSE_REACH, before, frames)
    return np.where(after - frames <= _PAUSE_REACH, after, beside)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Frames of the source that say the same as frames of the reference."""

    source: FrameIndices
    differences: Matrix  # (pairs, ORDERS) reference minus source


def learn_means(pairs: Pairs, labels: Labels) -> Means:
    """Shrink the mean difference of each phone to its class, of each class to the voice."""
    kinds, phones = labels.kinds[pairs.source], labels.phones[pairs.source]
    sonorant = kinds <= SONORANTS
    typical = pairs.differences[sonorant] if sonorant.any() else pairs.differences
    voice = typical.mean(axis=0) if len(typical) else np.zeros(ORDERS)
    classes = _shrunk(pairs.differences - voice, kinds, len(CLASSES), _CLASS_FRAMES)
    left = pairs.differences - voice - classes[kinds]
    per_phone = _shrunk(left, phones, len(labels.symbols), _PHONE_FRAMES)
    return Means(voice.astype(np.float32), classes, per_phone, labels.symbols)


def _shrunk(values: Matrix, groups: FrameIndices, count: int, reserve: float) -> Matrix:
    """Return the mean of each group, drawn to zero as if `reserve` frames were there too."""
    sums = np.zeros((count, ORDERS))
    np.add.at(sums, groups, values)
    sizes = np.bincount(groups, minlength=count)
    return np.asarray(sums / (sizes + reserve)[:, None], np.float32)


def learn_mapping(pairs: Pairs, labels: Labels, cepstra: MelCepstra) -> Mapping:
    """Fit everything to pairs of frames of the source `cepstra`."""
    means = learn_means(pairs, labels)
    frames = cepstra[pairs.source]
    kinds = labels.kinds[pairs.source]
    sonorant = kinds <= SONORANTS
    basis = frames[sonorant] if sonorant.sum() > ORDERS else cepstra
    centre, spread = basis.mean(axis=0), basis.std(axis=0)
    left = pairs.differences - means.at(labels, pairs.source)
    deviations = scaled_deviations(frames[sonorant], centre, spread)
    regression = _ridge(deviations, left[sonorant])
    left[sonorant] -= deviations @ regression
    kept = np.arange(0, len(frames), max(1, -(-len(frames) // _MOST_PAIRS)))
    neighbours = Neighbours(
        context_features(cepstra, spread, pairs.source[kept]),
        left[kept].astype(np.float32),
        labels.phones[pairs.source[kept]],
        kinds[kept],
    )
    return Mapping(means, centre, spread, regression, neighbours)


def _ridge(deviations: Matrix, wanted: Matrix) -> Matrix:
    """Regress, drawn towards no change at all (Hoerl and Kennard, 1970): (ORDERS, ORDERS)."""
    if len(deviations) == 0:
        return np.zeros((ORDERS, ORDERS), np.float32)
    known = deviations.astype(np.float64)
    gram = known.T @ known + _RIDGE * len(known) * np.eye(ORDERS)
    return np.asarray(np.linalg.solve(gram, known.T @ wanted), np.float32)
