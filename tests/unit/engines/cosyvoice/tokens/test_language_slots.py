import random
import threading
from contextlib import closing
from dataclasses import replace

import pytest
import torch

from myna.core.errors import SynthesisFailed, TextTooLong
from myna.engines.batching.scheduler import Scheduler
from myna.engines.cosyvoice.text.text_feed import TextFeed
from myna.engines.cosyvoice.tokens.language_model import LanguageModel
from myna.engines.cosyvoice.tokens.language_slots import LanguageModelSlots
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.speech_token_calls import arriving_text, together
from tests.unit.engines.cosyvoice.tiny_language_model import language_model

MODEL = language_model(end=8.0)
NOTHING = torch.zeros(0, dtype=torch.int64)


def _scheduler(
    slots: int = 8, capacity: int = 700, model: LanguageModel = MODEL
) -> Scheduler[SpeechTokenRequest]:
    return Scheduler(LanguageModelSlots(model, slots=slots, capacity=capacity), slots, 0)


def _request(seed: int) -> SpeechTokenRequest:
    """Return one of several requests of different lengths, with and without a prompt."""
    text = torch.arange(4 + 3 * seed) + seed
    prompt = (torch.arange(5), torch.arange(20) * 7) if seed % 2 else (NOTHING, NOTHING)
    return SpeechTokenRequest(text, *prompt, seed=seed)


@pytest.mark.parametrize("runtime", ["one row", "four rows", "fast"])
def test_eight_calls_at_once_have_the_tokens_each_has_alone(runtime: str) -> None:
    if runtime == "fast":
        pytest.importorskip("onnxruntime", reason="the fast runtime needs onnxruntime")
        model = language_model(end=8.0, runtime="fast")
    else:
        model = language_model(end=8.0, rows=4) if runtime == "four rows" else MODEL

    def requests() -> list[SpeechTokenRequest]:
        whole = [_request(seed) for seed in range(8)]
        return [arriving_text(request) if request.seed % 3 == 0 else request for request in whole]

    alone = [list(_scheduler(1, model=model).tokens(request)) for request in requests()]
    assert together(_scheduler(model=model), requests()) == alone
    lengths = [len(tokens) for tokens in alone]
    assert all(length >= 8 for length in lengths)
    assert len(set(lengths)) > 4


def test_the_seed_decides_which_tokens_are_drawn() -> None:
    first = list(_scheduler().tokens(_request(3)))
    assert first == list(_scheduler().tokens(_request(3)))
    assert first != list(_scheduler().tokens(replace(_request(3), seed=4)))


def test_what_is_said_does_not_depend_on_how_text_arrives() -> None:
    at_once = list(_scheduler().tokens(arriving_text(_request(5))))
    for sizes in ((1,), (5,), (3, 1, 7)):
        assert list(_scheduler().tokens(arriving_text(_request(5), sizes))) == at_once
    feed, request = TextFeed(), _request(5)
    arriving = replace(request, text=feed)
    pieces = iter(torch.split(torch.as_tensor(request.text), 2))
    heard = []
    for token in _scheduler().outcomes(arriving):
        if token is not None:
            heard.append(token)
        elif (piece := next(pieces, None)) is not None:
            feed.push(piece.tolist())
        else:
            feed.end()
    assert heard == at_once


def test_speech_comes_before_the_text_has_ended() -> None:
    feed = TextFeed()
    request = SpeechTokenRequest(feed, NOTHING, NOTHING, seed=1)
    with closing(_scheduler().tokens(request)) as tokens:
        feed.push(range(5))
        first = [next(tokens) for _ in range(10)]
        assert all(0 <= token < 6561 for token in first)


def test_waiting_for_text_leaves_the_others_their_tokens() -> None:
    scheduler = _scheduler(slots=2)
    feed = TextFeed()
    slow = scheduler.outcomes(SpeechTokenRequest(feed, NOTHING, NOTHING, seed=1))
    assert next(slow) is None
    assert list(scheduler.tokens(_request(2))) == list(_scheduler().tokens(_request(2)))
    feed.push(range(6))
    feed.end()
    assert len(list(slow)) >= 12


@pytest.mark.parametrize("runtime", ["exact", "fast"])
def test_a_call_that_waits_leaves_its_slot_and_has_the_same_tokens_afterwards(
    runtime: str,
) -> None:
    if runtime == "fast":
        pytest.importorskip("onnxruntime", reason="the fast runtime needs onnxruntime")
    model = language_model(end=8.0, runtime=runtime)
    alone = [list(_scheduler(model=model).tokens(request)) for request in _two()]
    slots = LanguageModelSlots(model, slots=1, capacity=700)
    scheduler = Scheduler(slots, slots=1, queue_length=1)
    feed, (first, second) = TextFeed(), _two()
    outcomes = scheduler.outcomes(replace(first, text=feed))
    heard: list[int] = []
    for piece in torch.split(torch.as_tensor(_request(5).text), 6):
        feed.push(piece.tolist())
        while (token := next(outcomes)) is not None:
            heard.append(token)
        assert list(scheduler.tokens(replace(second, text=_request(2).text))) == alone[1]
    feed.end()
    heard += [token for token in outcomes if token is not None]
    assert heard == alone[0]


def _two() -> tuple[SpeechTokenRequest, SpeechTokenRequest]:
    return arriving_text(_request(5)), _request(2)


def test_a_call_that_runs_out_of_room_fails_alone() -> None:
    scheduler = _scheduler(capacity=60)
    other = scheduler.tokens(_request(0))
    next(other)
    with pytest.raises(TextTooLong):
        list(scheduler.tokens(_request(40)))
    with pytest.raises(TextTooLong):
        list(scheduler.tokens(arriving_text(_request(20))))
    list(other)


def test_a_call_with_tokens_nobody_knows_fails_alone() -> None:
    scheduler = _scheduler()
    other = scheduler.tokens(_request(0))
    next(other)
    with pytest.raises(SynthesisFailed):
        list(scheduler.tokens(replace(_request(0), text=torch.tensor([10**6]))))
    list(other)


def test_hanging_up_at_any_point_frees_the_slot() -> None:
    scheduler = _scheduler(slots=1)
    chance = random.Random(2)
    for index in range(12):
        feed = TextFeed()
        feed.push(range(chance.randrange(12)))
        request = SpeechTokenRequest(feed, NOTHING, NOTHING, seed=index)
        with closing(scheduler.outcomes(request)) as outcomes:
            for _ in range(chance.randrange(1, 6)):
                if next(outcomes) is None:
                    break
        for thread in threading.enumerate():
            if thread.name == "myna-scheduler":
                thread.join(10)
        assert scheduler.live == 0
        feed.push([1])


def test_the_third_generation_speaks_as_the_second() -> None:
    model = language_model(Version.COSYVOICE3)
    scheduler = Scheduler(LanguageModelSlots(model, slots=1, capacity=400), 1, 0)
    prompt = torch.arange(5), torch.arange(20)
    request = SpeechTokenRequest(torch.arange(7), *prompt, seed=1)
    for wanted in (request, arriving_text(request)):
        tokens = list(scheduler.tokens(wanted))
        assert 14 <= len(tokens) <= 140
        assert all(0 <= token < 6561 for token in tokens)
