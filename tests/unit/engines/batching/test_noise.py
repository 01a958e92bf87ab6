import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.engines.batching.noise import exponentials, normal_frames, uniforms


@given(st.integers(0, 2**63 - 1), st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_noise_depends_on_seed_and_step_alone(seed: int, step: int) -> None:
    own = torch.tensor([seed]), torch.tensor([step])
    alone = exponentials(*own, 30)
    seeds = torch.tensor([1, seed, 5])
    rows = exponentials(seeds, torch.tensor([7, step, 0]), 30)
    assert torch.equal(alone[0], rows[1])
    assert bool((alone > 0).all())
    assert torch.equal(exponentials(*own, 40)[:, :30], alone)


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
