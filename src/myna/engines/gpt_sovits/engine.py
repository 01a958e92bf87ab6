"""The GPT-SoVITS engine: published checkpoints of every version, in the reference's voice."""

from collections.abc import Generator, MutableMapping

from myna.core.audio import Audio
from myna.core.engine import Capabilities, check_speaks
from myna.core.infill import Gap, Infilled
from myna.core.speech import Chunk, Utterance
from myna.core.voice import Voice
from myna.engines.attempts.plausibility import Redraws
from myna.engines.batching.device import settle
from myna.engines.batching.scheduler import Scheduler
from myna.engines.batching.telling import check_finite, telling, telling_of
from myna.engines.checkpoints.making import making
from myna.engines.checkpoints.when_needed import give_memory_back
from myna.engines.gpt_sovits.execution import Execution
from myna.engines.gpt_sovits.files import ModelFiles
from myna.engines.gpt_sovits.gap_filling import GapFiller
from myna.engines.gpt_sovits.model import load
from myna.engines.gpt_sovits.speaking import SentenceSpeaker
from myna.engines.gpt_sovits.voice.prompt import Prompt
from myna.engines.prompts import PromptCache
from myna.text.sentences import speakable

_METHOD = "3"  # raised whenever the same request comes to sound different


class GptSovitsEngine:
    """Speaks with a model of any version.

    Every knob of `Options` counts. The same seed says a sentence the same way, bit for bit,
    whatever else the engine says at the time (on a GPU as far as docs/neural-engines.md says); an
    utterance that is heard as it is made sounds slightly different from one that is heard whole,
    because its beginning is decided before its end is known.
    """

    name = "gpt-sovits"

    def __init__(
        self,
        files: ModelFiles,
        *,
        prompts: MutableMapping[str, bytes] | None = None,
        slots: int = 8,
        queue_length: int = 64,
        windows: int = 1,
        execution: Execution = Execution(),  # noqa: B008 - it is frozen
    ) -> None:
        """Read the model: some seconds. Raises `WeightsMissing` naming each file and reason.

        prompts: keeps what was learned of each voice, by a key that changes with the model.
        slots: how many sentences are drawn at once; `queue_length` more may wait.
        windows: how many of different calls are made together; of v1 to v2ProPlus only on a GPU.
        """
        execution.take_threads()
        settle(execution.device, exact=execution.runtime == "exact")
        with making(files.semantic, files.vits):
            self._model = load(files, windows, execution)
        give_memory_back()
        version_name = self._model.version.value
        learned_by = f"gpt-sovits-{_METHOD}-{version_name}-{self._model.digest}"
        self.fingerprint = f"{learned_by}-{self._model.precision}"
        self.capabilities = Capabilities(
            languages=self._model.languages,
            sample_rate=self._model.decoder.sample_rate,
            clones=True,
        )
        self._prompts = PromptCache(
            learned_by, self._model.prompts.learn, Prompt.from_bytes, prompts
        )
        self._scheduler = Scheduler(self._model.semantic.slots(slots), slots, queue_length)
        self._redraws = Redraws()
        self._say = SentenceSpeaker(
            self.name, self._model, self._scheduler.tokens, self._redraws.add
        )

    @property
    def redrawn(self) -> int:
        """How many sentences were drawn again because they could not have been right."""
        return self._redraws.count

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield the sentence: the first chunk after about a second's semantic tokens.

        An utterance that is heard whole is drawn again, up to `options.retries` times, where its
        tokens, what the decoder looked at, or what is heard cannot be its words. Where the decoder
        looked along the words, `Chunk.estimated` says when each is said.
        """
        self._check_speaks(utterance.language)
        return telling_of(self._speak(utterance, voice))

    def infills(self, language: str) -> bool:
        """Whether it speaks the language: every version fills gaps."""
        return language in self.capabilities.languages

    def infill(self, gap: Gap, voice: Voice) -> Infilled:
        """Fill a gap given both sides: see `GapFiller`."""
        self._check_speaks(gap.language)
        fill = GapFiller(self._model, self._scheduler.tokens, self._redraws.add)
        with telling():
            filled = fill(gap, self._prompts.of(voice))
            check_finite(filled.samples)
        audio = Audio(filled.samples, self._model.decoder.sample_rate)
        return Infilled(audio, filled.first, filled.last, filled.misfit, self.name)

    def _check_speaks(self, language: str) -> None:
        check_speaks(f"{self.name} {self._model.version.value}", self.capabilities, language)

    def _speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        if not speakable(utterance.text):
            return
        yield from self._say(utterance, lambda: self._prompts.of(voice))
