"""Naver Clova Voice Premium: fixed speakers, keys, an answer in one piece.

Wire: https://api.ncloud-docs.com/docs/ai-naver-clovavoice-ttspremium
"""

from collections.abc import Generator

from myna.core.engine import Capabilities, check_speaks
from myna.core.errors import MynaError
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
from myna.engines.remote.voices import VoiceNames, no_voice

URL = "https://naveropenapi.apigw.ntruss.com"
PATH = "/tts-premium/v1/tts"
ID_HEADER, KEY_HEADER = "X-NCP-APIGW-API-KEY-ID", "X-NCP-APIGW-API-KEY"
LANGUAGES = frozenset({"ko", "en", "ja", "zh"})
SAMPLE_RATE = 24000  # Hz, asked for
PACE = 10.0  # steps of its `speed` for once the usual duration more
FASTEST, SLOWEST = -5, 10


class ClovaEngine:
    """Speaks with Clova's own speakers: never in the voice asked for.

    Knows the speed, and the speakers that are set.
    """

    def __init__(self, transport: Transport, speakers: VoiceNames, revision: str = "") -> None:
        self.name = transport.address.name
        self._transport = transport
        self._speakers = speakers
        self.capabilities = Capabilities(
            speakers.languages(LANGUAGES), SAMPLE_RATE, clones=False, speakers=speakers.speakers
        )
        self._knobs = Knobs(self.name, ("speed", "speaker"))
        self.fingerprint = fingerprint("clova", transport.address.known_as, speakers, revision)

    def speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        """Yield the sentence as it arrives. Raises `EngineError` where the service fails."""
        check_speaks(self.name, self.capabilities, utterance.language)
        return self._speak(utterance, voice)

    def check(self) -> None:
        """Ask whether the service is there and takes the key. Raises `EngineError`.

        A request without a text is refused, and costs nothing.
        """
        check_well(self._transport, Ask(PATH, form={}))

    def _speak(self, utterance: Utterance, voice: Voice) -> Generator[Chunk]:
        if not is_sayable(utterance.text):
            return
        self._knobs.tell(utterance.options, voice)
        speaker = self._speakers.find(voice, utterance.language, utterance.options.speaker)
        if speaker is None:
            raise no_voice(self.name, voice, utterance.language)
        form = {
            "speaker": speaker.name,
            "text": utterance.text,
            "volume": "0",
            "speed": str(_pace(utterance.options.speed)),
            "pitch": "0",
            "format": "wav",
            "sampling-rate": str(SAMPLE_RATE),
        }
        chosen = bool(utterance.options.speaker)
        decoder = SoundDecoder(self.name, cloned=chosen, sound=StreamDecoder())
        yield from spoken(self._transport, Ask(PATH, form=form), self._refused, decoder)

    def _refused(self, status: int, content: bytes) -> MynaError:
        return refusal(self._transport, status, content)


def _pace(speed: float) -> int:
    return min(max(round(PACE * (1 / speed - 1)), FASTEST), SLOWEST)
