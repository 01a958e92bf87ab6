"""New words in a gap of a recording: tokens drawn after those before it, sound between both sides.

The decoder of semantic tokens reads the text of both sides and of the new words, and begins with
the recording's own tokens up to the gap. So it goes on as the recording would, says the new words,
and leads into what follows; from where it says that, the recording's tokens take over.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from myna.core.audio import Audio
from myna.core.errors import BadText, TooLittleContext
from myna.core.infill import Gap
from myna.engines.batching.token_fit import rejoined
from myna.engines.gpt_sovits.decoder import Filled, Filling, Sentence
from myna.engines.gpt_sovits.drawing import Drawing, derived, seed_of
from myna.engines.gpt_sovits.model import Model
from myna.engines.gpt_sovits.plausibility import PACE
from myna.engines.gpt_sovits.prompt import SECONDS_PER_TOKEN, Prompt
from myna.engines.gpt_sovits.semantic_slots import SeededSpeech

Tokens = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    audio: Audio  # 40 ms for each token
    tokens: Tokens


class GapFiller:
    """Fills gaps with one model; holds nothing of a call."""

    def __init__(
        self,
        model: Model,
        draw: Callable[[SeededSpeech], Generator[int]],
        on_redraw: Callable[[], None],
    ) -> None:
        self._model = model
        self._draw = draw
        self._on_redraw = on_redraw

    def __call__(self, gap: Gap, prompt: Prompt) -> Filled:
        """Return new sound for a gap. Raises `TooLittleContext`, `BadText`."""
        if not any(map(str.isalnum, gap.new_text)):
            raise BadText(f"There is nothing to say in {gap.new_text!r}. Give new words.")
        before, after = self._side(gap.before, ends=True), self._side(gap.after, ends=False)
        if not len(before.tokens) and not len(after.tokens):
            raise TooLittleContext(
                "There is no sound on either side of the gap: keep at least one word of the "
                "recording."
            )
        reader, options, seed = self._model.reader, gap.options, seed_of(gap.options)
        text = reader.read(gap.text, gap.language)
        longest = min(self._model.longest, PACE.most_tokens(len(text.phonemes)))
        drawing = Drawing(text, prompt, options, seed, longest, before.tokens)
        tokens, misfit = self._tokens(drawing, gap, after.tokens)
        sentence = Sentence(
            text, prompt, derived(seed, "sound"), options.speed, options.sample_steps
        )
        filling = Filling(
            sentence,
            before.audio,
            after.audio,
            before.tokens.tolist(),
            tokens,
            after.tokens.tolist(),
        )
        return replace(self._model.decoder.filled(filling), misfit=misfit)

    def _side(self, audio: Audio, *, ends: bool) -> _Side:
        """Listen to one side: whole tokens that end, or begin, exactly at the gap."""
        count = int(audio.duration / SECONDS_PER_TOKEN + 1e-6)
        length = round(count * SECONDS_PER_TOKEN * audio.sample_rate)
        samples = audio.samples
        kept = samples[len(samples) - length :] if ends else samples[:length]
        side = Audio(kept, audio.sample_rate)
        return _Side(side, self._model.prompts.tokens_of(side)[:count])

    def _tokens(self, drawing: Drawing, gap: Gap, after: Tokens) -> tuple[list[int], float]:
        """Return the tokens of the new words, and how badly they lead into what follows."""
        units, following = (self._units(text, gap) for text in (gap.new_text, gap.after_text))
        codes = self._model.decoder.quantizer.codes.cpu().numpy()
        fewest = max(1, round(PACE.fewest * units))
        misfits: dict[int, float] = {}

        def draw(number: int) -> list[int]:
            drawn = list(self._draw(drawing.attempt(number)))
            expected = len(drawn) * units / (units + following)
            count, misfits[number] = rejoined(drawn, after.tolist(), codes, expected, fewest)
            made[number] = drawn[:count]
            return made[number]

        made: dict[int, list[int]] = {}
        best = PACE.best(draw, units, gap.options.retries, self._on_redraw)
        number = next(number for number, tokens in made.items() if tokens is best)
        return best, misfits[number]

    def _units(self, text: str, gap: Gap) -> int:
        """Return how many phonemes a text has."""
        if not any(map(str.isalnum, text)):
            return 0
        return len(self._model.reader.read(text, gap.language).phonemes)
