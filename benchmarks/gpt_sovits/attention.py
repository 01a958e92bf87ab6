"""What it costs to keep an eye on the decoder's attention: while it draws, and once it has."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from benchmarks.gpt_sovits.decoding import COUNT, PHONEMES, ROWS, request
from benchmarks.gpt_sovits.rounds import Variant, compared
from myna.engines.gpt_sovits.tokens.attention import Attended, AttentionRecord
from myna.engines.gpt_sovits.tokens.attention_heads import following
from myna.engines.gpt_sovits.tokens.attention_path import likeliest_path
from myna.engines.gpt_sovits.tokens.semantic_runtimes import SemanticRuntime
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech, SemanticSlots

OWN = slice(PHONEMES // 2, PHONEMES)  # the sentence's phonemes behind the prompt's
LAYERS, HEADS, WIDTH = 24, 16, 32
LENGTHS = ((75, 35), (125, 55), (500, 220))  # tokens and phonemes: 3 s, 5 s, 20 s


@dataclass
class Drawing:
    """A runtime that draws, observed or not."""

    slots: SemanticSlots
    observed: bool

    def admit(self, rows: int) -> None:
        """Read so many requests, and draw the first token of each."""
        for slot in range(ROWS):
            self.slots.release(slot)
        for slot in range(rows):
            self.slots.admit(slot, self.asked(slot))
        self.slots.step(range(rows))

    def asked(self, slot: int) -> SeededSpeech:
        """Return a request, with a record if it is observed."""
        return replace(request(slot), record=AttentionRecord(OWN) if self.observed else None)

    def draw(self, rows: int) -> None:
        """Draw `COUNT` tokens more of each."""
        for _ in range(COUNT):
            self.slots.step(range(rows))


def measure(runtimes: Mapping[str, SemanticRuntime], rounds: int) -> None:
    """Print what observing costs each runtime, and what reading a sentence's attention costs."""
    for name, runtime in runtimes.items():
        for rows in (1, ROWS):
            both = {
                label: Drawing(SemanticSlots(runtime), label == "observed")
                for label in ("not observed", "observed")
            }
            print(f"{name}: drawing {rows} at once")
            variants = {
                label: Variant(partial(each.draw, rows), partial(each.admit, rows))
                for label, each in both.items()
            }
            compared(variants, rounds, rows * COUNT, "tokens")
            for each in both.values():
                each.admit(0)
    random = np.random.default_rng(0)
    for tokens, phonemes in LENGTHS:
        keys = random.normal(size=(LAYERS, HEADS, phonemes, WIDTH)).astype(np.float32)
        queries = random.normal(size=(LAYERS, HEADS, tokens, WIDTH)).astype(np.float32)
        attended = Attended(keys, queries)
        print(f"reading the attention of {tokens} tokens to {phonemes} phonemes")
        reading = {
            "heads": Variant(partial(following, attended)),
            "path": Variant(partial(likeliest_path, attended.mean([(0, 0)]))),
        }
        compared(reading, rounds, 1, "sentences")
