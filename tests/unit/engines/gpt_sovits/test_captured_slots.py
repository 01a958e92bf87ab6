from collections.abc import Sequence

import pytest
import torch

from myna.core.errors import TextTooLong
from myna.engines.batching.scheduler import Scheduler, SlotModel
from myna.engines.gpt_sovits.captured_slots import CapturedSlots
from myna.engines.gpt_sovits.sampling import SamplingOptions
from myna.engines.gpt_sovits.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.semantic_runtimes import ExactRuntime
from myna.engines.gpt_sovits.semantic_slots import SeededSpeech, SemanticSlots
from myna.engines.gpt_sovits.text_to_semantic import TextToSemantic
from myna.engines.gpt_sovits.weights import read_semantic
from tests.unit.engines.gpt_sovits import tiny_checkpoints

PROMPT = torch.tensor([5, 900, 17, 17, 3])
REQUESTS = [
    SeededSpeech(SemanticRequest(torch.arange(8), None, PROMPT, longest=60), 1),
    SeededSpeech(
        SemanticRequest(torch.arange(40, 90), None, PROMPT[:2], SamplingOptions(5, 0.8, 0.7), 60), 2
    ),
    SeededSpeech(SemanticRequest(torch.arange(3), None, PROMPT[:0], longest=9), 3),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TextToSemantic:
    path = tmp_path_factory.mktemp("weights") / "gpt.ckpt"
    tiny_checkpoints.write_gpt(path)
    return TextToSemantic(read_semantic(path))


def _drawn(slots: SlotModel[SeededSpeech], numbers: Sequence[int]) -> list[list[int]]:
    """Draw requests in slots of the same number, together, each to its end."""
    for number in numbers:
        slots.admit(number, REQUESTS[number])
    said: dict[int, list[int]] = {number: [] for number in numbers}
    live = list(numbers)
    while live:
        for number, token in zip(list(live), slots.step(live), strict=True):
            if token is None:
                live.remove(number)
                slots.release(number)
            else:
                said[number].append(token)
    return [said[number] for number in numbers]


def test_every_slot_draws_what_the_exact_runtime_draws(model: TextToSemantic) -> None:
    captured = _drawn(CapturedSlots(model, 4, 128), [0, 1, 2])
    assert captured == _drawn(SemanticSlots(ExactRuntime(model)), [0, 1, 2])
    assert [len(tokens) > 8 for tokens in captured] == [True] * 3
    assert len(captured[2]) == 9


def test_a_sequence_has_the_same_tokens_alone_in_company_and_in_a_used_slot(
    model: TextToSemantic,
) -> None:
    slots = CapturedSlots(model, 4, 128)
    together = _drawn(slots, [0, 1, 2])
    for number in (2, 0, 1):
        assert _drawn(slots, [number]) == [together[number]]


def test_a_slot_that_pauses_goes_on_as_if_it_had_not(model: TextToSemantic) -> None:
    slots = CapturedSlots(model, 2, 128)
    expected = _drawn(slots, [0, 1])[0][:6]
    slots.admit(0, REQUESTS[0])
    slots.admit(1, REQUESTS[1])
    said = [slots.step([0, 1])[0]]
    slots.step([1])
    said += [slots.step([0])[0] for _ in range(5)]
    assert said == expected


def test_nothing_changes_while_no_slot_is_active(model: TextToSemantic) -> None:
    slots = CapturedSlots(model, 2, 128)
    slots.admit(0, REQUESTS[0])
    for _ in range(3):
        assert slots.step([]) == []
    fresh = CapturedSlots(model, 2, 128)
    fresh.admit(0, REQUESTS[0])
    assert [slots.step([0]) for _ in range(8)] == [fresh.step([0]) for _ in range(8)]


def test_a_sequence_ends_where_its_slot_is_full(model: TextToSemantic) -> None:
    slots = CapturedSlots(model, 2, 24)
    assert len(_drawn(slots, [0])[0]) == 24 - 8 - 5 - 1
    with pytest.raises(TextTooLong):
        slots.admit(1, REQUESTS[1])


def test_a_scheduler_steps_it(model: TextToSemantic) -> None:
    slots = CapturedSlots(model, 4, 128)
    alone = _drawn(slots, [1])[0]
    assert list(Scheduler(slots, slots=4, queue_length=0).tokens(REQUESTS[1])) == alone


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")
def test_recorded_it_draws_what_it_draws_unrecorded(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("weights") / "gpt.ckpt"
    tiny_checkpoints.write_gpt(path)
    recorded = CapturedSlots(TextToSemantic(read_semantic(path, device="cuda")), 4, 128)
    here = CapturedSlots(TextToSemantic(read_semantic(path)), 4, 128)
    assert _drawn(recorded, [0, 1, 2]) == _drawn(here, [0, 1, 2])
