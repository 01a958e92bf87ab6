"""One sentence on its way from text to tokens, and what the decoder's attention tells of it.

Where the attention of some heads follows the text, it tells which words are missing or said again,
and when each is said. Where none does, it tells nothing, and all is as if nobody had looked.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from myna.core.errors import BadText, PackageMissing, Unsupported
from myna.core.speech import Utterance
from myna.core.timing import TimedText
from myna.engines.gpt_sovits.frontend.word_phonemes import WordPhonemes
from myna.engines.gpt_sovits.model import Model
from myna.engines.gpt_sovits.plausibility import reading_fault
from myna.engines.gpt_sovits.tokens.attention_heads import following
from myna.engines.gpt_sovits.tokens.attention_path import Indices, likeliest_path
from myna.engines.gpt_sovits.tokens.drawing import Drawing
from myna.engines.gpt_sovits.tokens.semantic_slots import SeededSpeech
from myna.engines.gpt_sovits.tokens.text_to_semantic import TOKENS_PER_SECOND
from myna.engines.gpt_sovits.tokens.word_times import word_times

Draw = Callable[[SeededSpeech], Generator[int]]
"""Yields the tokens of a request, as a scheduler does."""


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """How an attempt was read, by attention that can be trusted."""

    path: Indices
    fault: str | None


class ObservedDrawing:
    """Draws attempts at one sentence. Belongs to one call.

    It takes note of the attention only where that may be of use: to time words, or to draw again.
    """

    def __init__(self, model: Model, draw: Draw, task: Drawing, utterance: Utterance) -> None:
        self._model = model
        self._draw = draw
        self._task = task
        self._utterance = utterance
        self._observes = utterance.timed or (utterance.whole and utterance.options.retries > 0)
        self._words: tuple[WordPhonemes, ...] | None = None
        self._drawn: dict[tuple[int, ...], SeededSpeech] = {}
        self._readings: dict[tuple[int, ...], _Reading | None] = {}

    def tokens(self, number: int) -> Generator[int]:
        """Yield the tokens of an attempt."""
        task = self._task
        request = task.recorded(number) if self._observes else task.attempt(number)
        drawn: list[int] = []
        with closing(self._draw(request)) as tokens:
            for token in tokens:
                drawn.append(token)
                yield token
        self._drawn[tuple(drawn)] = request

    def fault(self, tokens: Sequence[int]) -> str | None:
        """Return what is wrong with how the words of an attempt were read; None: nothing known."""
        reading = self._reading(tuple(tokens))
        return None if reading is None else reading.fault

    def words(self, tokens: Sequence[int]) -> tuple[TimedText, ...]:
        """Return all words of an attempt, where it is known when each is said; else nothing."""
        reading = self._reading(tuple(tokens))
        if reading is None or reading.fault is not None:
            return ()
        rate = TOKENS_PER_SECOND * self._task.options.speed
        return word_times(reading.path, self._known_words(), len(tokens), rate)

    def _reading(self, tokens: tuple[int, ...]) -> _Reading | None:
        if tokens not in self._readings:
            self._readings[tokens] = self._read(tokens)
        return self._readings[tokens]

    def _read(self, tokens: tuple[int, ...]) -> _Reading | None:
        request = self._drawn.pop(tokens, None)
        attended = None if request is None else self._model.semantic.attended(request, tokens)
        found = None if attended is None else following(attended)
        if found is None or not found.is_trusted or not self._known_words():
            return None
        path = likeliest_path(found.weights)
        spans = [word.span for word in self._known_words()]
        return _Reading(path, reading_fault(path, found.weights, spans))

    def _known_words(self) -> tuple[WordPhonemes, ...]:
        if self._words is None:
            asked = self._utterance
            try:
                self._words = self._model.reader.words(asked.text, asked.language, self._task.text)
            except (BadText, PackageMissing, Unsupported):  # a word in another language
                self._words = ()
        return self._words
