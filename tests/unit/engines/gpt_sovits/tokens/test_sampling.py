import torch

from myna.engines.batching.noise import exponentials
from myna.engines.gpt_sovits.tokens.sampling import (
    SamplingOptions,
    SamplingTable,
    drawn,
    penalized,
    probabilities,
)

VOCABULARY = 50


def _distribution(logits: torch.Tensor, options: SamplingOptions) -> torch.Tensor:
    return probabilities(logits, SamplingTable.of([options] * len(logits), logits.shape[1]))


def _logits(rows: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, VOCABULARY, generator=torch.Generator().manual_seed(seed)) * 3


def test_without_limits_the_distribution_is_softmax() -> None:
    logits = _logits(2)
    got = _distribution(logits, SamplingOptions(None, 1.0, 1.0, 1.0))
    torch.testing.assert_close(got, torch.softmax(logits, dim=-1))


def test_top_k_keeps_the_k_best() -> None:
    logits = _logits(3)
    kept = _distribution(logits, SamplingOptions(top_k=5)) > 0
    assert kept.sum(dim=1).tolist() == [5, 5, 5]
    assert torch.equal(kept, logits >= logits.topk(5).values[:, -1:])


def test_the_token_that_crosses_top_p_is_left_out_but_never_all() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.2], [0.9, 0.06, 0.04]]))
    kept = _distribution(logits, SamplingOptions(None, 0.7, 1.0, 1.0)) > 0
    assert kept.tolist() == [[True, False, False], [True, False, False]]


def test_temperature_zero_is_the_most_probable_token() -> None:
    got = _distribution(_logits(2), SamplingOptions(temperature=0.0))
    assert got.max(dim=1).values.tolist() == [1.0, 1.0]


def test_what_was_said_becomes_less_likely_whatever_its_sign() -> None:
    logits = torch.tensor([[2.0, -2.0, 1.0]])
    seen = torch.tensor([[True, True, False]])
    table = SamplingTable.of([SamplingOptions(repetition_penalty=2.0)], 3)
    assert penalized(logits, seen, table).tolist() == [[1.0, -4.0, 1.0]]


def test_rows_with_their_own_options_do_not_disturb_each_other() -> None:
    logits = _logits(3)
    rows = [SamplingOptions(3, 0.9, 0.7, 1.1), SamplingOptions(), SamplingOptions(20, 0.5)]
    together = probabilities(logits, SamplingTable.of(rows, VOCABULARY))
    for index, options in enumerate(rows):
        alone = _distribution(logits[index : index + 1], options)
        assert torch.equal(together[index : index + 1], alone)


def test_draws_follow_the_distribution() -> None:
    distribution = torch.tensor([[0.5, 0.3, 0.2]])
    count = 20_000
    race = exponentials(torch.full((count,), 9), torch.arange(count), 3)
    tokens = drawn(distribution.expand(count, 3), race)
    shares = torch.bincount(tokens, minlength=3) / count
    chi_square = (count * (shares - distribution[0]).square() / distribution[0]).sum()
    assert float(chi_square) < 13.8  # 99.9 % of fair draws, two degrees of freedom
