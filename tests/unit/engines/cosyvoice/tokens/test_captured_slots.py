import gc
import itertools
import weakref
from dataclasses import replace

import pytest
import torch

from myna.core.errors import SynthesisFailed
from myna.engines.batching.scheduler import Scheduler, SlotModel
from myna.engines.cosyvoice.text.text_feed import TextFeed
from myna.engines.cosyvoice.tokens.captured_slots import CapturedLanguageSlots, slots_of
from myna.engines.cosyvoice.tokens.device_decoder import DeviceDecoder
from myna.engines.cosyvoice.tokens.language_model import LanguageModel
from myna.engines.cosyvoice.tokens.language_slots import LanguageModelSlots
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.speech_token_calls import arriving_text, numbered, together
from tests.unit.engines.cosyvoice.tiny_language_model import device_model, language_model
from tests.unit.engines.pretended_device import DEVICE, PretendedDevice

PLAIN = language_model(end=8.0)
MODEL = device_model(end=8.0)


def _captured(
    slots: int = 8, capacity: int = 700, ahead: int = 4, model: LanguageModel = MODEL
) -> CapturedLanguageSlots:
    assert isinstance(model.decoder, DeviceDecoder)
    return CapturedLanguageSlots(model, model.decoder, slots, capacity, ahead)


def _scheduler(
    slots: int = 8, capacity: int = 700, ahead: int = 4
) -> Scheduler[SpeechTokenRequest]:
    return Scheduler(_captured(slots, capacity, ahead), slots, 0)


def _plain(request: SpeechTokenRequest, model: LanguageModel = PLAIN) -> list[int]:
    scheduler = Scheduler(LanguageModelSlots(model, slots=1, capacity=700), 1, 0)
    return list(scheduler.tokens(request))


def _requests() -> list[SpeechTokenRequest]:
    whole = [numbered(seed) for seed in range(6)]
    return [arriving_text(request) if request.seed % 3 == 0 else request for request in whole]


def test_calls_have_the_tokens_that_the_plain_slots_give() -> None:
    expected = [_plain(request) for request in _requests()]
    assert together(_scheduler(), _requests()) == expected
    assert len({len(tokens) for tokens in expected}) > 3


@pytest.mark.parametrize("ahead", [1, 3])
def test_tokens_do_not_depend_on_how_far_ahead_steps_are_launched(ahead: int) -> None:
    for request, again in zip(_requests()[:4], _requests(), strict=False):
        assert list(_scheduler(2, ahead=ahead).tokens(request)) == _plain(again)


@pytest.mark.parametrize("arriving", [False, True])
def test_as_the_published_code_does_it_says_the_same(arriving: bool) -> None:
    request = replace(numbered(3), compatible=True)

    def said(slots: SlotModel[SpeechTokenRequest]) -> list[int] | str:
        wanted = arriving_text(request) if arriving else request
        try:
            return list(itertools.islice(Scheduler(slots, 1, 0).tokens(wanted), 60))
        except SynthesisFailed as error:
            return str(error)

    published = slots_of(MODEL, 1, compatible=True)
    assert said(published) == said(LanguageModelSlots(PLAIN, slots=1, capacity=700))


def test_a_call_that_comes_back_and_waits_again_is_left_alone_by_the_steps_of_others() -> None:
    slots, feed, request = _captured(2), TextFeed(), numbered(5)
    text = torch.as_tensor(request.text).tolist()
    slots.admit(0, replace(request, text=feed))
    feed.push(text[:8])
    heard = _until_it_waits(slots, 0)
    away = slots.suspend(0)
    slots.admit(0, numbered(0))  # a shorter one, gone before it ends
    slots.step([0])
    slots.release(0)
    slots.restore(0, away)
    slots.admit(1, numbered(2))
    assert not _until_it_waits(slots, 0)
    for _ in range(10):
        slots.step([1])
    slots.release(1)
    feed.push(text[8:])
    feed.end()
    heard += _until_it_waits(slots, 0)
    assert heard == _plain(arriving_text(request))


def _until_it_waits(slots: CapturedLanguageSlots, slot: int) -> list[int]:
    """Return the tokens a call gives until it waits for text, or ends."""
    heard: list[int] = []
    for outcome in itertools.chain.from_iterable(slots.step([slot])[0] for _ in range(500)):
        if not isinstance(outcome, int):
            return heard
        heard.append(outcome)
    raise AssertionError(heard)


def test_what_is_not_a_number_is_gone_with_its_call() -> None:
    slots = _captured(1)
    with slots.lane.open():  # as a call whose numbers grew too large would leave them
        slots._cache.keys.fill_(torch.nan)
        slots._cache.values.fill_(torch.nan)
    assert list(Scheduler(slots, 1, 0).tokens(numbered(2))) == _plain(numbered(2))


def test_the_third_generation_speaks_as_with_the_plain_slots() -> None:
    slots = _captured(2, model=device_model(Version.COSYVOICE3))
    request = SpeechTokenRequest(torch.arange(7), torch.arange(5), torch.arange(20), seed=1)
    plain = language_model(Version.COSYVOICE3)
    for wanted in (lambda: request, lambda: arriving_text(request)):
        assert list(Scheduler(slots, 2, 0).tokens(wanted())) == _plain(wanted(), plain)


def test_in_sixteen_bits_calls_do_not_depend_on_company() -> None:
    slots = _captured(model=device_model(end=8.0, dtype=torch.bfloat16))
    alone = [list(Scheduler(slots, 8, 0).tokens(request)) for request in _requests()]
    assert together(Scheduler(slots, 8, 0), _requests()) == alone


def test_a_step_reads_nothing_back() -> None:
    with PretendedDevice() as device:
        slots = _captured(2, model=device_model(end=8.0, device=DEVICE))
        slots.admit(0, numbered(3))
        slots.step([0])
        with slots.lane.open(), device.refusing_reads():
            slots.advance()
        slots.release(0)
        slots.admit(0, numbered(3))
        said: list[int] = []
        for outcome in itertools.chain.from_iterable(slots.step([0])[0] for _ in range(200)):
            if outcome is None:
                break
            assert isinstance(outcome, int), outcome
            said.append(outcome)
    assert said == _plain(numbered(3))


@pytest.mark.parametrize("arriving", [False, True])
def test_taking_up_a_call_and_letting_it_go_wait_for_nothing(arriving: bool) -> None:
    request = arriving_text(numbered(3)) if arriving else numbered(3)
    with PretendedDevice() as device:
        slots = _captured(2, model=device_model(end=8.0, device=DEVICE))
        with device.refusing_reads():
            slots.admit(0, request)
            with slots.lane.open():
                slots._begun(0)
            slots.release(0)


def test_whether_a_row_depends_on_others_can_be_asked_at_start() -> None:
    slots = _captured(4)
    assert slots.rows_are_independent()
    assert list(Scheduler(slots, 4, 0).tokens(numbered(3))) == _plain(numbered(3))
    with PretendedDevice():
        assert _captured(4, model=device_model(end=8.0, device=DEVICE)).rows_are_independent()


def test_slots_are_free_as_soon_as_nobody_refers_to_them() -> None:
    slots = _captured(2)
    slots.admit(0, numbered(3))
    slots.step([0])
    gone = weakref.ref(slots)
    gc.disable()
    try:
        del slots
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")
def test_recorded_it_draws_what_it_draws_unrecorded() -> None:
    recorded = Scheduler(_captured(model=device_model(end=8.0, device="cuda")), 8, 0)
    assert together(recorded, _requests()) == together(_scheduler(), _requests())
