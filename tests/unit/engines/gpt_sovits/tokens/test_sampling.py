import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.engines.batching.noise import exponentials, normal_frames, uniforms
from myna.engines.gpt_sovits.tokens.sampling import (
    GeneratorNoise,
    SamplingOptions,
    SamplingTable,
    SeededNoise,
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


@given(st.integers(0, 2**63 - 1), st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_noise_depends_on_seed_and_step_alone(seed: int, step: int) -> None:
    alone = SeededNoise(seed)(step, (1, 30), torch.device("cpu"))
    seeds = torch.tensor([1, seed, 5])
    rows = exponentials(seeds, torch.tensor([7, step, 0]), 30)
    assert torch.equal(alone[0], rows[1])
    assert bool((alone > 0).all())
    wider = SeededNoise(seed)(step, (1, 40), torch.device("cpu"))
    assert torch.equal(wider[:, :30], alone)


def test_uniform_numbers_are_even_and_unrelated() -> None:
    numbers = uniforms(torch.arange(100), torch.zeros(100, dtype=torch.int64), 1000)
    counts = torch.histc(numbers, 20, 0.0, 1.0)
    expected = numbers.numel() / 20
    assert float((counts - expected).square().sum() / expected) < 43.8  # 99.9 %, 19 degrees
    neighbours = torch.corrcoef(numbers[:2])[0, 1]
    assert abs(float(neighbours)) < 4 / math.sqrt(1000)


def test_a_frame_has_the_same_noise_in_every_window() -> None:
    whole = normal_frames(5, 0, 40, 8)
    assert torch.equal(normal_frames(5, 13, 10, 8), whole[:, :, 13:23])
    assert not torch.equal(normal_frames(6, 0, 40, 8), whole)
    large = normal_frames(1, 0, 2000, 16)
    assert abs(float(large.mean())) < 0.03
    assert abs(float(large.std()) - 1) < 0.03


def test_generator_noise_is_the_generators_own_sequence() -> None:
    noise = GeneratorNoise(torch.Generator().manual_seed(3))
    got = [noise(step, (1, 4), torch.device("cpu")) for step in range(2)]
    generator = torch.Generator().manual_seed(3)
    expected = [torch.empty(1, 4).exponential_(1.0, generator=generator) for _ in range(2)]
    assert all(torch.equal(one, other) for one, other in zip(got, expected, strict=True))
