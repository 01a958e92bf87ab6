import numpy as np
import pytest

from myna.core.audio import Audio
from myna.core.errors import BadText, TooLittleContext
from myna.core.infill import Gap
from myna.engines.attempts.gaps import GapDrawing, sides
from myna.engines.attempts.plausibility import Pace

RATE = 16000
TOKEN = RATE // 25
PACE = Pace(fewest=2.0, typical=4.0, most=8.0, allowance=0, fewest_judged=1)
CODES = np.random.default_rng(0).standard_normal((64, 32)).astype(np.float32)
NEW, FOLLOWING = list(range(12)), list(range(20, 40))


def _audio(length: int) -> Audio:
    return Audio(np.arange(length, dtype=np.float32) / RATE, RATE)


def _gap(before: int, after: int, new_text: str = "new") -> Gap:
    return Gap(_audio(before), _audio(after), "Some ", new_text, " words.", "en")


def test_each_side_is_cut_to_whole_tokens_that_touch_the_gap() -> None:
    before, after = sides(_gap(3 * TOKEN + 7, 2 * TOKEN + 9), 25)
    assert (before.count, after.count) == (3, 2)
    assert np.array_equal(before.audio.samples, _audio(3 * TOKEN + 7).samples[7:])
    assert np.array_equal(after.audio.samples, _audio(2 * TOKEN).samples)


def test_a_gap_needs_words_and_one_side() -> None:
    with pytest.raises(BadText, match=r"'…'"):
        sides(_gap(TOKEN, TOKEN, new_text="…"), 25)
    with pytest.raises(TooLittleContext):
        sides(_gap(TOKEN - 1, 0), 25)
    assert sides(_gap(0, TOKEN), 25)[0].count == 0


def test_what_is_drawn_of_the_other_side_is_left_out_and_its_fit_told() -> None:
    endless, unrelated = [50] * 30, [51] * 20
    attempts = [[*endless, *FOLLOWING], [*NEW, *unrelated], [*NEW, *FOLLOWING]]
    redrawn: list[None] = []
    drawing = GapDrawing(lambda number: iter(attempts[number]), 3, 8, FOLLOWING)
    tokens, misfit = drawing.best(PACE, CODES, 2, lambda: redrawn.append(None))
    assert tokens[: len(NEW)] == NEW  # the second: the first has too many tokens for its words
    assert misfit > 0.5
    assert len(redrawn) == 1
    tokens, misfit = GapDrawing(lambda _: attempts[2], 3, 8, FOLLOWING).best(
        PACE, CODES, 0, lambda: None
    )
    assert (tokens, misfit) == (NEW, pytest.approx(0))
