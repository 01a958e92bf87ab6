"""A sentence on its way from text to sound: as it is drawn, or the best of several attempts."""

import itertools
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing

from myna.core.audio import Audio
from myna.core.playback import NOBODY_LISTENS, Playback
from myna.core.speech import Chunk, Utterance
from myna.core.timing import TimedText
from myna.engines.attempts.listening import Listener, misfit
from myna.engines.attempts.seeds import derived, seed_of
from myna.engines.gpt_sovits.model import Model
from myna.engines.gpt_sovits.observed import Draw, ObservedDrawing
from myna.engines.gpt_sovits.plausibility import PACE
from myna.engines.gpt_sovits.sound.decoder import Sentence
from myna.engines.gpt_sovits.tokens.drawing import Drawing
from myna.engines.gpt_sovits.voice.prompt import Prompt

_Groups = Iterable[tuple[list[int], bool]]
"""Of tokens, and whether each is the last."""
_WordsOf = Callable[[Sequence[int]], tuple[TimedText, ...]]


class SentenceSpeaker:
    """Says sentences with one model; holds nothing of a call."""

    def __init__(self, name: str, model: Model, draw: Draw, on_redraw: Callable[[], None]) -> None:
        """`name` is the engine's, for its chunks."""
        self._name = name
        self._model = model
        self._draw = draw
        self._on_redraw = on_redraw

    def __call__(self, utterance: Utterance, prompt_of: Callable[[], Prompt]) -> Generator[Chunk]:
        """Yield a sentence, as soon as it is there; drawn again where nobody hears it before."""
        task = self._task(utterance, prompt_of)
        if task.text.is_unread:
            return
        drawing = ObservedDrawing(self._model, self._draw, task, utterance)
        if utterance.whole:
            yield from self._best(task, drawing, utterance)
            return
        with closing(self._groups(drawing)) as groups:
            yield from self._sound(task, groups, drawing.words, utterance.playback)

    def _task(self, utterance: Utterance, prompt_of: Callable[[], Prompt]) -> Drawing:
        text = self._model.reader.read(utterance.text, utterance.language)
        return Drawing(
            text,
            prompt_of(),
            utterance.options,
            seed_of(utterance.options),
            min(self._model.longest, PACE.most_tokens(len(text.phonemes))),
        )

    def _groups(self, drawing: ObservedDrawing) -> Generator[tuple[list[int], bool]]:
        """Yield the tokens in groups that grow, as soon as each is full, and which is the last."""
        chunks = self._model.decoder.chunks
        sizes = itertools.chain(chunks, itertools.repeat(chunks[-1]))
        with closing(drawing.tokens(0)) as tokens:
            for size in sizes:
                group = list(itertools.islice(tokens, size))
                yield group, len(group) < size
                if len(group) < size:
                    return

    def _sound(
        self, task: Drawing, groups: _Groups, words_of: _WordsOf, playback: Playback
    ) -> Iterator[Chunk]:
        """Yield the sound of groups of tokens; with the last comes all that is known of the words.

        To find that takes as long as some sound: nobody should wait for it.
        """
        decoder, options = self._model.decoder, task.options
        seed = derived(task.seed, "sound")
        speech = decoder.speech(
            Sentence(task.text, task.prompt, seed, options.speed, options.sample_steps, playback)
        )
        said: list[int] = []
        for tokens, last in groups:
            said += tokens
            for sound in speech.push(tokens, last=last):
                playback.hand_over(len(sound) / decoder.sample_rate)
                yield Chunk(Audio(sound, decoder.sample_rate), engine=self._name)
        words = words_of(said)
        if words:
            nothing = Audio.silence(0.0, decoder.sample_rate)
            yield Chunk(nothing, engine=self._name, estimated=words)

    def _best(self, task: Drawing, drawing: ObservedDrawing, utterance: Utterance) -> list[Chunk]:
        """Return a sentence: the best attempt, by its tokens, by attention and by what is heard."""
        listener = Listener(
            lambda tokens: self._sound(
                task, [(tokens, True)], drawing.words, Playback(NOBODY_LISTENS)
            ),
            lambda chunks: misfit(
                Audio.join(chunk.audio for chunk in chunks), utterance.text, utterance.language
            ),
            drawing.fault,
        )
        tokens = PACE.best(
            lambda number: list(drawing.tokens(number)),
            len(task.text.phonemes),
            task.options.retries,
            self._on_redraw,
            listener if task.options.retries else None,
        )
        return listener.sound(tokens)
