"""Calls of a language model's scheduler, as its tests make them."""

import itertools
import threading
from collections.abc import Sequence
from dataclasses import replace

import torch

from myna.engines.batching.scheduler import Scheduler
from myna.engines.cosyvoice.text.text_feed import TextFeed
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest


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
    heard: list[list[int]] = [[] for _ in requests]

    def call(index: int) -> None:
        heard[index] = list(scheduler.tokens(requests[index]))

    threads = [threading.Thread(target=call, args=(index,)) for index in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return heard
