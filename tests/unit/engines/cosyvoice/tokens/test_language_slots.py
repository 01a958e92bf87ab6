"""What a call may rely on, whichever slots and whichever runtime it is stepped by."""

import itertools
import random
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
import torch

from myna.core.errors import SynthesisFailed, TextTooLong
from myna.engines.batching.scheduler import Scheduler
from myna.engines.cosyvoice.text.text_feed import TextFeed
from myna.engines.cosyvoice.tokens.language_model import LanguageModel
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.version import Version
from tests.unit.engines.cosyvoice.speech_token_calls import (
    NOTHING,
    arriving_text,
    numbered,
    slots_for,
    together,
)
from tests.unit.engines.cosyvoice.tiny_language_model import device_model, language_model

MODELS: dict[str, Callable[[Version], LanguageModel]] = {
    "one row": lambda version: language_model(version, end=8.0),
    "four rows": lambda version: language_model(version, end=8.0, rows=4),
    "fast": lambda version: language_model(version, end=8.0, runtime="fast"),
    "captured": lambda version: device_model(version, end=8.0),
}


@pytest.fixture(params=MODELS)
def read(request: pytest.FixtureRequest) -> Callable[[Version], LanguageModel]:
    if request.param == "fast":
        pytest.importorskip("onnxruntime", reason="the fast runtime needs onnxruntime")
    return MODELS[request.param]


@pytest.fixture
def model(read: Callable[[Version], LanguageModel]) -> LanguageModel:
    return read(Version.COSYVOICE2)


def _scheduler(
    model: LanguageModel, slots: int = 8, capacity: int = 700, queue_length: int = 0
) -> Scheduler[SpeechTokenRequest]:
    return Scheduler(slots_for(model, slots, capacity), slots, queue_length)


def _alone(model: LanguageModel, request: SpeechTokenRequest) -> list[int]:
    return list(_scheduler(model, slots=1).tokens(request))


def test_eight_calls_at_once_have_the_tokens_each_has_alone(model: LanguageModel) -> None:
    def requests() -> list[SpeechTokenRequest]:
        whole = [numbered(seed) for seed in range(8)]
        return [arriving_text(request) if request.seed % 3 == 0 else request for request in whole]

    alone = [_alone(model, request) for request in requests()]
    assert together(_scheduler(model), requests()) == alone
    lengths = [len(tokens) for tokens in alone]
    assert all(length >= 8 for length in lengths)
    assert len(set(lengths)) > 4


def test_the_seed_decides_which_tokens_are_drawn(model: LanguageModel) -> None:
    first = _alone(model, numbered(3))
    assert first == _alone(model, numbered(3))
    assert first != _alone(model, replace(numbered(3), seed=4))


def test_what_is_said_does_not_depend_on_how_text_arrives(model: LanguageModel) -> None:
    at_once = _alone(model, arriving_text(numbered(5)))
    for sizes in ((1,), (5,), (3, 1, 7)):
        assert _alone(model, arriving_text(numbered(5), sizes)) == at_once
    feed, request = TextFeed(), numbered(5)
    pieces = iter(torch.split(torch.as_tensor(request.text), 2))
    heard = []
    for token in _scheduler(model).outcomes(replace(request, text=feed)):
        if token is not None:
            heard.append(token)
        elif (piece := next(pieces, None)) is not None:
            feed.push(piece.tolist())
        else:
            feed.end()
    assert heard == at_once


def test_speech_comes_before_the_text_has_ended(model: LanguageModel) -> None:
    feed = TextFeed()
    request = SpeechTokenRequest(feed, NOTHING, NOTHING, seed=1)
    with closing(_scheduler(model).tokens(request)) as tokens:
        feed.push(range(5))
        first = [next(tokens) for _ in range(10)]
        assert all(0 <= token < 6561 for token in first)


def test_waiting_for_text_leaves_the_others_their_tokens(model: LanguageModel) -> None:
    scheduler, feed = _scheduler(model, slots=2), TextFeed()
    slow = scheduler.outcomes(SpeechTokenRequest(feed, NOTHING, NOTHING, seed=1))
    assert next(slow) is None
    assert list(scheduler.tokens(numbered(2))) == _alone(model, numbered(2))
    feed.push(range(6))
    feed.end()
    assert len(list(slow)) >= 12


def test_a_call_that_waits_leaves_its_slot_and_has_the_same_tokens_afterwards(
    model: LanguageModel,
) -> None:
    first, second = numbered(5), numbered(2)
    scheduler, feed = _scheduler(model, slots=1, queue_length=1), TextFeed()
    outcomes = scheduler.outcomes(replace(first, text=feed))
    heard: list[int] = []
    for piece in torch.split(torch.as_tensor(first.text), 6):
        feed.push(piece.tolist())
        heard += itertools.takewhile(lambda token: token is not None, outcomes)
        assert list(scheduler.tokens(second)) == _alone(model, second)
    feed.end()
    heard += [token for token in outcomes if token is not None]
    assert heard == _alone(model, arriving_text(first))


def test_a_call_that_runs_out_of_room_fails_alone(model: LanguageModel) -> None:
    scheduler = _scheduler(model, capacity=60)
    other = scheduler.tokens(numbered(0))
    began = next(other)
    with pytest.raises(TextTooLong):
        list(scheduler.tokens(numbered(40)))
    with pytest.raises(TextTooLong):
        list(scheduler.tokens(arriving_text(numbered(20))))
    assert [began, *other] == _alone(model, numbered(0))


def test_a_call_with_tokens_nobody_knows_fails_alone(model: LanguageModel) -> None:
    scheduler = _scheduler(model)
    other = scheduler.tokens(numbered(0))
    next(other)
    with pytest.raises(SynthesisFailed):
        list(scheduler.tokens(replace(numbered(0), text=torch.tensor([10**6]))))
    list(other)


def test_hanging_up_at_any_point_frees_the_slot(model: LanguageModel) -> None:
    scheduler, chance = _scheduler(model, slots=1), random.Random(2)
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
    assert list(scheduler.tokens(numbered(2))) == _alone(model, numbered(2))


def test_the_third_generation_speaks_as_the_second(
    read: Callable[[Version], LanguageModel],
) -> None:
    model = read(Version.COSYVOICE3)
    request = SpeechTokenRequest(torch.arange(7), torch.arange(5), torch.arange(20), seed=1)
    for wanted in (request, arriving_text(request)):
        tokens = _alone(model, wanted)
        assert 14 <= len(tokens) <= 140
        assert all(0 <= token < 6561 for token in tokens)
