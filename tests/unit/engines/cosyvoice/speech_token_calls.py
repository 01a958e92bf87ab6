"""Calls of a language model's scheduler, as its tests make them."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import torch

from myna.engines.batching.scheduler import Scheduler, SlotModel
from myna.engines.cosyvoice.text.text_feed import TextFeed
from myna.engines.cosyvoice.tokens.captured_slots import CapturedLanguageSlots
from myna.engines.cosyvoice.tokens.device_decoder import DeviceDecoder
from myna.engines.cosyvoice.tokens.language_model import LanguageModel
from myna.engines.cosyvoice.tokens.language_slots import LanguageModelSlots
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.tokens.token_sampling import SamplingOptions
from tests.unit.engines.at_once import at_once

NOTHING = torch.zeros(0, dtype=torch.int64)


def numbered(seed: int) -> SpeechTokenRequest:
    """Return one of several requests of different lengths, with and without a prompt."""
    text = torch.arange(4 + 3 * seed) + seed
    prompt = (torch.arange(5), torch.arange(20) * 7) if seed % 2 else (NOTHING, NOTHING)
    sampling = SamplingOptions(0.9, 12, 0.8, 4, 0.5) if seed % 3 == 1 else SamplingOptions()
    return SpeechTokenRequest(text, *prompt, seed=seed, sampling=sampling)


def slots_for(model: LanguageModel, slots: int, capacity: int) -> SlotModel[SpeechTokenRequest]:
    """Return captured slots of a model that has steps to capture, else plain ones."""
    if isinstance(model.decoder, DeviceDecoder):
        return CapturedLanguageSlots(model, model.decoder, slots, capacity)
    return LanguageModelSlots(model, slots=slots, capacity=capacity)


def arriving_text(
    request: SpeechTokenRequest, sizes: Sequence[int] = (10**6,)
) -> SpeechTokenRequest:
    """Return the same request with its text in pieces, all there already."""
    feed, pieces = TextFeed(), iter(torch.as_tensor(request.text).tolist())
    for size in itertools.cycle(sizes):
        piece = list(itertools.islice(pieces, size))
        if not piece:
            break
        feed.push(piece)
    feed.end()
    return replace(request, text=feed)


def together(
    scheduler: Scheduler[SpeechTokenRequest], requests: Sequence[SpeechTokenRequest]
) -> list[list[int]]:
    """Return the tokens of each request, all asked for at once."""
    return at_once(lambda number: list(scheduler.tokens(requests[number])), len(requests))
