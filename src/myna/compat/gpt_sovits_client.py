"""The client that CarePill's devices use: a user's voice, by way of a server."""

import base64
import json
from pathlib import Path

from myna.core.errors import (
    BadAudio,
    BadReference,
    BadText,
    MynaError,
    PackageMissing,
    RequestError,
    SynthesisFailed,
    VoiceNotFound,
)
from myna.engines.catalog import installed
from myna.storage.memory import MemoryFolder

SECONDS = 60.0  # a whole speech may take so long
RETRIES = 2


class GPTSoVITSClient:
    """Speaks in a user's voice through a server with CarePill's interface, such as `myna serve`.

    >>> client = GPTSoVITSClient("http://server:8000", "myna_...", "grandma", "/var/cache/speech")
    """

    def __init__(self, api_url: str, api_key: str, user_id: str, cache_dir: str | Path) -> None:
        """Ask nothing yet. `cache_dir` keeps what was said, and which voice said it."""
        if not installed("httpx2"):
            raise PackageMissing("GPTSoVITSClient", "remote")
        from myna.engines.remote.transport import Address, Patience, Transport

        patience = Patience(first_sound=SECONDS, retries=RETRIES)
        self._transport = Transport(Address("GPTSoVITSClient", api_url), patience)
        self._api_url, self._api_key, self._user_id = api_url, api_key, user_id
        self._kept = MemoryFolder(Path(cache_dir))

    def text_to_speech(self, text: str, use_cache: bool = True) -> bytes:
        """Return a text, said, as a WAV file; from the cache, without any network, if it is there.

        Raises `VoiceNotFound` before a sample was uploaded, `RequestError` for what the caller can
        mend, `EngineError` where the server failed or cannot be reached.
        """
        key = json.dumps(["speech", self._api_url, self._user_id, self._voice, text])
        if use_cache and (kept := self._kept.get(key)):
            return kept
        sent = self._asked("/api/v1/tts", "audio_base64", {"text": text})
        try:
            speech = base64.b64decode(sent, validate=True)
        except ValueError:
            raise self._misplaced() from None
        if use_cache:
            self._kept[key] = speech
        return speech

    def upload_voice_sample(
        self, path: str | Path, transcript: str = "", language: str = "auto"
    ) -> str:
        """Make a recording the user's voice, in place of an earlier one; return the voice's id.

        What an earlier voice said is not replayed any more. Raises `BadAudio`, `BadReference`.
        """
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise BadAudio(f"Cannot read {str(path)!r}: {error.strerror}.") from None
        given = {"transcript": transcript, "language": language}
        sample = (Path(path).name, content)
        voice_id = self._asked("/api/v1/voices", "voice_id", given, audio=sample)
        self._kept[self._voice_key] = voice_id.encode()
        return voice_id

    @property
    def _voice_key(self) -> str:
        return json.dumps(["voice", self._api_url, self._user_id])

    @property
    def _voice(self) -> str:
        return self._kept.get(self._voice_key, b"").decode()

    def _asked(
        self, path: str, wanted: str, given: dict[str, str], **files: tuple[str, bytes]
    ) -> str:
        """Return what is wanted of the server's answer."""
        from myna.engines.remote.transport import Ask

        form = {"user_id": self._user_id, "api_key": self._api_key, **given}
        answer = self._transport.knock(Ask(path, form=form, files=files or None), SECONDS, RETRIES)
        if answer.status != 200:
            raise self._refused(answer.status, answer.content)
        try:
            return str(json.loads(answer.content)[wanted])
        except (ValueError, KeyError, TypeError):
            raise self._misplaced() from None

    def _misplaced(self) -> SynthesisFailed:
        return SynthesisFailed(
            f"{self._transport.address.shown} did not answer as a server with CarePill's interface "
            "does. Check `api_url`."
        )

    def _refused(self, status: int, content: bytes) -> MynaError:
        from myna.engines.remote.speaking import message, refusal

        told = message(content)
        if status == 404:
            return VoiceNotFound(self._user_id)
        if status in (401, 403):
            return RequestError(f"The server refused `api_key`: {told}")
        if status in (400, 413, 422):
            return _MISTAKES.get(_code(content), RequestError)(told)
        return refusal(self._transport, status, content)


_MISTAKES: dict[str, type[RequestError]] = {
    kind.code: kind for kind in (BadAudio, BadReference, BadText)
}


def _code(content: bytes) -> str:
    try:
        return str(json.loads(content)["code"])
    except (ValueError, KeyError, TypeError):
        return ""
