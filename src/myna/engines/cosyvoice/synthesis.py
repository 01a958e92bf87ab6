"""Text to sound with one model: what all ways of conditioning have in common."""

import secrets
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing

import numpy as np

from myna.core.audio import Samples
from myna.core.speech import Options
from myna.engines.batching.scheduler import Scheduler
from myna.engines.cosyvoice.acoustic.prepared_prompts import PreparedPrompts
from myna.engines.cosyvoice.acoustic.request import Schedule, SpeechOptions
from myna.engines.cosyvoice.acoustic.speech_stream import SpeechStream
from myna.engines.cosyvoice.language_slots import LanguageModelSlots
from myna.engines.cosyvoice.manner import Manner
from myna.engines.cosyvoice.model import Model
from myna.engines.cosyvoice.plausibility import PACE
from myna.engines.cosyvoice.prompt import Prompt
from myna.engines.cosyvoice.runtime import Runtime
from myna.engines.cosyvoice.spoken_text import TextTokens
from myna.engines.cosyvoice.text_feed import TextFeed
from myna.engines.cosyvoice.text_source import TextSource


class Synthesis:
    """Makes sound at 24 kHz. Threads may share it; all state of a call is in its generator."""

    def __init__(self, model: Model, runtime: Runtime, *, slots: int, queue_length: int) -> None:
        self._model = model
        self._runtime = runtime
        language_slots = LanguageModelSlots(model.language_model, slots=slots)
        self._scheduler = Scheduler(language_slots, slots, queue_length)
        self._prepared = PreparedPrompts(model.flow, runtime.prompt_bytes)
        self._counting = threading.Lock()
        self.redrawn = 0
        """How many sentences were drawn again because they could not have been right."""

    @property
    def live(self) -> int:
        """How many texts are being drawn now."""
        return self._scheduler.live

    def manner(self, prompt: Prompt, options: Options, *, knows_words: bool) -> Manner:
        """Choose how a text is said. `knows_words`: whether the prompt's are in its language."""
        return Manner.of(
            prompt,
            options,
            secrets.randbits(62) if options.seed is None else options.seed,
            reader=self._model.reader,
            sampling=self._model.configuration.sampling,
            knows_words=knows_words,
        )

    def sentence(
        self, text: TextTokens, manner: Manner, schedule: Schedule | None
    ) -> Generator[Samples]:
        """Yield a text that is there. Without a schedule it is made whole, and drawn again where
        its tokens cannot be its words.
        """
        stream = self._stream(manner.prompt, schedule, manner.options)
        if schedule is None:
            yield from stream.push(self._best(manner, text), last=True)
            return
        with closing(self._scheduler.tokens(manner.request(text))) as tokens:
            for token in tokens:
                yield from stream.push((token,))
        yield from stream.push((), last=True)

    def arriving(
        self, source: TextSource, manner: Callable[[], Manner], schedule: Schedule
    ) -> Generator[Samples]:
        """Yield a text while it arrives; no samples where nothing can be said before more comes.

        `manner` is asked for once the first words are there.
        """
        feed = TextFeed()
        yield from _fed(feed, source)
        if not source.said:
            return
        chosen = manner()
        stream = self._stream(chosen.prompt, schedule, chosen.options)
        with closing(self._scheduler.outcomes(chosen.request(feed))) as outcomes:
            for outcome in outcomes:
                if outcome is None:
                    yield from _fed(feed, source)
                else:
                    yield from stream.push((outcome,))
        yield from stream.push((), last=True)

    def converted(
        self,
        parts: Iterable[Sequence[int]],
        prompt: Prompt,
        options: Options,
        schedule: Schedule | None,
    ) -> Generator[Samples]:
        """Yield what is said in speech tokens, in another voice."""
        stream = self._stream(prompt, schedule, options)
        for tokens in parts:
            yield from stream.push(tokens)
        yield from stream.push((), last=True)

    def _best(self, manner: Manner, text: TextTokens) -> list[int]:
        return PACE.best(
            lambda number: list(self._scheduler.tokens(manner.request(text, number))),
            len(text),
            manner.options.retries,
            self._count_redrawn,
        )

    def _count_redrawn(self) -> None:
        with self._counting:
            self.redrawn += 1

    def _stream(self, prompt: Prompt, schedule: Schedule | None, options: Options) -> SpeechStream:
        flow = self._runtime.flow(self._model.configuration.guidance, options.sample_steps)
        how = SpeechOptions(flow, schedule, options.speed)
        begun = None
        if schedule is not None and len(prompt.tokens):
            begun = self._prepared.begun(prompt.acoustic, flow)
        return SpeechStream(self._model.flow, self._model.vocoder, prompt.acoustic, how, begun)


def _fed(feed: TextFeed, source: TextSource) -> Generator[Samples]:
    """Feed more text, once there is some; until then yield no samples."""
    while (tokens := source.more()) is not None and not tokens:
        yield np.zeros(0, np.float32)
    if tokens:
        feed.push(tokens)
    if source.ended:
        feed.end()
