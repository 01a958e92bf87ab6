"""The CosyVoice engine: published checkpoints of CosyVoice2 and Fun-CosyVoice3."""

from collections.abc import Generator, MutableMapping
from contextlib import closing

import numpy as np
import torch

from myna.core.audio import Audio, Samples
from myna.core.engine import ArrivingUtterance, Capabilities, check_speaks
from myna.core.errors import InvalidOption
from myna.core.infill import Gap, Infilled
from myna.core.languages import AUTO, LANGUAGES
from myna.core.speech import Chunk, Options, Utterance
from myna.core.voice import Voice
from myna.engines.attempts.listening import misfit
from myna.engines.batching.telling import check_finite, telling, telling_of
from myna.engines.checkpoints.making import making
from myna.engines.checkpoints.plain import digest_of_files
from myna.engines.checkpoints.when_needed import give_memory_back
from myna.engines.cosyvoice.acoustic.request import SAMPLE_RATE
from myna.engines.cosyvoice.conversion import parts
from myna.engines.cosyvoice.execution import Execution
from myna.engines.cosyvoice.files import ModelFiles
from myna.engines.cosyvoice.manner import Manner
from myna.engines.cosyvoice.model import load
from myna.engines.cosyvoice.prompt import Prompt
from myna.engines.cosyvoice.synthesis import Synthesis
from myna.engines.cosyvoice.text.text_source import TextSource
from myna.engines.prompts import PromptCache
from myna.text.sentences import speakable

_METHOD = "2"  # raised whenever the same request comes to sound different


class CosyVoiceEngine:
    """Speaks with a model of CosyVoice2 or Fun-CosyVoice3.

    Of `Options` it knows `speed`, `temperature`, `top_k`, `top_p`, `seed`, `retries`,
    `sample_steps`, `instruction` and `speaker`; there is no `repetition_penalty`: what was said too
    often of late is drawn anew. The same seed says a text the same way, bit for bit, whatever else
    the engine says at the time, unless `Execution.chunks` lets streams share passes.
    """

    name = "cosyvoice"

    def __init__(
        self,
        files: ModelFiles,
        execution: Execution | None = None,
        *,
        prompts: MutableMapping[str, bytes] | None = None,
        slots: int = 8,
        queue_length: int = 64,
    ) -> None:
        """Read the model: some seconds. Raises `WeightsMissing` naming each file and reason.

        prompts: keeps what was learned of each voice, by a key that changes with the model.
        slots: how many texts are drawn at once; `queue_length` more may wait.
        """
        self.execution = execution or Execution()
        if self.execution.threads is not None:
            torch.set_num_threads(self.execution.threads)
        with making(files.folder):
            self.model = load(files, self.execution)
        give_memory_back()
        own = f"{self.model.version.value}-{_METHOD}-{self.model.digest}"
        decoder = self.model.language_model.decoder.precision
        speakers = digest_of_files([files.presets])[:16]
        self.fingerprint = f"{own}-{speakers}-{decoder}-{self.execution.fingerprint}"
        self.capabilities = Capabilities(
            languages=frozenset(LANGUAGES),
            sample_rate=SAMPLE_RATE,
            clones=True,
            streams_text=True,
            converts=True,
            speakers=frozenset(self.model.presets),
        )
        self._prompts = PromptCache(own, self.model.prompts.learn, Prompt.from_bytes, prompts)
        self.synthesis = Synthesis(
            self.model, self.execution, slots=slots, queue_length=queue_length
        )

    @property
    def redrawn(self) -> int:
        """How many sentences were drawn again because they could not have been right."""
        return self.synthesis.redraws.count

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield the sentence, its first chunk as early as the schedule says.

        An utterance that is heard whole is drawn again, up to `options.retries` times, where its
        tokens cannot be its words.
        """
        check_speaks(self.name, self.capabilities, utterance.language)
        return telling_of(self._speak(utterance, voice))

    def speak_arriving(self, utterance: ArrivingUtterance, voice: Voice) -> Generator[Chunk]:
        """Yield a text while it arrives, as one utterance however long it becomes."""
        if utterance.language != AUTO:
            check_speaks(self.name, self.capabilities, utterance.language)
        source = TextSource(utterance, self.model.reader, voice.language)

        def manner() -> Manner:
            return self._manner(utterance.options, voice, source.language)

        chunks = _chunks(self.synthesis.arriving(source, manner, self.execution.schedule))
        return telling_of(chunks, lambda error: error is source.failure)

    def convert(self, source: Audio, voice: Voice, options: Options) -> Generator[Chunk]:
        """Yield what is said in a recording, at its pace, in another voice."""
        return telling_of(self._convert(source, voice, options))

    def infills(self, language: str) -> bool:
        """Whether it speaks the language: both versions fill gaps."""
        return language in self.capabilities.languages

    def infill(self, gap: Gap, voice: Voice) -> Infilled:
        """Fill a gap given both sides: see `GapFiller`."""
        check_speaks(self.name, self.capabilities, gap.language)
        with telling():
            filled = self.synthesis.filled(gap, self._manner(gap.options, voice, gap.language))
            check_finite(filled.samples)
        audio = Audio(filled.samples, SAMPLE_RATE)
        return Infilled(audio, filled.first, filled.last, filled.misfit, self.name)

    def learned(self, voice: Voice) -> Prompt:
        """Return what is known of a voice. Raises `BadReference`."""
        return self._prompts.of(voice)

    def _speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        if not speakable(utterance.text):
            return
        text = self.model.reader.read(utterance.text, utterance.language)
        manner = self._manner(utterance.options, voice, utterance.language)
        if not utterance.whole:
            schedule, playback = self.execution.schedule, utterance.playback
            yield from _chunks(self.synthesis.sentence(text, manner, schedule, playback))
            return

        def heard(sounds: list[Samples]) -> float:
            audio = Audio(np.concatenate(sounds), SAMPLE_RATE)
            words = self.model.reader.unmarked(utterance.text)
            return misfit(audio, words, utterance.language)

        yield from _chunks(self.synthesis.whole(text, manner, heard))

    def _convert(self, source: Audio, voice: Voice, options: Options) -> Generator[Chunk]:
        prompt = self._prompt(voice, options)
        heard = (self.model.prompts.tokens(part).tolist() for part in parts(source))
        sounds = self.synthesis.converted(heard, prompt, options, self.execution.schedule)
        yield from _chunks(sounds)

    def _prompt(self, voice: Voice, options: Options) -> Prompt:
        if not options.speaker:
            return self.learned(voice)
        presets = self.model.presets
        if options.speaker not in presets:
            names = ", ".join(presets) or "none: its folder has no spk2info.pt"
            raise InvalidOption("speaker", options.speaker, f"the model brings along {names}")
        return presets[options.speaker]

    def _manner(self, options: Options, voice: Voice, language: str) -> Manner:
        knows_words = bool(options.speaker) or voice.language == language
        prompt = self._prompt(voice, options)
        return self.synthesis.manner(prompt, options, knows_words=knows_words)


def _chunks(sounds: Generator[Samples]) -> Generator[Chunk]:
    with closing(sounds):
        for sound in sounds:
            yield Chunk(Audio(sound, SAMPLE_RATE), engine=CosyVoiceEngine.name)
