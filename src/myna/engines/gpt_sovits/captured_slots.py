"""The decoder of semantic tokens for a GPU: every slot in one step, and the step one graph.

A step draws a token for every slot and has the network read it, in tensors that never move:
embedding, layers, head, sampling, noise by (seed, step, token), stop flags and lengths. Nothing is
read back within it, so CUDA can record it once and replay it. Slots that are empty or at their end
take part and leave no trace, so the shapes are always the same, and each sequence has the same
tokens whoever is beside it. On a CPU the same function runs unrecorded; there it is tested.
"""

from collections.abc import Callable, Sequence

import torch

from myna.engines.gpt_sovits.sampling import SamplingOptions, SamplingTable
from myna.engines.gpt_sovits.semantic_decoding import Draws, choose_each
from myna.engines.gpt_sovits.semantic_slots import SeededSpeech
from myna.engines.gpt_sovits.text_to_semantic import TextToSemantic

CAPACITY = 1280  # positions of a slot: 30 s and their phonemes
_WARM_UPS = 3  # runs before recording, in which libraries allocate what they need


class CapturedSlots:
    """Slots of a fixed number and capacity, on the device of the network's weights."""

    def __init__(self, model: TextToSemantic, slots: int, capacity: int = CAPACITY) -> None:
        """Allocate the slots; on a GPU, record the step."""
        device = model.token_table.device
        counts = torch.zeros(slots, dtype=torch.int64, device=device)
        self._model = model
        self._capacity = capacity
        self._cache = model.new_cache(slots, capacity)
        table = SamplingTable.of([SamplingOptions()] * slots, model.vocabulary)
        seen = torch.zeros(slots, model.vocabulary, dtype=torch.bool, device=device)
        self._draws = Draws(table.to(device), seen, counts.clone(), counts.clone())
        self._logits = torch.zeros(slots, model.vocabulary, device=device)
        self._longest = counts.clone()  # tokens; 0 in an empty slot
        self._active = torch.zeros(slots, dtype=torch.bool, device=device)
        self._tokens = counts.clone()
        self._replay = _recorded(self._advance) if device.type == "cuda" else self._advance

    @torch.inference_mode()
    def admit(self, slot: int, request: SeededSpeech) -> None:
        """Read what to say. Raises `TextTooLong`."""
        speech, device = request.speech, self._logits.device
        phonemes, prompt = speech.phonemes.to(device), speech.prompt.to(device)
        context = None if speech.context is None else speech.context.to(device)
        logits = self._model.prefill(phonemes, context, prompt, self._cache, slot)
        self._logits[slot] = logits
        self._draws.table.put(slot, SamplingTable.of([speech.options], self._model.vocabulary))
        self._draws.seeds[slot] = request.seed
        self._draws.steps[slot] = 0
        self._draws.seen[slot] = False
        self._draws.seen[slot, prompt] = True
        self._longest[slot] = min(speech.longest, self._capacity - len(phonemes) - len(prompt) - 1)

    @torch.inference_mode()
    def step(self, slots: Sequence[int]) -> list[int | None]:
        """Draw the next token of each sequence; None where it ends or reaches its longest."""
        self._active.fill_(False)
        self._active[list(slots)] = True
        self._replay()
        tokens = self._tokens.tolist()
        return [tokens[slot] if tokens[slot] >= 0 else None for slot in slots]

    @torch.inference_mode()
    def release(self, slot: int) -> None:
        """Forget the sequence, if there is one."""
        self._longest[slot] = 0
        self._cache.clear(slot)

    def _advance(self) -> None:
        """Draw a token in every active slot and read it; -1 where there is none to draw."""
        draws = self._draws
        tokens, ended = choose_each(self._logits, draws)
        going = self._active & ~ended & (draws.steps < self._longest)
        column = tokens[:, None]
        draws.seen.scatter_(1, column, draws.seen.gather(1, column) | going[:, None])
        draws.steps.add_(going)
        read = self._model.step(tokens, self._cache, active=going, span=self._capacity)
        self._logits.copy_(torch.where(going[:, None], read, self._logits))
        self._tokens.copy_(torch.where(going, tokens, -1))


@torch.inference_mode()
def _recorded(advance: Callable[[], None]) -> Callable[[], None]:
    """Record a step, which must change nothing while no slot is active, as a CUDA graph."""
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch leaves it so
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(_WARM_UPS):
            advance()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        advance()
    return graph.replay
