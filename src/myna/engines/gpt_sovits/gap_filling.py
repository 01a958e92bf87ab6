"""New words in a gap of a recording: tokens drawn after those before it, sound between both sides.

The decoder of semantic tokens reads the text of both sides and of the new words, and begins with
the recording's own tokens up to the gap. So it goes on as the recording would, says the new words,
and leads into what follows; from where it says that, the recording's tokens take over.
"""

from collections.abc import Callable, Generator
from dataclasses import replace

from myna.core.infill import Gap
from myna.engines.attempts.gaps import Filled, GapDrawing, sides
from myna.engines.attempts.seeds import derived, seed_of
from myna.engines.gpt_sovits.model import Model
from myna.engines.gpt_sovits.plausibility import PACE
from myna.engines.gpt_sovits.sound.decoder import Filling, Sentence
from myna.engines.gpt_sovits.tokens.drawing import Drawing
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech
from myna.engines.gpt_sovits.tokens.text_to_semantic import TOKENS_PER_SECOND
from myna.engines.gpt_sovits.voice.prompt import Prompt
from myna.text.sentences import speakable


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
        before, after = sides(gap, TOKENS_PER_SECOND)
        said, following = (
            self._model.prompts.tokens_of(side.audio)[: side.count] for side in (before, after)
        )
        reader, options, seed = self._model.reader, gap.options, seed_of(gap.options)
        text = reader.read(gap.text, gap.language)
        longest = min(self._model.longest, PACE.most_tokens(len(text.phonemes)))
        drawing = Drawing(text, prompt, options, seed, longest, said)
        new, behind = (self._units(part, gap.language) for part in (gap.new_text, gap.after_text))
        tokens, misfit = GapDrawing(
            lambda number: self._draw(drawing.attempt(number)),
            units=new,
            units_read=new + behind,
            following=following.tolist(),
        ).best(
            PACE,
            self._model.decoder.quantizer.codes.cpu().numpy(),
            options.retries,
            self._on_redraw,
        )
        sentence = Sentence(
            text, prompt, derived(seed, "sound"), options.speed, options.sample_steps
        )
        filling = Filling(
            sentence, before.audio, after.audio, said.tolist(), tokens, following.tolist()
        )
        return replace(self._model.decoder.filled(filling), misfit=misfit)

    def _units(self, text: str, language: str) -> int:
        """Return how many phonemes a text has."""
        if not speakable(text):
            return 0
        return len(self._model.reader.read(text, language).phonemes)
