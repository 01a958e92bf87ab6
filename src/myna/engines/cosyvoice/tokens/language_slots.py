"""The language model as a scheduler steps it: one call per slot.

    scheduler = Scheduler(LanguageModelSlots(model, slots=8), slots=8, queue_length=64)
    with closing(scheduler.tokens(SpeechTokenRequest(...))) as tokens:
        for token in tokens: ...   # 0 to 6560, each as soon as it is drawn

While a call whose text is a `TextFeed` waits for more, nothing is computed for it, and it leaves
its slot to others: what it remembers, 24 KB a token at full size, is put aside and comes back.
An error of this call alone is raised from the generator; other calls go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from myna.engines.batching.scheduler import told
from myna.engines.cosyvoice.text.text_feed import MoreText, TextFeed
from myna.engines.cosyvoice.tokens.interleaving import interleaved
from myna.engines.cosyvoice.tokens.key_value_cache import KeyValueCache
from myna.engines.cosyvoice.tokens.language_model import LanguageModel, Marks
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.tokens.token_sampling import (
    Draw,
    GeneratorNoise,
    Noise,
    SeededNoise,
    choose,
)
from myna.engines.cosyvoice.tokens.turns import Turn, Turns, is_speech, whole_text

CAPACITY = 8192  # positions of text and speech a call may fill: some four minutes

Outcome = int | MoreText | Exception | None
"""A token, what is waited for, an error, or the end."""


@dataclass(slots=True, eq=False)
class Call:
    """A call as it goes on."""

    request: SpeechTokenRequest
    noise: Noise
    turns: Turns
    turn: Turn | None = field(default_factory=Turn)
    """What comes next; None at the end. The first one does nothing."""
    logits: Tensor | None = None
    """What came of the turn, if it was read already."""
    n_drawn: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Suspended:
    """A call that is in no slot, with what the network remembers of it."""

    call: Call
    sequence: tuple[Tensor, Tensor]


class LanguageModelSlots:
    """Holds the calls; the network itself is read-only."""

    def __init__(self, model: LanguageModel, *, slots: int = 8, capacity: int = CAPACITY) -> None:
        """Allocate room for so many calls of at most `capacity` positions each."""
        self._model = model
        self._cache: KeyValueCache = model.decoder.new_cache(slots, capacity)
        self._calls: dict[int, Call] = {}

    @torch.inference_mode()
    def admit(self, slot: int, request: SpeechTokenRequest) -> None:
        """Take up a call. What is wrong with it shows in its first step."""
        self._cache.clear(slot)
        turns = turns_of(request, self._model.marks)
        self._calls[slot] = Call(request, noise_of(request), turns)

    @torch.inference_mode()
    def step(self, slots: Sequence[int]) -> list[Outcome]:
        """Return each call's next token, what it waits for, its error, or None at its end."""
        self._read_single(slots)
        return [self._outcome(slot, self._calls[slot]) for slot in slots]

    def release(self, slot: int) -> None:
        """Forget the call, if there is one."""
        call = self._calls.pop(slot, None)
        if call is not None:
            call.turns.close()

    @torch.inference_mode()
    def suspend(self, slot: int) -> object:
        """See `Suspends`."""
        return Suspended(self._calls.pop(slot), self._cache.copied(slot))

    @torch.inference_mode()
    def restore(self, slot: int, suspended: object) -> None:
        """See `Suspends`."""
        assert isinstance(suspended, Suspended)
        self._cache.put(slot, suspended.sequence)
        self._calls[slot] = suspended.call

    def _read_single(self, slots: Sequence[int]) -> None:
        """Step the calls whose turn reads one token, where there is room."""
        room = [slot for slot in slots if self._cache.lengths[slot] < self._cache.capacity]
        turns = [(slot, self._calls[slot].turn) for slot in room]
        single = [(slot, turn) for slot, turn in turns if turn is not None and turn.n_reads == 1]
        if not single:
            return
        hidden = self._model.embedded([part for _, turn in single for part in turn.reads])
        together = [slot for slot, _ in single]
        logits = self._model.decoder.step(hidden, self._cache, together)
        for slot, row in zip(together, logits, strict=True):
            self._calls[slot].logits = row

    def _outcome(self, slot: int, call: Call) -> Outcome:
        try:
            return self._advance(slot, call)
        except Exception as error:  # noqa: BLE001 - it ends this call alone
            return told(error)

    def _advance(self, slot: int, call: Call) -> Outcome:
        while (turn := call.turn) is not None:
            token = self._drawn(slot, call, turn)
            call.turn = next_turn(call.turns, token)
            if token is not None and is_speech(token):
                return token
            if call.turn is not None and call.turn.waits_for is not None:
                return call.turn.waits_for
        return None

    def _drawn(self, slot: int, call: Call, turn: Turn) -> int | None:
        """Read what a turn reads, and draw if it draws."""
        if not turn.reads:
            return None
        logits, call.logits = call.logits, None
        if logits is None:
            hidden = self._model.embedded(turn.reads)
            logits = self._model.decoder.read(hidden, self._cache, slot)
        if not turn.draws:
            return None
        draw = Draw(call.n_drawn, turn.said, turn.forbidden)
        call.n_drawn += 1
        return choose(logits.cpu(), draw, call.request.sampling, call.noise)


def turns_of(request: SpeechTokenRequest, marks: Marks) -> Turns:
    """Return what a request wants of the model, turn by turn."""
    if isinstance(request.text, TextFeed):
        return interleaved(request, request.text, marks)
    return whole_text(request, request.text, marks)


def noise_of(request: SpeechTokenRequest) -> Noise:
    """Return what decides the draws of a request."""
    if request.compatible:
        return GeneratorNoise(torch.Generator().manual_seed(request.seed))
    return SeededNoise(request.seed)


def next_turn(turns: Turns, token: int | None) -> Turn | None:
    """Tell a call what was drawn, if anything, and return its next turn; None at its end."""
    try:
        return turns.send(token)
    except StopIteration:
        return None
