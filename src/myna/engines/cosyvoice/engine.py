"""The CosyVoice engine: published checkpoints of CosyVoice2 and Fun-CosyVoice3."""

import secrets
import threading
from collections.abc import Generator, Iterable, MutableMapping
from contextlib import closing

import torch

from myna.core.audio import Audio, Samples
from myna.core.engine import ArrivingUtterance, Capabilities
from myna.core.errors import InvalidOption, Unsupported
from myna.core.languages import AUTO, LANGUAGES
from myna.core.speech import Chunk, Options, Utterance
from myna.core.voice import Voice
from myna.engines.batching.scheduler import Scheduler
from myna.engines.cosyvoice.acoustic.request import (
    SAMPLE_RATE,
    Schedule,
    SpeechOptions,
)
from myna.engines.cosyvoice.acoustic.speech_stream import SpeechStream
from myna.engines.cosyvoice.files import ModelFiles
from myna.engines.cosyvoice.language_slots import LanguageModelSlots
from myna.engines.cosyvoice.manner import Manner
from myna.engines.cosyvoice.model import Model, load
from myna.engines.cosyvoice.plausibility import PACE
from myna.engines.cosyvoice.prompt import Prompt
from myna.engines.cosyvoice.recordings import parts
from myna.engines.cosyvoice.runtime import Runtime
from myna.engines.cosyvoice.spoken_text import TextTokens
from myna.engines.cosyvoice.text_feed import TextFeed
from myna.engines.cosyvoice.text_source import TextSource
from myna.engines.prompts import PromptCache

_METHOD = "1"  # raised whenever the same request comes to sound different


class CosyVoiceEngine:
    """Speaks with a model of CosyVoice2 or Fun-CosyVoice3.

    Of `Options` it knows `speed`, `temperature`, `seed`, `retries`, `instruction` and `speaker`;
    how tokens are drawn is the model's own affair. The same seed says a text the same way, bit
    for bit, whatever else the engine says at the time.
    """

    name = "cosyvoice"

    def __init__(
        self,
        files: ModelFiles,
        runtime: Runtime | None = None,
        *,
        prompts: MutableMapping[str, bytes] | None = None,
        slots: int = 8,
        queue_length: int = 64,
    ) -> None:
        """Read the model: some seconds. Raises `WeightsMissing` naming each file and reason.

        prompts: keeps what was learned of each voice, by a key that changes with the model.
        slots: how many texts are drawn at once; `queue_length` more may wait.
        """
        self._runtime = runtime or Runtime()
        if self._runtime.threads is not None:
            torch.set_num_threads(self._runtime.threads)
        self._model = load(files)
        self.fingerprint = "-".join(
            (self._model.version.value, _METHOD, self._model.digest, self._runtime.fingerprint)
        )
        self.capabilities = Capabilities(
            languages=frozenset(LANGUAGES),
            sample_rate=SAMPLE_RATE,
            clones=True,
            streams_text=True,
            converts=True,
        )
        self._prompts = PromptCache(
            f"{self._model.version.value}-{_METHOD}-{self._model.digest}",
            self._model.prompts.learn,
            Prompt.from_bytes,
            prompts,
        )
        language_slots = LanguageModelSlots(self._model.language_model, slots=slots)
        self._scheduler = Scheduler(language_slots, slots, queue_length)
        self._counting = threading.Lock()
        self.redrawn = 0
        """How many sentences were drawn again because they could not have been right."""

    @property
    def model(self) -> Model:
        """What it speaks with."""
        return self._model

    @property
    def live(self) -> int:
        """How many texts are being drawn now."""
        return self._scheduler.live

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield the sentence, its first chunk as early as the schedule says.

        An utterance that is heard whole is drawn again, up to `options.retries` times, where its
        tokens cannot be its words.
        """
        self._check_language(utterance.language)
        return self._speak(utterance, voice)

    def speak_arriving(self, utterance: ArrivingUtterance, voice: Voice) -> Generator[Chunk]:
        """Yield a text while it arrives, as one utterance however long it becomes."""
        if utterance.language != AUTO:
            self._check_language(utterance.language)
        return self._speak_arriving(utterance, voice)

    def convert(self, source: Audio, voice: Voice, options: Options) -> Generator[Chunk]:
        """Yield what is said in a recording, at its pace, in another voice."""
        prompt = self._prompt(voice, options)
        stream = self._stream(prompt, self._runtime.schedule, options)
        for part in parts(source):
            yield from _chunks(stream.push(self._model.prompts.tokens(part).tolist()))
        yield from _chunks(stream.push((), last=True))

    def _check_language(self, language: str) -> None:
        if language not in self.capabilities.languages:
            raise Unsupported(
                f"CosyVoice does not speak {language!r}. It speaks "
                f"{', '.join(sorted(self.capabilities.languages))}."
            )

    def _speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        if not any(map(str.isalnum, utterance.text)):
            return
        text = self._model.reader.read(utterance.text, utterance.language)
        manner = self._manner(utterance.options, voice, utterance.language)
        schedule = None if utterance.whole else self._runtime.schedule
        stream = self._stream(manner.prompt, schedule, utterance.options)
        if utterance.whole:
            yield from _chunks(stream.push(self._best(manner, text), last=True))
            return
        with closing(self._scheduler.tokens(manner.request(text))) as tokens:
            for token in tokens:
                yield from _chunks(stream.push((token,)))
        yield from _chunks(stream.push((), last=True))

    def _speak_arriving(self, utterance: ArrivingUtterance, voice: Voice) -> Generator[Chunk]:
        source = TextSource(utterance, self._model.reader, voice.language)
        feed = TextFeed()
        yield from _fed(feed, source)
        if not source.said:
            return
        manner = self._manner(utterance.options, voice, source.language)
        stream = self._stream(manner.prompt, self._runtime.schedule, utterance.options)
        with closing(self._scheduler.outcomes(manner.request(feed))) as outcomes:
            for outcome in outcomes:
                if outcome is None:
                    yield from _fed(feed, source)
                else:
                    yield from _chunks(stream.push((outcome,)))
        yield from _chunks(stream.push((), last=True))

    def _best(self, manner: Manner, text: TextTokens) -> list[int]:
        """Return the tokens of a sentence, those of the best attempt."""
        return PACE.best(
            lambda number: list(self._scheduler.tokens(manner.request(text, number))),
            len(text),
            manner.options.retries,
            self._count_redrawn,
        )

    def _count_redrawn(self) -> None:
        with self._counting:
            self.redrawn += 1

    def _prompt(self, voice: Voice, options: Options) -> Prompt:
        if not options.speaker:
            return self._prompts.of(voice)
        presets = self._model.presets
        if options.speaker not in presets:
            names = ", ".join(presets) or "none: its folder has no spk2info.pt"
            raise InvalidOption("speaker", options.speaker, f"the model brings along {names}")
        return presets[options.speaker]

    def _manner(self, options: Options, voice: Voice, language: str) -> Manner:
        seed = secrets.randbits(62) if options.seed is None else options.seed
        return Manner.of(
            self._prompt(voice, options),
            options,
            seed,
            reader=self._model.reader,
            sampling=self._model.configuration.sampling,
            knows_words=bool(options.speaker) or voice.language == language,
        )

    def _stream(self, prompt: Prompt, schedule: Schedule | None, options: Options) -> SpeechStream:
        flow = self._runtime.flow(self._model.configuration.guidance)
        how = SpeechOptions(flow, schedule, options.speed)
        return SpeechStream(self._model.flow, self._model.vocoder, prompt.acoustic, how)


def _fed(feed: TextFeed, source: TextSource) -> Generator[Chunk]:
    """Feed more text, once there is some; until then yield chunks without sound."""
    while (tokens := source.more()) is not None and not tokens:
        yield _chunk(Audio.silence(0.0, SAMPLE_RATE).samples)
    if tokens:
        feed.push(tokens)
    if source.ended:
        feed.end()


def _chunks(sounds: Iterable[Samples]) -> Generator[Chunk]:
    for sound in sounds:
        if len(sound):
            yield _chunk(sound)


def _chunk(samples: Samples) -> Chunk:
    return Chunk(Audio(samples, SAMPLE_RATE), engine=CosyVoiceEngine.name)
