"""GPT-SoVITS servers: api_v2.py and the older api.py."""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from myna.core.engine import Capabilities, check_speaks
from myna.core.errors import MynaError
from myna.core.languages import LANGUAGES
from myna.core.speech import Chunk, Options, Utterance
from myna.core.voice import Voice
from myna.dsp.codec import StreamDecoder
from myna.engines.remote.fingerprints import fingerprint
from myna.engines.remote.knobs import Knobs
from myna.engines.remote.references import Located, References, Share
from myna.engines.remote.speaking import (
    SoundDecoder,
    check_well,
    is_sayable,
    refusal,
    spoken,
)
from myna.engines.remote.transport import Ask, Transport
from myna.engines.remote.voices import VoiceNames

SAMPLE_RATE = 32000  # Hz of most of its models, until a server's WAV has told another
RANDOM = -1  # the seed that asks for any


@dataclass(frozen=True, slots=True)
class Interface:
    """How one of its servers is asked."""

    kind: str
    ask: Callable[[Utterance, Located], Ask]
    probe: Ask
    """Refused by a server that is well, at once and without any work."""
    knobs: tuple[str, ...]
    """The options it has a word for."""


def _api_v2(utterance: Utterance, reference: Located) -> Ask:
    options = utterance.options
    body: dict[str, Any] = {  # Any: this is the wire
        "text": utterance.text,
        "text_lang": utterance.language,
        "ref_audio_path": reference.path,
        "prompt_text": reference.transcript,
        "prompt_lang": reference.language,
        "temperature": options.temperature,
        "repetition_penalty": options.repetition_penalty,
        "speed_factor": options.speed,
        "seed": RANDOM if options.seed is None else options.seed,
        "text_split_method": "cut0",  # it is one sentence
        "media_type": "wav",
        "streaming_mode": True,  # the one value that old and new servers read alike
    }
    return Ask("/tts", json=body | _chosen(options))


def _api_v1(utterance: Utterance, reference: Located) -> Ask:
    options = utterance.options
    body: dict[str, Any] = {  # Any: this is the wire
        "text": utterance.text,
        "text_language": utterance.language,
        "refer_wav_path": reference.path,
        # All three or none: with an empty text it would take its own default reference instead.
        "prompt_text": reference.transcript or ".",
        "prompt_language": reference.language,
        "temperature": options.temperature,
        "speed": options.speed,
    }
    return Ask("/", json=body | _chosen(options))


def _chosen(options: Options) -> dict[str, float]:
    """Return what is not left to the server."""
    knobs = {
        "top_k": options.top_k,
        "top_p": options.top_p,
        "sample_steps": options.sample_steps,
    }
    return {name: value for name, value in knobs.items() if value is not None}


_KNOBS = ("speed", "temperature", "top_k", "top_p", "sample_steps")

API_V2 = Interface(
    "gpt-sovits-v2", _api_v2, Ask("/tts", json={}), (*_KNOBS, "seed", "repetition_penalty")
)
API_V1 = Interface("gpt-sovits-v1", _api_v1, Ask("/change_refer", "GET"), _KNOBS)


class GptSovitsServerEngine:
    """Speaks through a GPT-SoVITS server, with recordings that server can read.

    Knows speed, temperature, top_k, top_p and sample_steps; with api_v2.py also the seed and the
    repetition penalty.
    """

    def __init__(
        self,
        transport: Transport,
        interface: Interface,
        voices: VoiceNames,
        share: Share | None = None,
        revision: str = "",
    ) -> None:
        """`share` puts recordings into a folder that the server reads too."""
        self.name = transport.address.name
        self._transport = transport
        self._interface = interface
        self._references = References(transport, voices, share)
        self._knobs = Knobs(self.name, interface.knobs)
        self._sample_rate = SAMPLE_RATE
        self.fingerprint = fingerprint(interface.kind, transport.address.known_as, voices, revision)

    @property
    def capabilities(self) -> Capabilities:
        """All languages; the sample rate is the one last heard."""
        return Capabilities(frozenset(LANGUAGES), self._sample_rate)

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield the sentence as it arrives. Raises `EngineError` where the server fails."""
        check_speaks(self.name, self.capabilities, utterance.language)
        return self._speak(utterance, voice)

    def check(self) -> None:
        """Ask the server whether it is there. Raises `EngineError` with the reason."""
        check_well(self._transport, self._interface.probe)

    def _speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        if not is_sayable(utterance.text):
            return
        self._knobs.tell(utterance.options, voice)
        patience = self._transport.patience.first_sound
        until = time.monotonic() + patience
        reference = self._references.of(voice, utterance.language, patience)
        decoder = SoundDecoder(self.name, reference.is_asked_for, StreamDecoder())

        def refused(status: int, content: bytes) -> MynaError:
            self._references.forget(voice)
            return refusal(self._transport, status, content)

        ask = self._interface.ask(utterance, reference)
        seconds = until - time.monotonic()
        with closing(spoken(self._transport, ask, refused, decoder, seconds)) as chunks:
            for chunk in chunks:
                self._sample_rate = chunk.audio.sample_rate
                yield chunk
