"""The draw of one sequence's next token on a processor: what `choose_each` computes, but no more.

Only the few tokens that the limits leave can be drawn, so only they are given probabilities and
noise, in numpy: a tenth of the time.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from myna.engines.batching.noise import exponentials_of
from myna.engines.gpt_sovits.tokens.sampling import COLDEST, SamplingOptions
from myna.engines.gpt_sovits.tokens.semantic_decoding import FIRST_STEPS
from myna.engines.gpt_sovits.weights import END_TOKEN

_Floats = npt.NDArray[np.float32]


@dataclass(slots=True, eq=False)
class RowDraws:
    """What decides the draws of a sequence."""

    options: SamplingOptions
    seed: int
    seen: npt.NDArray[np.bool_]  # (vocabulary,): prompt and tokens drawn
    step: int = 0  # tokens drawn

    def take(self, token: int) -> None:
        """Note a token that was drawn."""
        self.seen[token] = True
        self.step += 1

    def choose(self, logits: _Floats) -> tuple[int, bool]:
        """Draw a token from logits (vocabulary,), and say whether the speech ends with it."""
        penalized = self._penalized(logits)
        best = int(penalized.argmax())
        scores = _within_nucleus(penalized, self.options.top_p)
        scores /= np.float32(max(self.options.temperature, COLDEST))
        tokens = _best(scores, self.options.top_k)
        probabilities = np.exp(scores[tokens] - scores[best])
        noise = exponentials_of(self.seed, self.step, tokens)
        token = int(tokens[np.argmax(probabilities / noise)])
        return token, END_TOKEN in (token, best)

    def _penalized(self, logits: _Floats) -> _Floats:
        """Return a copy in which what was said is less likely, and an early end impossible."""
        penalized = logits.copy()
        seen = logits[self.seen]
        penalty = np.float32(self.options.repetition_penalty)
        penalized[self.seen] = np.where(seen < 0, seen * penalty, seen / penalty)
        if self.step < FIRST_STEPS:
            penalized[END_TOKEN] = -np.inf
        return penalized


def _within_nucleus(scores: _Floats, top_p: float) -> _Floats:
    """Take out, in place, all but the most probable tokens that together are within `top_p`."""
    if top_p < 1:
        order = np.argsort(-scores, kind="stable")
        weights = np.exp(scores[order] - scores[order[0]])
        outside = np.cumsum(weights / weights.sum()) > top_p
        outside[0] = False
        scores[order[outside]] = -np.inf
    return scores


def _best(scores: _Floats, count: int | None) -> npt.NDArray[np.intp]:
    """Return the tokens that can be drawn, in order: the best so many and what equals the last."""
    weakest = np.float32(-np.inf)
    if count and count < len(scores):
        weakest = np.partition(scores, -count)[-count]
    return np.flatnonzero((scores >= weakest) & (scores > -np.inf))
