"""`VoiceCloner`: a text in the voice of a recording, or of a default one."""

from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from myna.core.errors import BadReference, MynaError
from myna.core.languages import AUTO
from myna.core.speech import SpeechRequest
from myna.core.voice import Voice
from myna.dsp.codec import AudioFormat, encode_file
from myna.settings import RemoteSettings, Settings
from myna.studio.studio import Studio
from myna.studio.voices import Recording, check_recording

SERVER = "remote"
SECONDS = 60.0  # until the first sound, with servers that send it when all is there
Kind = Literal["myna", "gpt-sovits-v1", "gpt-sovits-v2"]


class VoiceCloner:
    """Says texts in the voice of a recording. Every answer is a WAV file.

    With the engines that the settings name, or through one server at `api_url`.

    >>> cloner = VoiceCloner()
    >>> cloner.is_available()
    True
    """

    def __init__(
        self, api_url: str | None = None, api_key: str = "", *, kind: Kind = "myna"
    ) -> None:
        """`kind` says what the server at `api_url` is. Nothing is asked of it yet."""
        self._studio = Studio.open(_settings(api_url, api_key, kind) if api_url else None)
        self._default: Voice | None = None

    def clone_voice_from_audio(
        self,
        audio_path: str | Path,
        text: str,
        text_language: str = AUTO,
        prompt_text: str = "",
        prompt_language: str = AUTO,
    ) -> bytes:
        """Say a text in the voice of a recording. `prompt_text`: the words said in it.

        Raises `BadAudio`, `BadReference`, `Unsupported`, `EngineError`.
        """
        recording = Recording(Path(audio_path), prompt_text, prompt_language)
        return self._said(text, text_language, self._voice(recording))

    def clone_voice_from_bytes(
        self,
        audio: bytes,
        text: str,
        text_language: str = AUTO,
        prompt_text: str = "",
        prompt_language: str = AUTO,
    ) -> bytes:
        """Say a text in the voice of a recording, given as the content of its file."""
        recording = Recording(audio, prompt_text, prompt_language)
        return self._said(text, text_language, self._voice(recording))

    def clone_voice_with_default(self, text: str, text_language: str = AUTO) -> bytes:
        """Say a text in the default voice. Raises `BadReference` before there is one."""
        if self._default is None:
            raise BadReference("There is no default voice: `change_default_reference` sets one.")
        return self._said(text, text_language, self._default)

    def change_default_reference(
        self, audio_path: str | Path, prompt_text: str = "", prompt_language: str = AUTO
    ) -> None:
        """Make a recording the default voice. One that cannot serve leaves the earlier one."""
        self._default = self._voice(Recording(Path(audio_path), prompt_text, prompt_language))

    def is_available(self) -> bool:
        """Whether an engine could speak now. Never raises."""
        try:
            return any(
                status.ready
                for status in self._studio.engines()
                if status.name in self._studio.settings.engines
            )
        except MynaError:
            return False

    def _voice(self, recording: Recording) -> Voice:
        return check_recording(self._studio, recording).voice

    def _said(self, text: str, language: str, voice: Voice) -> bytes:
        speech = self._studio.speak(SpeechRequest(text, voice, language))
        return encode_file(speech.audio, AudioFormat.WAV)


def _settings(api_url: str, api_key: str, kind: Kind) -> Settings:
    key = SecretStr(api_key) if api_key else None
    own = RemoteSettings(kind=kind, url=api_url, key=key, first_sound_seconds=SECONDS)
    return Settings.load().model_copy(update={"engines": (SERVER,), "remotes": {SERVER: own}})
