"""The decoder of semantic tokens for a GPU: every slot in one step, and the step one graph.

A step draws a token for every slot and has the network read it, in tensors that never move:
embedding, layers, head, sampling, noise by (seed, step, token), stop flags and lengths. Nothing is
read back within it, so it can be recorded once, and launched ahead (`batching/lookahead.py`). Slots
that are empty or at their end take part and leave no trace, so the shapes are always the same: the
same number of rows goes through every product. So a sequence has the same tokens whoever is beside
it, as far as the libraries compute a row of a product of one shape alike whatever is in the others;
that is tried at every start. Taking up a sequence and letting it go wait for nothing, either. On a
CPU the same function runs unrecorded; there it is tested. **No GPU has run it yet.**
"""

import logging
from collections.abc import Sequence

import torch
from torch import Tensor

from myna.core.errors import TextTooLong
from myna.engines.batching.decode_attention import MASKED, DecodeAttention
from myna.engines.batching.device import sent
from myna.engines.batching.lane import Lane
from myna.engines.batching.lookahead import AHEAD, NOTHING, Drawn, Lookahead
from myna.engines.batching.row_independence import DEPENDENT_ROWS, rows_are_independent
from myna.engines.gpt_sovits.tokens.sampling import SamplingOptions, SamplingTable
from myna.engines.gpt_sovits.tokens.semantic_decoding import Draws, choose_each
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech
from myna.engines.gpt_sovits.tokens.text_to_semantic import TextToSemantic

logger = logging.getLogger(__name__)

CAPACITY = 1280  # positions of a slot: 30 s and their phonemes


class CapturedSlots:
    """Slots of a fixed number and capacity, on the device of the network's weights."""

    def __init__(
        self,
        model: TextToSemantic,
        slots: int,
        capacity: int = CAPACITY,
        ahead: int = AHEAD,
        attention: DecodeAttention = MASKED,
        lane: Lane | None = None,
    ) -> None:
        """Allocate the slots; on a GPU, record the step. `ahead` steps are launched together.

        lane: in which it works, and nobody else meanwhile; one of its own unless given.
        """
        device = model.token_table.device
        self._model = model
        self._capacity = capacity
        self._attention = attention
        self.lane = lane or Lane(device)
        with self.lane.open():
            counts = torch.zeros(slots, dtype=torch.int64, device=device)
            self._cache = model.new_cache(slots, capacity)
            table = SamplingTable.of([SamplingOptions()] * slots, model.vocabulary)
            seen = torch.zeros(slots, model.vocabulary, dtype=torch.bool, device=device)
            self._draws = Draws(table.to(device), seen, counts.clone(), counts.clone())
            self._logits = torch.zeros(slots, model.vocabulary, device=device)
            self._longest = counts  # tokens; 0 in an empty slot
        if device.type == "cuda" and not self.rows_are_independent():
            logger.warning(DEPENDENT_ROWS, device, "GPT-SoVITS")
        self._lookahead = Lookahead(self.advance, slots, self.lane, ahead)
        self._heard: dict[int, list[Drawn]] = {}  # of each slot, not asked for yet
        self._room: dict[int, int] = {}  # tokens that still find room in a slot too small for all

    def rows_are_independent(self) -> bool:
        """Whether a sequence has the same logits, bit for bit, in any slot and any company.

        To be asked while no slot is taken.
        """
        cache = self._cache

        def step(lengths: Tensor, tokens: Tensor) -> Tensor:
            cache.lengths.copy_(lengths)
            cache.tokens.copy_(lengths)
            live = lengths > 0
            return self._model.step(tokens, cache, active=live, attention=self._attention)

        with self.lane.open():
            found = rows_are_independent(cache.keys, cache.values, step)
            cache.lengths.zero_()
            cache.tokens.zero_()
        return found

    def admit(self, slot: int, request: SeededSpeech) -> None:
        """Read what to say. Raises `TextTooLong`."""
        speech, device = request.speech, self._logits.device
        with self.lane.open():
            phonemes, prompt = sent(speech.phonemes, device), sent(speech.prompt, device)
            context = None if speech.context is None else sent(speech.context, device)
            self._cache.wipe(slot)
            logits = self._model.prefill(phonemes, context, prompt, self._cache, slot)
            self._logits[slot].copy_(logits)
            # To assign a number, instead of filling with it, would wait for a GPU.
            self._draws.table.put(slot, SamplingTable.of([speech.options], self._model.vocabulary))
            self._draws.seeds[slot].fill_(request.seed)
            self._draws.steps[slot].zero_()
            self._draws.seen[slot].zero_().index_fill_(0, prompt, True)
            room = self._capacity - len(phonemes) - len(prompt) - 1
            self._longest[slot].fill_(min(speech.longest, room))
            self._heard[slot] = []
            if room < speech.longest:
                self._room[slot] = room
            self._lookahead.begin(slot)

    def step(self, slots: Sequence[int]) -> list[tuple[int | Exception | None, ...]]:
        """Return the next tokens of each sequence, as many as are known by now.

        None follows the last, where it ends or reaches its longest; `TextTooLong` where there is
        no room to go on: nothing is left out in silence.
        """
        if not slots:
            return []
        with self.lane.open():
            for slot, drawn in self._lookahead.drawn().items():
                self._heard[slot].append(drawn)
        return [self._told(slot) for slot in slots]

    def release(self, slot: int) -> None:
        """Forget the sequence, if there is one."""
        with self.lane.open():
            self._lookahead.end(slot)
            self._heard.pop(slot, None)
            self._room.pop(slot, None)
            self._longest[slot].zero_()
            self._cache.clear(slot)

    def _told(self, slot: int) -> tuple[int | Exception | None, ...]:
        heard, self._heard[slot] = self._heard[slot], []
        tokens = [token for drawn in heard for token in drawn.tokens]
        if slot in self._room:
            self._room[slot] -= len(tokens)
        if not any(drawn.over for drawn in heard):
            return tuple(tokens)
        self._lookahead.end(slot)
        if self._room.get(slot) == 0:
            return (*tokens, TextTooLong(self._capacity + 1, self._capacity, "phonemes and tokens"))
        return (*tokens, None)

    def advance(self) -> Tensor:
        """Draw a token in every slot that goes on, and read it; `NOTHING` in the others.

        Shape (slots,). This is what is recorded; it reads nothing back.
        """
        draws = self._draws
        tokens, ended = choose_each(self._logits, draws)
        going = ~ended & (draws.steps < self._longest)
        column = tokens[:, None]
        draws.seen.scatter_(1, column, draws.seen.gather(1, column) | going[:, None])
        draws.steps.add_(going)
        read = self._model.step(tokens, self._cache, active=going, attention=self._attention)
        self._logits.copy_(torch.where(going[:, None], read, self._logits))
        return torch.where(going, tokens, NOTHING)
