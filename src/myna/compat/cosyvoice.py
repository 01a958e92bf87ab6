"""CosyVoice's Python interface, over Myna's engine.

Code written for `cosyvoice.cli.cosyvoice` works with this import instead. What was said of each
speech is yielded as `{"tts_speech": tensor}`, (1, samples) at 24 kHz.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor

from myna.core.audio import Audio, Samples
from myna.core.engine import ArrivingUtterance
from myna.core.errors import InvalidOption
from myna.core.languages import AUTO
from myna.core.speech import Options
from myna.core.voice import Voice
from myna.dsp.codec import decode
from myna.engines.batching.device import find_device
from myna.engines.cosyvoice.acoustic.request import SAMPLE_RATE, SCHEDULES, Schedule
from myna.engines.cosyvoice.conversion import parts
from myna.engines.cosyvoice.engine import CosyVoiceEngine
from myna.engines.cosyvoice.execution import Execution
from myna.engines.cosyvoice.files import find_files
from myna.engines.cosyvoice.manner import Manner
from myna.engines.cosyvoice.presets import write_presets
from myna.engines.cosyvoice.prompt import Prompt
from myna.engines.cosyvoice.text.spoken_text import TextTokens
from myna.engines.cosyvoice.text.text_rules import is_chinese, is_only_marks, pieces, stopped
from myna.engines.cosyvoice.text.text_source import TextSource
from myna.text.languages import detect

PROMPT_RATE = 16000  # Hz of a prompt given as a tensor
UNREAD = ""  # the language of text that is said as it stands

PromptSound = str | Path | bytes | BinaryIO | Tensor
Spoken = Generator[dict[str, Tensor]]


class CosyVoice2:
    """A model in a folder as published. Calls may run at the same time; none disturbs another.

    >>> from myna.compat.cosyvoice import CosyVoice2
    >>> cosyvoice = CosyVoice2("pretrained_models/CosyVoice2-0.5B")  # doctest: +SKIP
    >>> for part in cosyvoice.inference_sft("Hello.", "中文女"):      # doctest: +SKIP
    ...     part["tts_speech"]
    """

    def __init__(
        self,
        model_dir: str | Path,
        *,
        device: str = "auto",
        compatible: bool = False,
        **ignored: object,
    ) -> None:
        """Read the model: some seconds. Raises `WeightsMissing` naming each file and reason.

        device: "auto" (a GPU where torch finds one), "cpu", "cuda" or "cuda:N".
        compatible: as published, in 32 bits, defects included.
        ignored: switches of other runtimes (`load_jit`, `fp16`, …), which have no effect.
        """
        self.model_dir = str(model_dir)
        self.sample_rate = SAMPLE_RATE
        self._files = find_files(Path(model_dir))
        runtime = "exact" if compatible else "fast"
        found = find_device(device, "device")
        execution = Execution(runtime=runtime, compatible=compatible, device=found)
        self._engine = CosyVoiceEngine(self._files, execution)
        self._speakers = dict(self._engine.model.presets)

    def list_available_spks(self) -> list[str]:
        """Return the speakers there are: those of `spk2info.pt` and those added since."""
        return list(self._speakers)

    def add_zero_shot_spk(
        self, prompt_text: str, prompt_wav: PromptSound, zero_shot_spk_id: str
    ) -> bool:
        """Learn a voice, to be named from now on."""
        if not zero_shot_spk_id:
            raise InvalidOption("zero_shot_spk_id", zero_shot_spk_id, "give the speaker a name")
        self._speakers[zero_shot_spk_id] = self._learned(prompt_text, prompt_wav)
        return True

    def save_spkinfo(self) -> None:
        """Write all speakers to `spk2info.pt` in the folder."""
        write_presets(self._files.presets, self._speakers)

    def inference_sft(
        self,
        tts_text: str | Iterable[str],
        spk_id: str,
        stream: bool = False,
        speed: float = 1.0,
        text_frontend: bool = True,
    ) -> Spoken:
        """Say a text as a speaker: its sound only, none of its words."""
        prompt = Prompt.of_speaker(self._speaker(spk_id).speaker_vector)
        return self._spoken(tts_text, _Way(prompt, speed, stream, text_frontend))

    def inference_zero_shot(
        self,
        tts_text: str | Iterable[str],
        prompt_text: str,
        prompt_wav: PromptSound,
        zero_shot_spk_id: str = "",
        stream: bool = False,
        speed: float = 1.0,
        text_frontend: bool = True,
    ) -> Spoken:
        """Say a text as a continuation of a recording and its words."""
        prompt = self._prompt(prompt_text, prompt_wav, zero_shot_spk_id)
        return self._spoken(tts_text, _Way(prompt, speed, stream, text_frontend))

    def inference_cross_lingual(
        self,
        tts_text: str | Iterable[str],
        prompt_wav: PromptSound,
        zero_shot_spk_id: str = "",
        stream: bool = False,
        speed: float = 1.0,
        text_frontend: bool = True,
    ) -> Spoken:
        """Say a text in the voice of a recording in another language."""
        prompt = self._prompt("", prompt_wav, zero_shot_spk_id)
        way = _Way(prompt, speed, stream, text_frontend, knows_words=False)
        return self._spoken(tts_text, way)

    def inference_instruct2(
        self,
        tts_text: str | Iterable[str],
        instruct_text: str,
        prompt_wav: PromptSound,
        zero_shot_spk_id: str = "",
        stream: bool = False,
        speed: float = 1.0,
        text_frontend: bool = True,
    ) -> Spoken:
        """Say a text in the voice of a recording, as instructed.

        `instruct_text` may end with `<|endofprompt|>` or not.
        """
        prompt = self._prompt("", prompt_wav, zero_shot_spk_id)
        way = _Way(prompt, speed, stream, text_frontend, instruction=instruct_text)
        return self._spoken(tts_text, way)

    def inference_vc(
        self,
        source_wav: PromptSound,
        prompt_wav: PromptSound,
        stream: bool = False,
        speed: float = 1.0,
    ) -> Spoken:
        """Say a recording again in the voice of another."""
        prompt = self._learned("", prompt_wav)
        tokens = self._engine.model.prompts.tokens
        heard = (tokens(part).tolist() for part in parts(_audio(source_wav)))
        schedule = SCHEDULES["quality"] if stream else None
        sounds = self._engine.synthesis.converted(heard, prompt, Options(speed=speed), schedule)
        return _yielded(sounds, whole=not stream)

    def inference_sft_chunked(
        self,
        text_chunks: Iterable[str],
        spk_id: str,
        stream: bool = True,
        speed: float = 1.0,
        text_frontend: bool = True,
        token_hop_len: int = 25,
        mel_cache_len: int = 8,
    ) -> Spoken:
        """Say a text that arrives in chunks as one utterance.

        Chunks may be words, single characters, blanks or marks: what is said does not depend on
        them. `token_hop_len` and `mel_cache_len` hold for this call only: 8 and 4 is soonest
        heard, 25 and 8 the most even.
        """
        prompt = Prompt.of_speaker(self._speaker(spk_id).speaker_vector)
        way = _Way(prompt, speed, stream, text_frontend)
        schedule = Schedule(token_hop_len, mel_cache_len)
        return _yielded(self._arriving(text_chunks, way, schedule), whole=not stream)

    def _speaker(self, name: str) -> Prompt:
        if name not in self._speakers:
            there_are = ", ".join(self._speakers) or "none"
            raise InvalidOption("spk_id", name, f"speakers there are: {there_are}")
        return self._speakers[name]

    def _prompt(self, said: str, sound: PromptSound, speaker: str) -> Prompt:
        return self._speaker(speaker) if speaker else self._learned(said, sound)

    def _learned(self, said: str, sound: PromptSound) -> Prompt:
        return self._engine.learned(Voice(_audio(sound), said, detect(said)))

    def _spoken(self, text: str | Iterable[str], way: "_Way") -> Spoken:
        schedule, synthesis = SCHEDULES["quality"], self._engine.synthesis
        if not isinstance(text, str):
            sounds = self._arriving(text, way, schedule)
            yield from _yielded(sounds, whole=not way.stream)
            return
        options = way.options()
        for tokens in self._pieces(text, frontend=way.frontend):
            manner = self._manner(way, options)
            if way.stream:
                sounds = synthesis.sentence(tokens, manner, schedule)
            else:
                sounds = synthesis.whole(tokens, manner)
            yield from _yielded(sounds, whole=not way.stream)

    def _arriving(
        self, chunks: Iterable[str], way: "_Way", schedule: Schedule
    ) -> Generator[Samples]:
        options = way.options()
        language = AUTO if way.frontend else UNREAD
        utterance = ArrivingUtterance(_spelt(chunks), language, options)
        source = TextSource(utterance, self._engine.model.reader, "zh")
        yield from self._engine.synthesis.arriving(
            source, lambda: self._manner(way, options), schedule
        )

    def _manner(self, way: "_Way", options: Options) -> Manner:
        return self._engine.synthesis.manner(way.prompt, options, knows_words=way.knows_words)

    def _pieces(self, text: str, *, frontend: bool) -> Iterator[TextTokens]:
        """Yield a text in the pieces CosyVoice says on their own, as tokens."""
        reader = self._engine.model.reader
        if not frontend:
            yield reader.tokens(text)
            return
        language = detect(text)
        spoken = reader.spoken(text.strip(), language)
        chinese = is_chinese(spoken)
        if chinese:
            spoken = stopped(spoken)

        def length(piece: str) -> int:
            return len(piece) if chinese else len(reader.tokens(piece))

        for piece in pieces(spoken, length, chinese=chinese) if spoken else ():
            if not is_only_marks(piece.strip()):
                yield reader.tokens(piece)


CosyVoice3 = CosyVoice2
"""The folder says which version it holds."""


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """How a text is said."""

    prompt: Prompt
    speed: float
    stream: bool
    frontend: bool
    instruction: str = ""
    knows_words: bool = True

    def options(self) -> Options:
        """Return them with a seed of torch's own, which callers set to repeat a speech."""
        seed = int(torch.randint(2**62, ()))
        return Options(speed=self.speed, seed=seed, instruction=self.instruction)


def _spelt(chunks: Iterable[str]) -> Iterator[str]:
    """Yield chunks that hold anything: an empty one would say that more is still to come."""
    return (chunk for chunk in chunks if chunk)


def _yielded(sounds: Generator[Samples], *, whole: bool) -> Spoken:
    heard: list[Samples] | None = [] if whole else None
    with closing(sounds):
        for sound in sounds:
            if not len(sound):
                continue
            if heard is None:
                yield {"tts_speech": torch.from_numpy(sound.copy())[None]}
            else:
                heard.append(sound)
    if heard:
        yield {"tts_speech": torch.from_numpy(np.concatenate(heard))[None]}


def _audio(sound: PromptSound) -> Audio:
    """Return a recording: a file by path, content or handle, or samples at 16 kHz."""
    if isinstance(sound, Tensor):
        samples = sound.detach().to("cpu", torch.float32)
        if not sound.is_floating_point():
            samples = samples / (torch.iinfo(sound.dtype).max + 1)
        if samples.dim() > 1:  # rows are channels
            samples = samples.flatten(end_dim=-2).mean(dim=0)
        return Audio(samples.reshape(-1).numpy(), PROMPT_RATE)
    if isinstance(sound, (str, Path)):
        return decode(Path(sound))
    return decode(sound if isinstance(sound, bytes) else sound.read())
