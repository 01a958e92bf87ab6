import torch

from myna.engines.cosyvoice.tokens.token_sampling import (
    Draw,
    SamplingOptions,
    SeededNoise,
    choose,
    nucleus,
)

LOGITS = torch.log(torch.tensor([0.1, 0.4, 0.2, 0.3]))


def test_a_nucleus_is_in_order_and_takes_in_the_token_that_crosses_its_bound() -> None:
    probabilities, tokens = nucleus(LOGITS, SamplingOptions(top_p=0.5))
    assert tokens.tolist() == [1, 3]
    torch.testing.assert_close(probabilities, torch.tensor([0.4, 0.3]))
    assert nucleus(LOGITS, SamplingOptions(top_p=1.0, top_k=3))[1].tolist() == [1, 3, 2]
    assert nucleus(LOGITS, SamplingOptions(top_p=0.0))[1].tolist() == [1]


def test_tokens_are_drawn_as_often_as_they_are_probable() -> None:
    options = SamplingOptions(top_p=1.0, top_k=4)
    counts = [0] * 4
    for step in range(4000):
        counts[choose(LOGITS, Draw(step), options, SeededNoise(3))] += 1
    for count, share in zip(counts, LOGITS.exp().tolist(), strict=True):
        assert abs(count / 4000 - share) < 0.03


def test_a_token_said_of_late_gives_way_to_one_from_outside_the_nucleus() -> None:
    options = SamplingOptions(top_k=1)
    assert choose(LOGITS, Draw(0, said=[0] * 10), options, SeededNoise(1)) == 1
    repeated = [0, 1, *[0] * 9]
    drawn = {choose(LOGITS, Draw(step, repeated), options, SeededNoise(1)) for step in range(99)}
    assert drawn == {0, 2, 3}
    long_ago = [1, *[0] * 10]
    assert choose(LOGITS, Draw(0, long_ago), options, SeededNoise(1)) == 1


def test_what_is_forbidden_is_never_drawn_not_even_the_second_time() -> None:
    forbidden = [1, 3]
    for said in ([], [2] * 10, [0] * 10):
        for step in range(50):
            draw = Draw(step, said, forbidden)
            assert choose(LOGITS, draw, SamplingOptions(), SeededNoise(step)) in (0, 2)


def test_the_same_seed_and_step_draw_the_same_and_others_do_not() -> None:
    logits = torch.zeros(1000)

    def drawn(seed: int) -> list[int]:
        return [
            choose(logits, Draw(step), SamplingOptions(), SeededNoise(seed)) for step in range(9)
        ]

    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)
    assert len(set(drawn(5))) > 5


def test_cold_sampling_is_the_most_probable_token() -> None:
    options = SamplingOptions(temperature=0.0)
    assert {choose(LOGITS, Draw(step), options, SeededNoise(step)) for step in range(20)} == {1}
