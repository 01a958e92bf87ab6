"""The one place that reads the environment and myna.toml."""

import os
import tomllib
import warnings
from pathlib import Path
from typing import Literal, Self

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from myna.core.errors import SettingsError

PREFIX = "MYNA_"
FILE_NAME = "myna.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class CacheSettings(_Section):
    """Finished sentences kept on disk."""

    enabled: bool = True
    """Keep finished sentences and replay them."""
    max_bytes: int = Field(default=2_000_000_000, ge=0)
    """Disk space for them; the longest unused go first."""


class LimitSettings(_Section):
    """Bounds that keep one request from taking everything."""

    text_characters: int = Field(default=200_000, gt=0)
    """Longest text of one request."""
    reference_seconds: float = Field(default=120.0, gt=0)
    """Longest reference recording accepted; an engine uses the part of it that suits it."""
    audio_seconds: float = Field(default=900.0, gt=0)
    """Longest recording accepted for alignment."""
    upload_bytes: int = Field(default=50_000_000, gt=0)
    """Largest audio file accepted."""


class GptSovitsSettings(_Section):
    """The engine `gpt-sovits`: where its files are and how it runs."""

    folder: Path | None = None
    """Published files, or an installation of GPT-SoVITS. Unset: `models/gpt-sovits` in `home`."""
    semantic_weights: Path | None = None
    """Your own GPT weights (.ckpt). Unset: the published ones."""
    vits_weights: Path | None = None
    """Your own SoVITS weights (.pth). Unset: the published ones."""
    version: Literal["v1", "v2", "v2Pro", "v2ProPlus"] | None = None
    """Which published model to speak with. Unset: the best whose files are there."""
    slots: int = Field(default=8, gt=0)
    """How many sentences are drawn at the same moment."""
    queue_length: int = Field(default=64, ge=0)
    """How many more may wait for a slot."""
    threads: int | None = Field(default=None, gt=0)
    """Processors for one computation. Unset: torch decides."""


class HttpSettings(_Section):
    """The server: where it listens, whom it lets in, how much it takes on."""

    host: str = "127.0.0.1"
    """Address to listen on. Any but this machine's own needs API keys, or `allow_anonymous`."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Port to listen on; 0 lets the system choose."""
    allow_anonymous: bool = False
    """Serve everyone who can reach the address, without a key."""
    cors_origins: tuple[str, ...] = ()
    """Web pages that may call from a browser, such as `https://example.org`; `*` for all."""
    dialects: tuple[str, ...] | None = None
    """Which other interfaces to speak beside the native one. Unset: all."""
    voice_aliases: dict[str, str] = {}
    """Voices for names that OpenAI's clients insist on, such as `{ alloy = "grandma" }`."""
    reference_directory: Path | None = None
    """Where clients that name a reference by path may have theirs. Unset: nowhere."""
    admin_operations: bool = False
    """Let holders of an `admin` key change what the server runs."""

    jwt_secret: SecretStr | None = None
    """Accept tokens signed with this secret (HS256): 32 bytes or more."""
    jwt_public_key: str | None = None
    """Accept tokens signed with the private half of this key (RS256, PEM)."""
    jwt_audience: str | None = None
    """Accept only tokens for this audience."""
    jwt_issuer: str | None = None
    """Accept only tokens from this issuer."""
    jwt_cookie: str = "myna_token"
    """The HttpOnly cookie in which a browser may bring its token."""

    slots: int = Field(default_factory=lambda: os.cpu_count() or 1, gt=0)
    """How many engines run at the same moment. Default: one for each processor."""
    max_streams: int = Field(default=64, gt=0)
    """How many speeches are in progress at once."""
    caller_streams: int = Field(default=64, gt=0)
    """How many of them one caller may have."""
    queue_length: int = Field(default=64, ge=0)
    """How many more may wait for their beginning."""
    queue_seconds: float = Field(default=4.0, ge=0)
    """How long they wait at most."""
    rate: str = "1200/minute"
    """How many requests one caller may make, such as `10/second` or `1000/hour`."""
    engine_seconds: float = Field(default=60.0, gt=0)
    """How long an engine may take over one piece of sound."""
    send_seconds: float = Field(default=60.0, gt=0)
    """How long a listener may take nothing before the line is cut."""
    idle_seconds: float = Field(default=60.0, gt=0)
    """How long a speech whose text is still arriving waits for more of it."""
    body_bytes: int = Field(default=2_000_000, gt=0)
    """Largest request without a recording; with one, `limits.upload_bytes` counts."""
    body_seconds: float = Field(default=60.0, gt=0)
    """How long a request may take to arrive."""
    whole_text_characters: int = Field(default=20_000, gt=0)
    """Longest text for a speech that is asked for in one piece."""
    shutdown_seconds: float = Field(default=20.0, ge=0)
    """How long running speeches may take to end when the server is stopped."""


def default_home() -> Path:
    """Where Myna keeps everything: `MYNA_HOME`, else the platform's data directory."""
    if chosen := os.environ.get(f"{PREFIX}HOME"):
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("myna", appauthor=False)


class Settings(BaseSettings):
    """Environment (`MYNA_CACHE__MAX_BYTES`) over myna.toml (`[cache] max_bytes`) over defaults.

    myna.toml is looked for in the working directory, then in Myna's home. Unknown keys are
    refused, unknown `MYNA_` variables warned about.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    home: Path = Field(default_factory=default_home)
    """The one directory with voices, database, cache and models."""
    engines: tuple[str, ...] = Field(default=("embedded",), min_length=1)
    """Engines to try, in order."""
    hub_endpoint: str | None = None
    """Mirror of the model hub that `myna pull` downloads from. Unset: huggingface_hub's own."""
    cache: CacheSettings = CacheSettings()
    limits: LimitSettings = LimitSettings()
    http: HttpSettings = HttpSettings()
    gpt_sovits: GptSovitsSettings = GptSovitsSettings()

    @classmethod
    def load(cls) -> Self:
        """Read them, or raise `SettingsError` naming the key and what is wrong with it."""
        _warn_of_unknown_variables(cls)
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError("; ".join(_explain(error))) from None
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{_settings_file()} is not valid TOML: {error}") from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then myna.toml."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=_settings_file())
        return init_settings, env_settings, toml


def _settings_file() -> Path:
    local = Path(FILE_NAME)
    return local if local.is_file() else default_home() / FILE_NAME


def _explain(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            lines.append(f"Unknown setting {key!r}; docs/reference/settings.md lists them all")
        else:
            lines.append(f"Setting {key!r} cannot be {problem['input']!r}: {problem['msg']}")
    return lines


def _warn_of_unknown_variables(settings: type[BaseSettings]) -> None:
    known = tuple(f"{PREFIX}{name}".upper() for name in settings.model_fields)
    for variable in os.environ:
        upper = variable.upper()
        if upper.startswith(PREFIX) and upper.split("__")[0] not in known:
            warnings.warn(f"Unknown environment variable {variable!r} is ignored.", stacklevel=3)
