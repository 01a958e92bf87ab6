from pathlib import Path

import pytest
import torch

from myna.core.errors import TextTooLong
from myna.engines.batching.decode_attention import MASKED
from myna.engines.batching.scheduler import Scheduler
from myna.engines.gpt_sovits.tokens.semantic_decoding import FIRST_STEPS, SemanticRequest
from myna.engines.gpt_sovits.tokens.semantic_runtimes import ExactRuntime
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech, SemanticSlots
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic, prefix_mask
from myna.engines.gpt_sovits.weights import END_TOKEN, read_semantic
from tests.unit.engines.gpt_sovits import tiny_checkpoints

PROMPT = torch.tensor([5, 900, 17, 17, 3])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TextToSemantic:
    path: Path = tmp_path_factory.mktemp("weights") / "gpt.ckpt"
    tiny_checkpoints.write_gpt(path)
    return TextToSemantic(read_semantic(path))


def _spoken(
    model: TextToSemantic, seed: int, phonemes: torch.Tensor, prompt: torch.Tensor = PROMPT
) -> list[int]:
    scheduler = Scheduler(SemanticSlots(ExactRuntime(model)), slots=1, queue_length=0)
    request = SemanticRequest(phonemes, None, prompt, longest=400)
    return list(scheduler.tokens(SeededSpeech(request, seed)))


def test_a_prefix_mask_lets_text_see_text_and_tokens_see_what_was_before() -> None:
    assert prefix_mask(2, 2).int().tolist() == [
        [1, 1, 0, 0],
        [1, 1, 0, 0],
        [1, 1, 1, 0],
        [1, 1, 1, 1],
    ]


def test_stepping_gives_what_reading_at_once_gives(model: TextToSemantic) -> None:
    phonemes = torch.arange(10, 22)
    cache = model.new_cache(2, 60)
    logits = model.prefill(phonemes, None, PROMPT[:2], cache, slot=1)
    for token in PROMPT[2:]:
        logits = model.step(token[None], cache, torch.tensor([1]))[0]
    at_once = model.prefill(phonemes, None, PROMPT, model.new_cache(1, 60))
    torch.testing.assert_close(logits, at_once, rtol=1e-5, atol=1e-5)


def test_the_same_seed_gives_the_same_tokens_and_they_end(model: TextToSemantic) -> None:
    phonemes = torch.arange(30)
    first = _spoken(model, 4, phonemes)
    assert first == _spoken(model, 4, phonemes)
    assert first != _spoken(model, 5, phonemes)
    assert FIRST_STEPS <= len(first) < 300
    assert END_TOKEN not in first


def test_a_batch_gives_each_row_what_it_gets_alone(model: TextToSemantic) -> None:
    texts = [torch.arange(8), torch.arange(40, 65), torch.arange(100, 103)]
    alone = []
    for text in texts:
        cache = model.new_cache(1, 80)
        model.prefill(text, None, PROMPT, cache)
        alone.append(model.step(torch.tensor([7]), cache, torch.tensor([0]))[0])
    slots = torch.tensor([4, 0, 2])
    for capacity in (64, 1280):
        cache = model.new_cache(5, capacity)
        for slot, text in zip(slots.tolist(), texts, strict=True):
            model.prefill(text, None, PROMPT, cache, slot)
        if capacity == 64:
            together = model.step(torch.tensor([7, 7, 7]), cache, slots)
        else:  # of which most is empty
            live = cache.lengths > 0
            tokens = torch.full((5,), 7)
            together = model.step(tokens, cache, active=live, attention=MASKED)[slots]
        torch.testing.assert_close(together, torch.stack(alone), rtol=1e-4, atol=1e-5)
        assert cache.lengths.tolist() == [31, 0, 9, 0, 14]
        assert cache.tokens.tolist() == [6, 0, 6, 0, 6]


def test_all_slots_need_not_be_named(model: TextToSemantic) -> None:
    logits = []
    for slots in (None, torch.arange(2)):
        cache = model.new_cache(2, 40)
        for slot, text in enumerate((torch.arange(8), torch.arange(40, 60))):
            model.prefill(text, None, PROMPT, cache, slot)
        logits.append(model.step(torch.tensor([7, 9]), cache, slots))
    torch.testing.assert_close(logits[0], logits[1], rtol=1e-5, atol=1e-5)


def test_in_a_batch_of_one_size_a_row_is_the_same_to_the_bit_whoever_shares_it(
    model: TextToSemantic,
) -> None:
    def stepped(texts: list[int]) -> torch.Tensor:
        cache = model.new_cache(4, 60)
        for slot, text in enumerate(texts):
            model.prefill(torch.arange(9) + 20 * text, None, PROMPT[: 1 + text], cache, slot)
        return model.step(torch.tensor(texts), cache)

    one, other = stepped([0, 1, 2, 3]), stepped([3, 1, 4, 0])
    assert torch.equal(one[1], other[1])
    assert torch.equal(one[0], other[3])


def test_an_inactive_row_leaves_no_trace(model: TextToSemantic) -> None:
    cache = model.new_cache(2, 40)
    for slot in (0, 1):
        model.prefill(torch.arange(9), None, PROMPT, cache, slot)
    slots, active = torch.tensor([0, 1]), torch.tensor([True, False])
    model.step(torch.tensor([3, 3]), cache, slots, active=active)
    assert cache.lengths.tolist() == [15, 14]
    late = model.step(torch.tensor([8, 8]), cache, slots, active=torch.tensor([False, True]))[1]
    fresh = model.new_cache(1, 40)
    model.prefill(torch.arange(9), None, PROMPT, fresh)
    expected = model.step(torch.tensor([8]), fresh, torch.tensor([0]))[0]
    torch.testing.assert_close(late, expected, rtol=1e-5, atol=1e-5)


def test_a_cleared_slot_can_be_used_again(model: TextToSemantic) -> None:
    cache = model.new_cache(1, 60)
    model.prefill(torch.arange(40), None, PROMPT, cache)
    cache.clear(0)
    assert cache.lengths.tolist() == [0]
    again = model.prefill(torch.arange(6), None, PROMPT, cache)
    fresh = model.prefill(torch.arange(6), None, PROMPT, model.new_cache(1, 60))
    assert torch.equal(again, fresh)


def test_a_text_without_prompt_can_be_spoken(model: TextToSemantic) -> None:
    assert len(_spoken(model, 1, torch.arange(20), PROMPT[:0])) >= FIRST_STEPS


def test_a_text_that_does_not_fit_is_refused(model: TextToSemantic) -> None:
    with pytest.raises(TextTooLong):
        model.prefill(torch.arange(30), None, PROMPT, model.new_cache(1, 20))
