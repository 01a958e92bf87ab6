"""A server with OpenAI's speech interface."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from myna.core.engine import Capabilities, check_speaks
from myna.core.errors import MynaError
from myna.core.languages import LANGUAGES
from myna.core.speech import Chunk, Utterance
from myna.core.voice import Voice
from myna.dsp.codec import StreamDecoder
from myna.engines.remote.fingerprints import fingerprint
from myna.engines.remote.knobs import Knobs
from myna.engines.remote.speaking import (
    SoundDecoder,
    check_well,
    is_sayable,
    refusal,
    spoken,
)
from myna.engines.remote.transport import Ask, Transport
from myna.engines.remote.voices import VoiceNames, data_url, no_voice

SAMPLE_RATE = 24000  # Hz, OpenAI's own, until a server's WAV has told another


@dataclass(frozen=True, slots=True)
class OpenAiOptions:
    """What this kind of server needs to know beside its address."""

    model: str
    voices: VoiceNames
    clones: bool = False
    """Send the voice's recording along, as `ref_audio` and `ref_text`."""
    revision: str = ""


class OpenAiEngine:
    """Speaks with a voice the server has, or, where it takes recordings, in any.

    Knows the speed, an instruction, and as speakers the voices that are set; where it clones also
    the seed.
    """

    def __init__(self, transport: Transport, options: OpenAiOptions) -> None:
        self.name = transport.address.name
        self._transport = transport
        self._options = options
        self._sample_rate = SAMPLE_RATE
        self.fingerprint = fingerprint("openai", transport.address.known_as, options)
        known = ("speed", "instruction", "speaker", *(["seed"] if options.clones else []))
        self._knobs = Knobs(self.name, known)

    @property
    def capabilities(self) -> Capabilities:
        """All languages; the sample rate is the one last heard."""
        return Capabilities(
            frozenset(LANGUAGES),
            self._sample_rate,
            self._options.clones,
            speakers=self._options.voices.speakers,
        )

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield the sentence as it arrives. Raises `EngineError` where the server fails."""
        check_speaks(self.name, self.capabilities, utterance.language)
        return self._speak(utterance, voice)

    def check(self) -> None:
        """Ask the server whether it is there. Raises `EngineError` with the reason."""
        check_well(self._transport, Ask("/v1/models", "GET"))

    def _speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        if not is_sayable(utterance.text):
            return
        options = utterance.options
        self._knobs.tell(options, voice)
        body: dict[str, Any] = {  # Any: this is the wire
            "model": self._options.model,
            "input": utterance.text,
            "response_format": "wav",
            "speed": options.speed,
        }
        if options.instruction:
            body["instructions"] = options.instruction
        if self._options.clones:  # so it knows what others added to the interface
            body |= {"language": utterance.language, "seed": options.seed}
        known = self._options.voices.find(voice, utterance.language, options.speaker)
        if known:
            body["voice"] = known.name
        elif self._options.clones:
            body |= {"ref_audio": data_url(voice), "ref_text": voice.transcript}
        else:
            raise no_voice(self.name, voice, utterance.language)
        decoder = SoundDecoder(self.name, not known or known.is_asked_for, StreamDecoder())
        ask = Ask("/v1/audio/speech", json=body)
        with closing(spoken(self._transport, ask, self._refused, decoder)) as chunks:
            for chunk in chunks:
                self._sample_rate = chunk.audio.sample_rate
                yield chunk

    def _refused(self, status: int, told: bytes) -> MynaError:
        return refusal(self._transport, status, told)
