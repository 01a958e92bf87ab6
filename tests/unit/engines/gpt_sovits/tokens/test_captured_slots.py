import gc
import weakref
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from myna.core.errors import TextTooLong
from myna.engines.batching.decode_attention import attention_on
from myna.engines.batching.scheduler import Scheduler, SlotModel
from myna.engines.gpt_sovits.tokens.captured_slots import CapturedSlots
from myna.engines.gpt_sovits.tokens.sampling import SamplingOptions
from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.semantic_runtimes import ExactRuntime
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech, SemanticSlots
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic
from myna.engines.gpt_sovits.weights import read_semantic
from tests.unit.engines.gpt_sovits import tiny_checkpoints
from tests.unit.engines.pretended_device import DEVICE, PretendedDevice

PROMPT = torch.tensor([5, 900, 17, 17, 3])
REQUESTS = [
    SeededSpeech(SemanticRequest(torch.arange(8), None, PROMPT, longest=60), 1),
    SeededSpeech(
        SemanticRequest(torch.arange(40, 90), None, PROMPT[:2], SamplingOptions(5, 0.8, 0.7), 60), 2
    ),
    SeededSpeech(SemanticRequest(torch.arange(3), None, PROMPT[:0], longest=9), 3),
]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "gpt.ckpt"
    tiny_checkpoints.write_gpt(path)
    return path


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> TextToSemantic:
    return TextToSemantic(read_semantic(checkpoint))


def _drawn(slots: SlotModel[SeededSpeech], numbers: Sequence[int]) -> list[list[int]]:
    """Draw requests in slots of the same number, together, each to its end."""
    for number in numbers:
        slots.admit(number, REQUESTS[number])
    said: dict[int, list[int]] = {number: [] for number in numbers}
    live = list(numbers)
    while live:
        for number, outcome in zip(list(live), slots.step(live), strict=True):
            for token in outcome if isinstance(outcome, tuple) else (outcome,):
                if token is None:
                    live.remove(number)
                    slots.release(number)
                else:
                    assert isinstance(token, int)
                    said[number].append(token)
    return [said[number] for number in numbers]


@pytest.mark.parametrize("ahead", [1, 4, 7])
@pytest.mark.parametrize("company", [[0], [0, 1], [2, 1], [0, 1, 2]])
def test_every_slot_draws_what_the_exact_runtime_draws(
    model: TextToSemantic, ahead: int, company: list[int]
) -> None:
    captured = _drawn(CapturedSlots(model, 4, 128, ahead), company)
    assert captured == _drawn(SemanticSlots(ExactRuntime(model)), company)
    assert all(len(tokens) > 8 for tokens in captured)


def test_a_sequence_ends_at_its_longest(model: TextToSemantic) -> None:
    assert len(_drawn(CapturedSlots(model, 4, 128), [2])[0]) == 9


def test_a_sequence_has_the_same_tokens_alone_in_company_and_in_a_used_slot(
    model: TextToSemantic,
) -> None:
    slots = CapturedSlots(model, 4, 128)
    together = _drawn(slots, [0, 1, 2])
    for number in (2, 0, 1):
        assert _drawn(slots, [number]) == [together[number]]


def test_a_slot_that_is_given_up_in_the_middle_begins_anew(model: TextToSemantic) -> None:
    slots = CapturedSlots(model, 2, 128)
    expected = _drawn(slots, [0])
    for given_up_after in range(3):
        slots.admit(0, REQUESTS[1])
        for _ in range(given_up_after):
            slots.step([0])
        slots.release(0)
        assert _drawn(slots, [0]) == expected


def test_what_is_not_a_number_is_gone_with_its_sequence(model: TextToSemantic) -> None:
    slots = CapturedSlots(model, 2, 128)
    expected = _drawn(slots, [0])
    broken = replace(REQUESTS[1].speech, context=torch.full((50, 32), torch.nan))
    slots.admit(0, SeededSpeech(broken, 2))
    slots.step([0])
    slots.release(0)
    assert _drawn(slots, [0]) == expected


def test_a_slot_that_is_not_asked_for_loses_nothing(model: TextToSemantic) -> None:
    slots = CapturedSlots(model, 2, 128)
    expected = _drawn(slots, [0, 1])[0]
    slots.admit(0, REQUESTS[0])
    slots.admit(1, REQUESTS[1])
    said = [*slots.step([0, 1])[0]]
    slots.step([1])
    while None not in said:
        said += slots.step([0])[0]
    assert said == [*expected, None]


def test_a_sequence_that_fills_its_slot_fails_and_is_not_cut_in_silence(
    model: TextToSemantic,
) -> None:
    slots = CapturedSlots(model, 2, 24)
    slots.admit(0, REQUESTS[0])
    said = list(slots.step([0])[0])
    while isinstance(said[-1], int):
        said += slots.step([0])[0]
    assert len(said) - 1 == 24 - 8 - 5 - 1
    assert isinstance(said[-1], TextTooLong)
    with pytest.raises(TextTooLong):
        slots.admit(1, REQUESTS[1])


def test_a_scheduler_steps_it(model: TextToSemantic) -> None:
    slots = CapturedSlots(model, 4, 128)
    alone = _drawn(slots, [1])[0]
    assert list(Scheduler(slots, slots=4, queue_length=0).tokens(REQUESTS[1])) == alone


def test_hanging_up_frees_the_slot(model: TextToSemantic) -> None:
    scheduler = Scheduler(CapturedSlots(model, 1, 128), slots=1, queue_length=1)
    expected = list(scheduler.tokens(REQUESTS[2]))
    with closing(scheduler.tokens(REQUESTS[1])) as tokens:
        next(tokens)
    assert list(scheduler.tokens(REQUESTS[2])) == expected


def test_in_sixteen_bits_sequences_do_not_depend_on_company(checkpoint: Path) -> None:
    model = TextToSemantic(read_semantic(checkpoint), torch.bfloat16)
    slots = CapturedSlots(model, 4, 128)
    together = _drawn(slots, [0, 1, 2])
    assert _drawn(slots, [1]) == [together[1]]
    assert all(len(tokens) > 8 for tokens in together)


def test_a_step_reads_nothing_back(checkpoint: Path) -> None:
    with PretendedDevice() as device:
        placed = read_semantic(checkpoint).on(DEVICE)
        slots = CapturedSlots(TextToSemantic(placed), 4, 128)
        slots.admit(0, REQUESTS[0])
        with slots.lane.open(), device.refusing_reads():
            slots.advance()
        slots.release(0)
        there = _drawn(slots, [0, 1, 2])
    model = TextToSemantic(read_semantic(checkpoint))
    assert there == _drawn(CapturedSlots(model, 4, 128), [0, 1, 2])


def test_taking_up_a_sequence_and_letting_it_go_wait_for_nothing(checkpoint: Path) -> None:
    with PretendedDevice() as device:
        slots = CapturedSlots(TextToSemantic(read_semantic(checkpoint).on(DEVICE)), 2, 128)
        with device.refusing_reads():
            slots.admit(0, REQUESTS[1])
            slots.admit(1, REQUESTS[2])
            slots.release(0)


def test_whether_a_row_depends_on_others_can_be_asked_at_start(checkpoint: Path) -> None:
    here = CapturedSlots(TextToSemantic(read_semantic(checkpoint)), 4, 128)
    assert here.rows_are_independent()
    alone = _drawn(here, [0, 1, 2])
    assert alone == _drawn(
        CapturedSlots(TextToSemantic(read_semantic(checkpoint)), 4, 128), [0, 1, 2]
    )
    with PretendedDevice():
        placed = TextToSemantic(read_semantic(checkpoint).on(DEVICE))
        assert CapturedSlots(placed, 4, 128).rows_are_independent()


def test_slots_are_free_as_soon_as_nobody_refers_to_them(model: TextToSemantic) -> None:
    slots = CapturedSlots(model, 2, 128)
    _drawn(slots, [0])
    gone = weakref.ref(slots)
    gc.disable()
    try:
        del slots
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")
def test_recorded_it_draws_what_it_draws_unrecorded(checkpoint: Path) -> None:
    network = TextToSemantic(read_semantic(checkpoint, device="cuda"))
    attention = attention_on(torch.device("cuda"), network.cache_shape(128))
    recorded = CapturedSlots(network, 4, 128, attention=attention)
    here = CapturedSlots(TextToSemantic(read_semantic(checkpoint)), 4, 128)
    assert _drawn(recorded, [0, 1, 2]) == _drawn(here, [0, 1, 2])
