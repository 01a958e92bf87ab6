"""The draw of one sequence's next token on a processor: what `choose_each` computes, but no more.

Only the few tokens that the limits leave can be drawn, so only they are given probabilities, in
numpy: a tenth of the time. What it takes counts, because each step of the network reads more than
a processor remembers, so all that follows is slow.
"""

import numpy as np
import numpy.typing as npt

from myna.core.errors import SynthesisFailed
from myna.engines.batching.noise import exponential_rows
from myna.engines.gpt_sovits.tokens.sampling import COLDEST, SamplingOptions
from myna.engines.gpt_sovits.tokens.semantic_decoding import FIRST_STEPS
from myna.engines.gpt_sovits.weights import END_TOKEN

_Floats = npt.NDArray[np.float32]
_AHEAD = 32  # steps whose noise is made at once


class RowDraws:
    """What decides the draws of a sequence."""

    def __init__(
        self, options: SamplingOptions, seed: int, seen: npt.NDArray[np.bool_], step: int = 0
    ) -> None:
        """`seen` (vocabulary,): tokens of the prompt. `step`: tokens drawn."""
        self.step = step
        """Tokens drawn."""
        self._options = options
        self._temperature = np.float32(max(options.temperature, COLDEST))
        self._penalties = np.where(seen, options.repetition_penalty, 1).astype(np.float32)
        self._less_likely = np.minimum if options.repetition_penalty >= 1 else np.maximum
        self._seed = seed
        self._noise = np.empty((0, len(seen)), np.float32)
        self._noise_from = step

    def take(self, token: int) -> None:
        """Note a token that was drawn."""
        self._penalties[token] = self._options.repetition_penalty
        self.step += 1

    def choose(self, logits: _Floats) -> tuple[int, bool]:
        """Draw a token from logits (vocabulary,), and say whether the speech ends with it.

        Raises `SynthesisFailed` for logits that are no numbers.
        """
        scores, spare = logits * self._penalties, logits / self._penalties
        self._less_likely(scores, spare, out=scores)
        if self.step < FIRST_STEPS:
            scores[END_TOKEN] = -np.inf
        if self._options.top_p < 1:
            _leave_nucleus(scores, self._options.top_p)
        tokens = _best(scores, self._options.top_k, spare)
        if not len(tokens):
            raise SynthesisFailed(
                "The decoder of semantic tokens made numbers that are none (NaN). Its file is "
                "damaged or comes of a training that went astray: get it again, or use another."
            )
        likely = scores[tokens]
        if self._temperature != 1:
            likely /= self._temperature
        best = likely.argmax()
        probabilities = np.exp(likely - likely[best])
        token = int(tokens[(probabilities / self._row_of_noise()[tokens]).argmax()])
        return token, END_TOKEN in (token, tokens[best])

    def _row_of_noise(self) -> _Floats:
        row = self.step - self._noise_from
        if row >= len(self._noise):
            steps = range(self.step, self.step + _AHEAD)
            self._noise = exponential_rows(self._seed, steps, len(self._penalties))
            self._noise_from, row = self.step, 0
        noise: _Floats = self._noise[row]
        return noise


def _leave_nucleus(scores: _Floats, top_p: float) -> None:
    """Take out, in place, all but the most probable tokens that together are within `top_p`."""
    order = np.argsort(-scores, kind="stable")
    weights = np.exp(scores[order] - scores[order[0]])
    outside = np.cumsum(weights / weights.sum()) > top_p
    outside[0] = False
    scores[order[outside]] = -np.inf


def _best(scores: _Floats, count: int | None, spare: _Floats) -> npt.NDArray[np.intp]:
    """Return the tokens that can be drawn, in order: the best so many and what equals the last.

    `spare` is memory to work in, as large as the scores.
    """
    if not count or count >= len(scores):
        return np.flatnonzero(scores > -np.inf)
    spare[:] = scores
    spare.partition(len(spare) - count)
    weakest = spare[len(spare) - count]
    tokens: npt.NDArray[np.intp] = (scores >= weakest).nonzero()[0]
    return tokens if weakest > -np.inf else tokens[scores[tokens] > -np.inf]
