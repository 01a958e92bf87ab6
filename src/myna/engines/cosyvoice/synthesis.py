"""Text to sound with one model: what all ways of conditioning have in common."""

import itertools
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np

from myna.core.audio import Samples
from myna.core.infill import Gap
from myna.core.playback import Playback
from myna.core.speech import Options
from myna.engines.attempts.gaps import Filled
from myna.engines.attempts.listening import NOTHING_KNOWN, Listener
from myna.engines.attempts.plausibility import Redraws
from myna.engines.attempts.seeds import seed_of
from myna.engines.batching.device import passes_at_once
from myna.engines.batching.scheduler import Scheduler
from myna.engines.cosyvoice.acoustic.flow_desk import FlowDesk
from myna.engines.cosyvoice.acoustic.prepared_prompts import PreparedPrompts
from myna.engines.cosyvoice.acoustic.published_stream import PublishedStream
from myna.engines.cosyvoice.acoustic.request import FlowOptions, Schedule, SpeechOptions
from myna.engines.cosyvoice.acoustic.speech_stream import SpeechStream
from myna.engines.cosyvoice.execution import Execution
from myna.engines.cosyvoice.gap_filling import GapFiller
from myna.engines.cosyvoice.manner import Manner
from myna.engines.cosyvoice.model import Model
from myna.engines.cosyvoice.plausibility import PACE
from myna.engines.cosyvoice.prompt import Prompt
from myna.engines.cosyvoice.silences import Silences
from myna.engines.cosyvoice.text.spoken_text import TextTokens
from myna.engines.cosyvoice.text.text_feed import TextFeed
from myna.engines.cosyvoice.text.text_source import TextSource
from myna.engines.cosyvoice.tokens.captured_slots import slots_of

BREATH = 4096  # speech tokens, almost three minutes, after which a text is taken up anew


class Synthesis:
    """Makes sound at 24 kHz. Threads may share it; all state of a call is in its generator."""

    def __init__(
        self, model: Model, execution: Execution, *, slots: int, queue_length: int
    ) -> None:
        self._model = model
        self._execution = execution
        slot_model = slots_of(model.language_model, slots, compatible=execution.compatible)
        self._scheduler = Scheduler(slot_model, slots, queue_length)
        self._prepared = PreparedPrompts(model.flow, execution.prompt_bytes)
        self._desk = FlowDesk(execution.chunks, passes_at_once(execution.device))
        self.redraws = Redraws()
        self.breath = sys.maxsize if execution.compatible else BREATH

    @property
    def live(self) -> int:
        """How many texts are being drawn now."""
        return self._scheduler.live

    def manner(self, prompt: Prompt, options: Options, *, knows_words: bool) -> Manner:
        """Choose how a text is said. `knows_words`: whether the prompt's are in its language."""
        manner = Manner.of(
            prompt,
            options,
            seed_of(options),
            reader=self._model.reader,
            sampling=self._model.configuration.sampling,
            knows_words=knows_words,
        )
        return replace(manner, compatible=self._execution.compatible)

    def sentence(
        self,
        text: TextTokens,
        manner: Manner,
        schedule: Schedule,
        playback: Playback | None = None,
    ) -> Generator[Samples]:
        """Yield a text that is there, while its tokens are drawn.

        `playback` is that of the speech it belongs to; None: it is a speech of its own.
        """
        playback = playback or Playback()
        stream = self._stream(manner.prompt, schedule, manner.options, playback)
        with closing(self._scheduler.tokens(manner.request(text))) as tokens:
            for token in Silences(self._model.version).shortened(tokens):
                yield from stream.push((token,))
        yield from stream.push((), last=True)

    def arriving(
        self, source: TextSource, manner: Callable[[], Manner], schedule: Schedule
    ) -> Generator[Samples]:
        """Yield a text while it arrives; no samples where nothing can be said before more comes.

        `manner` is asked for once the first words are there. A text of minutes is drawn in several
        breaths, from sentence to sentence: the language model remembers a few minutes at most.
        """
        feed = TextFeed()
        yield from _fed(feed, source)
        if not source.said:
            return
        chosen = manner()
        silences = Silences(self._model.version)
        playback = Playback()
        stream = self._stream(chosen.prompt, schedule, chosen.options, playback)
        for breath in itertools.count():
            drawn = 0
            request = chosen.request(feed, breath)
            with closing(self._scheduler.outcomes(request)) as outcomes:
                for outcome in outcomes:
                    if outcome is not None:
                        drawn += 1
                        if silences.passes(outcome):
                            yield from stream.push((outcome,))
                    elif drawn >= self.breath and source.is_between_sentences:
                        feed.end()
                    else:
                        yield from _fed(feed, source)
            before = source.said
            feed = TextFeed()
            yield from _fed(feed, source)
            if source.said == before:
                break
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

    def filled(self, gap: Gap, manner: Manner) -> Filled:
        """Fill a gap given both sides: see `GapFiller`."""
        fill = GapFiller(self._model, self._scheduler.tokens, self.redraws.add)
        return fill(gap, replace(manner, compatible=False), self._flow(gap.options))

    def whole(
        self,
        text: TextTokens,
        manner: Manner,
        misfit: Callable[[list[Samples]], float] | None = None,
    ) -> Generator[Samples]:
        """Yield a text made whole, drawn again where its tokens cannot be its words.

        `misfit` says of its sound how badly it fits them.
        """
        retries = 0 if manner.compatible else manner.options.retries
        listener = Listener(
            lambda tokens: self._stream(manner.prompt, None, manner.options).push(
                list(Silences(self._model.version).shortened(tokens)), last=True
            ),
            misfit or (lambda _: NOTHING_KNOWN),
        )
        tokens = PACE.best(
            lambda number: list(self._scheduler.tokens(manner.request(text, number))),
            len(text),
            retries,
            self.redraws.add,
            listener if misfit and retries else None,
        )
        yield from listener.sound(tokens)

    def _stream(
        self,
        prompt: Prompt,
        schedule: Schedule | None,
        options: Options,
        playback: Playback | None = None,
    ) -> SpeechStream | PublishedStream:
        flow, model = self._flow(options), self._model
        how = SpeechOptions(flow, schedule, options.speed, playback=playback or Playback())
        if self._execution.compatible:
            drawn = replace(how, seed=options.seed)
            return PublishedStream(model.flow, model.vocoder, prompt.acoustic, drawn)
        begun = None
        if schedule is not None and len(prompt.tokens):
            begun = self._prepared.begun(prompt.acoustic, flow)
        return SpeechStream(model.flow, model.vocoder, prompt.acoustic, how, begun, self._desk)

    def _flow(self, options: Options) -> FlowOptions:
        return self._execution.flow(self._model.configuration.guidance, options.sample_steps)


def _fed(feed: TextFeed, source: TextSource) -> Generator[Samples]:
    """Feed more text, once there is some; until then yield no samples."""
    while (tokens := source.more()) is not None and not tokens:
        yield np.zeros(0, np.float32)
    if tokens:
        feed.push(tokens)
    if source.ended:
        feed.end()
