"""What must be true of the language models on a GPU, before their speed means anything.

`python -m benchmarks.gpu` and `python -m benchmarks.gpu_ready` print these rows first. On a CPU the
same is asked of the same functions, unrecorded, but for what only a GPU can do.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from myna.core.errors import SettingsError
from myna.engines.batching.decode_attention import (
    MASKED,
    CacheShape,
    DecodeAttention,
    attention_on,
    deviation,
    tolerance,
)
from myna.engines.batching.device import find_device, settle
from myna.engines.batching.lane import Lane
from myna.engines.batching.lookahead import AHEAD
from myna.engines.batching.scheduler import Scheduler
from myna.engines.cosyvoice.tokens.captured_slots import CapturedLanguageSlots
from myna.engines.cosyvoice.tokens.device_decoder import DeviceDecoder
from myna.engines.cosyvoice.tokens.language_model import (
    N_SPEECH_TOKENS,
    LanguageModel,
    Segment,
)
from myna.engines.cosyvoice.tokens.language_slots import CAPACITY as LANGUAGE_CAPACITY
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.gpt_sovits.tokens.captured_slots import CAPACITY, CapturedSlots
from myna.engines.gpt_sovits.tokens.semantic_decoding import SemanticRequest
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic

COLUMNS = "| of | check | found | |"
SHORT, LONG = 20, 1280  # positions of a sequence, and of the slot it lies in
STEPS = 200
USUAL = 450  # positions of a slot, half way through a sentence
NEAR = {torch.float32: 1e-3, torch.bfloat16: 5e-2, torch.float16: 1e-2}
"""How far logits may be from those of a step by itself, as a share of the largest."""
FREE_AFTER = 0.010  # seconds after which a call that was closed has left its slot
NOT_HERE = "not without a GPU"


def settled(parser: argparse.ArgumentParser, name: str, runtime: str) -> torch.device:
    """Return the device of a name, ready to compute; where there is none, tell and exit."""
    try:
        device = find_device(name, "--device")
    except SettingsError as error:
        parser.error(str(error))
    if device.type == "cuda":
        torch.cuda.set_device(device)
    settle(device, exact=runtime == "exact")
    return device


class Captured(Protocol):
    """Slots of either family."""

    lane: Lane

    def advance(self) -> Tensor:
        """Step all slots."""

    def rows_are_independent(self) -> bool:
        """Whether a row's logits hang on the others."""

    def admit(self, slot: int, request: Any) -> None:
        """Take up a request."""

    def step(self, slots: Sequence[int]) -> Sequence[Any]:
        """Return what was drawn."""

    def release(self, slot: int) -> None:
        """Forget it."""


@dataclass(frozen=True)
class Checked:
    """A language model, and how it is asked."""

    name: str
    slots: Callable[[int, int, Lane], Captured]
    """Takes how many, how many steps are launched together, and the lane."""
    request: Callable[[int, int], Any]
    """Takes a seed and how many tokens are drawn at most."""
    attention: DecodeAttention
    shape: CacheShape
    logits: Callable[[], tuple[Tensor, Tensor]]
    """Those after a short sequence in a long slot: stepped as in a graph, and by itself."""


Row = tuple[str, str, bool | None]
"""A check, what was found, and whether it is as it must be."""


def check(checked: Checked, device: torch.device, streams: int) -> bool:
    """Print the rows of a model; return whether none is as it must not be."""
    return printed(checked.name, _rows(checked, device, streams))


def printed(what: str, rows: Iterable[Row]) -> bool:
    """Print the rows of something; return whether none is as it must not be."""
    right = True
    for name, found, passed in rows:
        verdict = "" if passed is None else "yes" if passed else "NO"
        print(f"| {what} | {name} | {found} | {verdict} |", flush=True)
        right = right and passed is not False
    return right


def _rows(checked: Checked, device: torch.device, streams: int) -> Iterator[Row]:
    on_gpu = device.type == "cuda"
    attention, shape = checked.attention, checked.shape
    yield "attention", attention.name, attention is not MASKED if on_gpu else None
    off, allowed = deviation(attention, shape, device), tolerance(shape.dtype)
    yield "attention beside 64 bits", f"{off:.1e} of {allowed:.1e}", off <= allowed
    stepped, alone = checked.logits()
    off = float((stepped - alone).abs().max() / alone.abs().max())
    limit = NEAR[shape.dtype]
    yield f"{SHORT} positions in a slot of {LONG}", f"{off:.1e} of {limit:.0e}", off <= limit
    slots = checked.slots(streams, AHEAD, Lane(device))
    rows = slots.rows_are_independent()
    yield "a row's logits in any company", "same bits" if rows else "others", rows
    yield "a step that reads nothing back", *_without_waiting(slots, checked, on_gpu)
    yield "recorded, unrecorded", *_same_recorded(checked, device, streams)
    yield "launched 1, 8 together", *_same_ahead(checked, device, streams)
    yield "jobs alone, at random times", *_same_mixed(checked, Scheduler(slots, streams, 99))
    worst = _leaves(checked, Scheduler(slots, streams, 99))
    found = f"{1000 * worst:.1f} of {1000 * FREE_AFTER:.0f} ms"
    yield "closed calls leave within", found, worst <= FREE_AFTER if on_gpu else None
    yield "attention, under a mask", *_attention_times(checked, device, streams)
    yield "GPU idle while it decodes", *_idle(checked, device, streams)


def _without_waiting(slots: Captured, checked: Checked, on_gpu: bool) -> tuple[str, bool | None]:
    """Take up a request, step and let go, where torch fails instead of waiting for the GPU."""
    if not on_gpu:
        return NOT_HERE, None
    try:
        with slots.lane.open(), _refusing_to_wait():
            slots.admit(0, checked.request(0, STEPS))
            slots.step([0])
            slots.advance()
            slots.release(0)
    except RuntimeError as error:
        return str(error).splitlines()[0], False
    return "nothing", True


@contextmanager
def _refusing_to_wait() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def _drawn(slots: Captured, checked: Checked, streams: int) -> list[list[int]]:
    """Return the tokens of as many requests at once, up to `STEPS` each."""
    scheduler = Scheduler(slots, streams, streams)
    with ThreadPoolExecutor(streams) as threads:
        requests = [checked.request(number, STEPS) for number in range(streams)]
        return list(threads.map(lambda request: list(scheduler.tokens(request)), requests))


def _compared(first: list[list[int]], second: list[list[int]]) -> tuple[str, bool]:
    return f"{sum(map(len, first))} tokens of {len(first)}", first == second


def _same_recorded(checked: Checked, device: torch.device, streams: int) -> tuple[str, bool | None]:
    if device.type != "cuda":
        return NOT_HERE, None
    lanes = Lane(device), Lane(device, records=False)
    drawn = [_drawn(checked.slots(streams, AHEAD, lane), checked, streams) for lane in lanes]
    return _compared(*drawn)


def _same_ahead(checked: Checked, device: torch.device, streams: int) -> tuple[str, bool]:
    few, many = (
        _drawn(checked.slots(streams, ahead, Lane(device)), checked, streams) for ahead in (1, 8)
    )
    return _compared(few, many)


def _same_mixed(checked: Checked, scheduler: Scheduler[Any]) -> tuple[str, bool]:
    """Draw jobs of many lengths one by one, and again as they happen to come."""
    chance, jobs = random.Random(1), range(16)
    wanted = [chance.randrange(5, STEPS) for _ in jobs]
    pauses = [chance.random() / 50 for _ in jobs]
    alone = [list(scheduler.tokens(checked.request(job, wanted[job]))) for job in jobs]

    def late(job: int) -> list[int]:
        time.sleep(sum(pauses[: job + 1]))
        return list(scheduler.tokens(checked.request(job, wanted[job])))

    with ThreadPoolExecutor(len(jobs)) as threads:
        return _compared(alone, list(threads.map(late, jobs)))


def _leaves(checked: Checked, scheduler: Scheduler[Any]) -> float:
    """Return how many seconds a call that is closed keeps its slot, at worst of some."""
    worst = 0.0
    for seed in range(5):
        with closing(scheduler.tokens(checked.request(seed, STEPS))) as tokens:
            next(tokens)
        began = time.perf_counter()
        while scheduler.live:
            time.sleep(0.0002)
        worst = max(worst, time.perf_counter() - began)
    return worst


def _attention_times(checked: Checked, device: torch.device, streams: int) -> tuple[str, None]:
    """Return how long a layer attends, with so many slots that are as full as they usually are."""
    if device.type != "cuda":
        return NOT_HERE, None
    shape, repeats = checked.shape, 50
    query = torch.zeros(streams, shape.n_heads, shape.width, dtype=shape.dtype, device=device)
    own = query[:, : shape.n_key_heads]
    held = query.new_zeros(streams, shape.n_key_heads, shape.capacity, shape.width)
    places = torch.full((streams,), USUAL, device=device)
    took = []
    for attention in (checked.attention, MASKED):
        attend = attention.over(places, places > 0)
        for _ in range(2):  # the first is to compile
            began, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
            began.record()
            for _ in range(repeats):
                attend((query, own, own), (held, held))
            ended.record()
            torch.cuda.synchronize(device)
        took.append(1000 * began.elapsed_time(ended) / repeats)
    return f"{took[0]:.0f}, {took[1]:.0f} us", None


class _TimedLane(Lane):
    """Has the GPU note when each step begins and ends."""

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self.steps: list[tuple[torch.cuda.Event, torch.cuda.Event]] = []

    def recorded(self, step: Callable[[], None]) -> Callable[[], None]:
        repeat = super().recorded(step)

        def timed() -> None:
            began, ended = (
                torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
                for _ in range(2)
            )
            began.record()
            repeat()
            ended.record()
            self.steps.append((began, ended))

        return timed


def _idle(checked: Checked, device: torch.device, streams: int) -> tuple[str, bool | None]:
    """Return the share of time in which no step was computed; reading a request counts as such."""
    if device.type != "cuda":
        return NOT_HERE, None
    lane = _TimedLane(device)
    slots = checked.slots(streams, AHEAD, lane)
    _drawn(slots, checked, streams)
    lane.steps.clear()
    began = time.perf_counter()
    _drawn(slots, checked, streams)
    took = time.perf_counter() - began
    torch.cuda.synchronize(device)
    busy = sum(began.elapsed_time(ended) for began, ended in lane.steps) / 1000
    return f"{1 - busy / took:.0%} of {took:.2f} s", None


def semantic(network: TextToSemantic) -> Checked:
    """Return GPT-SoVITS's decoder of semantic tokens."""
    device, shape = network.token_table.device, network.cache_shape(CAPACITY)
    attention = attention_on(device, shape)

    def slots(count: int, ahead: int, lane: Lane) -> Captured:
        return CapturedSlots(network, count, CAPACITY, ahead, attention, lane)

    def request(seed: int, longest: int) -> SeededSpeech:
        speech = SemanticRequest(
            torch.arange(10 + seed % 7), None, torch.arange(25) * 7 % 1024, longest=longest
        )
        return SeededSpeech(speech, seed)

    def logits() -> tuple[Tensor, Tensor]:
        with torch.inference_mode():
            found = []
            token = torch.full((1,), 7, device=device)
            for way in (attention, None):
                cache = network.new_cache(1, LONG)
                read = torch.arange(SHORT - 6, device=device), torch.arange(5, device=device)
                network.prefill(read[0], None, read[1], cache)
                found.append(network.step(token, cache, attention=way).cpu())
        return found[0], found[1]

    return Checked("gpt-sovits", slots, request, attention, shape, logits)


def speech(model: LanguageModel) -> Checked:
    """Return CosyVoice's language model."""
    device, decoder = model.speech_table.device, model.decoder
    assert isinstance(decoder, DeviceDecoder)

    def slots(count: int, ahead: int, lane: Lane) -> Captured:
        return CapturedLanguageSlots(model, decoder, count, ahead=ahead, lane=lane)

    def request(seed: int, longest: int) -> SpeechTokenRequest:
        text, prompt = torch.arange(10), torch.arange(25 + seed % 7) * 7
        ratio = longest / len(text)
        return SpeechTokenRequest(
            text, torch.arange(5), prompt, seed=seed, least_ratio=ratio, most_ratio=ratio
        )

    def logits() -> tuple[Tensor, Tensor]:
        with torch.inference_mode():
            hidden = model.embedded([Segment.speech(range(SHORT))])
            cache = decoder.new_cache(2, LONG)
            for slot in (0, 1):
                decoder.read(hidden[:-1], cache, slot)
            places = torch.full((2,), SHORT - 1, device=device)
            going = torch.arange(2, device=device) == 0
            stepped = decoder.step_all(hidden[-2:].flip(0), places, cache, going)[0]
            alone = decoder.read(hidden[-1:], cache, 1)
            # Random weights leave marks out by a logit next to which all others are nothing.
            return stepped[:N_SPEECH_TOKENS].cpu(), alone[:N_SPEECH_TOKENS].cpu()

    shape = decoder.cache_shape(LANGUAGE_CAPACITY)
    return Checked("cosyvoice2", slots, request, decoder.attention, shape, logits)
