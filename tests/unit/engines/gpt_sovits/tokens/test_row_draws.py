import numpy as np
import pytest
import torch

from myna.core.errors import SynthesisFailed
from myna.engines.batching.noise import exponential_rows, exponentials
from myna.engines.gpt_sovits.tokens.row_draws import RowDraws
from myna.engines.gpt_sovits.tokens.sampling import SamplingOptions, SamplingTable
from myna.engines.gpt_sovits.tokens.semantic_decoding import Draws, choose_each
from myna.engines.gpt_sovits.weights import END_TOKEN

VOCABULARY = 1025
OPTIONS = [
    SamplingOptions(),
    SamplingOptions(5, 0.8, 0.7, 1.0),
    SamplingOptions(None, 0.95, 1.4, 2.0),
    SamplingOptions(1, 1.0, 0.0, 1.35),
    SamplingOptions(VOCABULARY, 1.0, 1.0, 1.35),
]


@pytest.mark.parametrize("options", OPTIONS)
def test_a_row_draws_what_a_batch_draws_for_it(options: SamplingOptions) -> None:
    rows = 60
    generator = torch.Generator().manual_seed(7)
    logits = 3 * torch.randn(rows, VOCABULARY, generator=generator)
    logits[::5, END_TOKEN] = 20.0
    seen = torch.rand(rows, VOCABULARY, generator=generator) < 0.2
    seeds, steps = torch.arange(rows) * 991 - 3, torch.arange(rows) // 2
    table = SamplingTable.of([options] * rows, VOCABULARY)
    tokens, ended = choose_each(logits, Draws(table, seen, seeds, steps))
    drawn = [
        RowDraws(options, int(seeds[row]), seen[row].numpy(), int(steps[row])).choose(
            logits[row].numpy()
        )
        for row in range(rows)
    ]
    assert drawn == list(zip(tokens.tolist(), ended.tolist(), strict=True))
    assert {end for _, end in drawn} == {True, False}


def test_equal_tokens_at_the_limit_may_all_be_drawn() -> None:
    logits = np.full(VOCABULARY, -9, np.float32)
    logits[[3, 40, 500]] = 2.0
    seen = np.zeros(VOCABULARY, np.bool_)
    options = SamplingOptions(top_k=2)
    drawn = {RowDraws(options, seed, seen).choose(logits)[0] for seed in range(60)}
    assert drawn == {3, 40, 500}


def test_a_token_that_was_drawn_is_less_likely_after() -> None:
    logits = np.zeros(VOCABULARY, np.float32)
    logits[[3, 40]] = 4.0, 3.9
    draws = RowDraws(SamplingOptions(top_k=1), 0, np.zeros(VOCABULARY, np.bool_))
    draws.take(draws.choose(logits)[0])
    assert draws.choose(logits) == (40, False)
    assert logits[3] == 4.0


def test_logits_that_are_no_numbers_are_an_error_of_their_row() -> None:
    draws = RowDraws(SamplingOptions(), 0, np.zeros(VOCABULARY, np.bool_))
    with pytest.raises(SynthesisFailed, match="NaN"):
        draws.choose(np.full(VOCABULARY, np.nan, np.float32))


def test_noise_in_numpy_is_that_in_torch() -> None:
    for seed, step in ((0, 0), (-5, 3), (2**62, 1500)):
        rows = exponentials(torch.tensor([seed]), torch.tensor([step]), 900)[0].numpy()
        found = exponential_rows(seed, range(step - 1, step + 1), 900)[1]
        np.testing.assert_allclose(found, rows, rtol=1e-6)
