"""Settings of the servers that speak for this machine, one section each."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from myna.settings.section import Section

RemoteKind = Literal["myna", "gpt-sovits-v2", "gpt-sovits-v1", "openai", "clova"]


class RemoteSettings(Section):
    """A server that speaks: `[remotes.NAME]` makes the engine `NAME`."""

    kind: RemoteKind
    """What it is: another Myna, GPT-SoVITS' api_v2.py or api.py, OpenAI's interface, Clova."""
    url: str | None = Field(default=None, pattern=r"^https?://[^/]")
    """Its address, such as `http://server:8000`. Needed for all but Clova, which has one."""
    key: SecretStr | None = None
    """The API key; for Clova the client secret."""
    key_id: SecretStr | None = None
    """Clova's client id."""
    model: str = "tts-1"
    """What OpenAI-like servers are asked for as `model`."""
    voice: str | None = None
    """Its own voice to speak with: a name there, a Clova speaker, a recording's path there."""
    voices: dict[str, str] = Field(default_factory=dict)
    """The same for one voice (by id, see `myna voices show`) or one language (`ko`)."""
    clones: bool = False
    """An OpenAI-like server that takes a recording along (`ref_audio`, `ref_text`)."""
    reference_folder: Path | None = None
    """A folder this machine shares with a GPT-SoVITS server: recordings are put there for it."""
    reference_path: str | None = None
    """How the server calls that folder. Unset: as this machine does."""
    identity: str | None = None
    """What cached sentences know it by, its own for each server: the same on machines that reach
    it by different addresses. Unset: its address."""
    revision: str = ""
    """Change it when the server's weights change: cached sentences are then made again."""
    connect_seconds: float = Field(default=1.0, gt=0)
    """How long a connection may take."""
    first_sound_seconds: float = Field(default=5.0, gt=0)
    """How long the first sound of a sentence may take, connection and retries included."""
    stall_seconds: float = Field(default=2.0, gt=0)
    """How long it may then be silent between two pieces."""
    retries: int = Field(default=2, ge=0, le=10)
    """How often to try again where no connection was made or the server failed (5xx)."""
    ca_file: Path | None = None
    """A certificate (PEM) to trust beside the system's: that of your own server."""
    proxy: str | None = None
    """Reach it through this proxy. Proxies in the environment are not used."""
