"""The language model for a GPU: every slot in one step, and the step one graph.

As `gpt_sovits/tokens/captured_slots.py`: all that decides a draw lies in tensors that never move,
nothing is read back within a step, idle slots take part and leave no trace, and steps
are launched ahead of what is read of them (`batching/lookahead.py`). A call is still a generator of
turns (`turns.py`): what a turn reads is read at once; its draws, and those that follow as foreseen
(`Turn.more`), are one run of the lookahead. The run is over at a mark, or where the turn foresees
no more. There text is read, which may have arrived meanwhile, and the next run begins. On a CPU
the same function runs unrecorded; there it is tested. **No GPU has run it yet.**
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (what everyone calls it)
from torch import Tensor

from myna.engines.batching.device import sent
from myna.engines.batching.lane import Lane
from myna.engines.batching.lookahead import AHEAD, NOTHING, Lookahead
from myna.engines.batching.row_independence import DEPENDENT_ROWS, rows_are_independent
from myna.engines.batching.scheduler import SlotModel, told
from myna.engines.cosyvoice.tokens.device_decoder import DeviceDecoder
from myna.engines.cosyvoice.tokens.language_model import N_SPEECH_TOKENS, LanguageModel
from myna.engines.cosyvoice.tokens.language_slots import (
    CAPACITY,
    Call,
    LanguageModelSlots,
    Outcome,
    Suspended,
    next_turn,
    noise_of,
    turns_of,
)
from myna.engines.cosyvoice.tokens.sampling_rows import RECENT, Draws, choose_each
from myna.engines.cosyvoice.tokens.speech_token_request import SpeechTokenRequest
from myna.engines.cosyvoice.tokens.turns import Turn, is_speech

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Drawing:
    call: Call
    left: int = 0
    """How many tokens its run may still give; 0 between runs."""


class CapturedLanguageSlots:
    """Slots of a fixed number and capacity, on the device of the network's weights."""

    def __init__(
        self,
        model: LanguageModel,
        decoder: DeviceDecoder,
        slots: int,
        capacity: int = CAPACITY,
        ahead: int = AHEAD,
        lane: Lane | None = None,
    ) -> None:
        """Allocate the slots; on a GPU, record the step. `decoder` is the model's own.

        lane: in which it works, and nobody else meanwhile; one of its own unless given.
        """
        device = model.speech_table.device
        self._model = model
        self._decoder = decoder
        self.lane = lane or Lane(device)
        with self.lane.open():
            self._cache = decoder.new_cache(slots, capacity)
            self._draws = Draws.empty(slots, decoder.vocabulary, device)
            self._logits = torch.zeros(slots, decoder.vocabulary, device=device)
            self._places = torch.zeros(slots, dtype=torch.int64, device=device)  # positions filled
            self._left = torch.zeros(slots, dtype=torch.int64, device=device)  # draws of the run
        if device.type == "cuda" and not self.rows_are_independent():
            logger.warning(DEPENDENT_ROWS, device, "CosyVoice")
        self._lookahead = Lookahead(self.advance, slots, self.lane, ahead)
        self._drawings: dict[int, _Drawing] = {}
        self._rules: dict[tuple[int, ...], Tensor] = {}

    def rows_are_independent(self) -> bool:
        """Whether a sequence has the same logits, bit for bit, in any slot and any company.

        To be asked while no slot is taken.
        """

        def step(lengths: Tensor, tokens: Tensor) -> Tensor:
            hidden = F.embedding(tokens, self._model.speech_table)
            return self._decoder.step_all(hidden, lengths, self._cache, lengths > 0)

        with self.lane.open():
            return rows_are_independent(self._cache.keys, self._cache.values, step)

    def admit(self, slot: int, request: SpeechTokenRequest) -> None:
        """Take up a call. What is wrong with it shows in its first step."""
        self._cache.clear(slot)
        self._take_up(slot, Call(request, noise_of(request), turns_of(request, self._model.marks)))

    def step(self, slots: Sequence[int]) -> list[tuple[Outcome, ...]]:
        """Return each call's next tokens, as many as are known by now.

        What it waits for, its error, or None at its end may come behind them.
        """
        with self.lane.open():
            between = [slot for slot in slots if not self._drawings[slot].left]
            said: dict[int, tuple[Outcome, ...]] = {slot: self._begun(slot) for slot in between}
            if any(self._drawings[slot].left for slot in slots):
                for slot, drawn in self._lookahead.drawn().items():
                    said[slot] = (*said.get(slot, ()), *self._taken(slot, drawn.tokens))
        return [said.get(slot, ()) for slot in slots]

    def release(self, slot: int) -> None:
        """Forget the call, if there is one."""
        drawing = self._drawings.pop(slot, None)
        if drawing is not None:
            drawing.call.turns.close()
        with self.lane.open():
            self._lookahead.end(slot)
            self._left[slot].zero_()

    def suspend(self, slot: int) -> object:
        """See `Suspends`: a call waits between two runs only."""
        with self.lane.open():
            self._lookahead.end(slot)
            return Suspended(self._drawings.pop(slot).call, self._cache.copied(slot))

    def restore(self, slot: int, suspended: object) -> None:
        """See `Suspends`."""
        assert isinstance(suspended, Suspended)
        self._take_up(slot, suspended.call)
        with self.lane.open():
            self._cache.put(slot, suspended.sequence)
            self._stand_aside(slot)

    def _take_up(self, slot: int, call: Call) -> None:
        self._drawings[slot] = _Drawing(call)
        with self.lane.open():
            self._cache.wipe(slot)
            self._draws.put(slot, call.request.sampling, call.request.seed)

    def _begun(self, slot: int) -> tuple[Outcome, ...]:
        """Do what comes between two runs, and begin the next if there is one."""
        drawing = self._drawings[slot]
        try:
            return self._go_on(slot, drawing)
        except Exception as error:  # noqa: BLE001 - it ends this call alone
            drawing.left = 0
            return (told(error),)

    def _go_on(self, slot: int, drawing: _Drawing) -> tuple[Outcome, ...]:
        call = drawing.call
        while (turn := call.turn) is not None:
            if turn.reads:
                hidden = self._model.embedded(turn.reads)
                logits = self._decoder.read(hidden, self._cache, slot)
                if turn.draws:
                    self._run(slot, drawing, turn, logits)
                    return ()
            call.turn = next_turn(call.turns, None)
            if call.turn is not None and call.turn.waits_for is not None:
                self._stand_aside(slot)
                return (call.turn.waits_for,)
        return (None,)

    def _stand_aside(self, slot: int) -> None:
        """Have the steps of others, in which every slot takes part, write behind what is there."""
        self._places[slot].fill_(self._cache.lengths[slot])

    def _run(self, slot: int, drawing: _Drawing, turn: Turn, logits: Tensor) -> None:
        """Let the slot draw what the turn foresees, as far as there is room to read it."""
        length = self._cache.lengths[slot]
        drawing.left = min(turn.more + 1, self._cache.capacity - length + 1)
        later = turn.forbidden if turn.forbidden_later is None else turn.forbidden_later
        early = 0 if turn.forbidden_later is None else turn.early
        recent = torch.full((RECENT,), NOTHING)
        last = torch.tensor(turn.said[-RECENT:], dtype=torch.int64)
        recent[RECENT - len(last) :] = last
        self._draws.recent[slot].copy_(sent(recent, self._logits.device))
        self._draws.steps[slot].fill_(drawing.call.n_drawn)
        self._draws.early[slot].fill_(early)
        self._draws.forbidden[slot].copy_(self._rule(turn.forbidden))
        self._draws.forbidden_later[slot].copy_(self._rule(later))
        self._logits[slot].copy_(logits)
        self._places[slot].fill_(length)
        self._left[slot].fill_(drawing.left)
        self._lookahead.begin(slot)

    def _taken(self, slot: int, tokens: Sequence[int]) -> tuple[Outcome, ...]:
        """Tell the call what was drawn; return what its caller hears of it."""
        drawing, said = self._drawings[slot], list[Outcome]()
        call = drawing.call
        for token in tokens:
            call.n_drawn += 1
            drawing.left = drawing.left - 1 if is_speech(token) else 0
            if drawing.left:
                self._cache.lengths[slot] += 1  # it was read in the same step
            try:
                call.turn = next_turn(call.turns, token)
            except Exception as error:  # noqa: BLE001 - it ends this call alone
                said.append(told(error))
                break
            if is_speech(token):
                said.append(token)
            if call.turn is None:
                said.append(None)
                break
        if not drawing.left or call.turn is None:
            self._lookahead.end(slot)
        return tuple(said)

    def _rule(self, forbidden: Sequence[int]) -> Tensor:
        """Return a row of what is forbidden: (vocabulary,) bool."""
        found = self._rules.get(tuple(forbidden))
        if found is None:
            row = torch.zeros(self._decoder.vocabulary, dtype=torch.bool)
            row[list(forbidden)] = True
            found = self._rules[tuple(forbidden)] = sent(row, self._logits.device)
        return found

    def advance(self) -> Tensor:
        """Draw a token in every slot with a run, and read it where the run goes on.

        Shape (slots,). This is what is recorded; it reads nothing back.
        """
        tokens = choose_each(self._logits, self._draws)
        drawing = self._left > 0
        self._left.copy_(torch.where(drawing & (tokens < N_SPEECH_TOKENS), self._left - 1, 0))
        going = self._left > 0
        hidden = F.embedding(torch.where(going, tokens, 0), self._model.speech_table)
        places = self._places.clamp(max=self._cache.capacity - 1)  # a full slot draws no more
        read = self._decoder.step_all(hidden, places, self._cache, going)
        self._places.add_(going)
        self._logits.copy_(torch.where(going[:, None], read, self._logits))
        self._draws.said(tokens, drawing)
        return torch.where(drawing, tokens, NOTHING)


def slots_of(
    model: LanguageModel, slots: int, *, compatible: bool = False
) -> SlotModel[SpeechTokenRequest]:
    """Return what a scheduler steps: captured slots on a GPU.

    `compatible` requests draw their noise one number after another, which only plain slots do.
    """
    if isinstance(model.decoder, DeviceDecoder) and not compatible:
        return CapturedLanguageSlots(model, model.decoder, slots)
    return LanguageModelSlots(model, slots=slots)
