"""All settings: environment over myna.toml over defaults."""

import os
import re
import tomllib
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Self

import platformdirs
import pydantic_settings
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from myna.core.errors import SettingsError
from myna.engines.catalog import ENGINES
from myna.settings.engines import CosyVoiceSettings, GptSovitsSettings
from myna.settings.http import HttpSettings
from myna.settings.playback import PlaybackSettings
from myna.settings.remotes import RemoteSettings
from myna.settings.section import expanded
from myna.settings.storage import CacheSettings, LimitSettings, S3Settings

PREFIX = "MYNA_"
FILE_NAME = "myna.toml"

_SECRETS = ("key", "token", "secret", "password", "database_url")
"""What the names of settings contain whose values are never told."""


def default_home() -> Path:
    """Where Myna keeps everything: `MYNA_HOME`, else the platform's data directory."""
    if chosen := os.environ.get(f"{PREFIX}HOME"):
        with suppress(RuntimeError):  # `Settings` tells of a user who is not there
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
    database_url: SecretStr | None = None
    """PostgreSQL, such as `postgresql://myna:password@host/myna`. Unset: SQLite in `home`."""
    hub_endpoint: str | None = None
    """Mirror of the model hub that `myna pull` downloads from. Unset: huggingface_hub's own."""
    s3: S3Settings = S3Settings()
    cache: CacheSettings = CacheSettings()
    limits: LimitSettings = LimitSettings()
    http: HttpSettings = HttpSettings()
    playback: PlaybackSettings = PlaybackSettings()
    cosyvoice: CosyVoiceSettings = CosyVoiceSettings()
    gpt_sovits: GptSovitsSettings = GptSovitsSettings()
    remotes: dict[str, RemoteSettings] = Field(default_factory=dict)
    """Servers that speak for this machine; each is an engine by its name here."""

    @field_validator("home")
    @classmethod
    def _at_home(cls, home: Path) -> Path:
        return expanded(home)

    @field_validator("remotes")
    @classmethod
    def _check_names(cls, remotes: dict[str, RemoteSettings]) -> dict[str, RemoteSettings]:
        for name in remotes:
            if name in ENGINES or not re.fullmatch(r"[\w-]+", name):
                raise ValueError(
                    f"a remote cannot be named {name!r}: use letters, digits, - and _, and no "
                    "built-in engine's name"
                )
        return remotes

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
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{_settings_file()} cannot be read: {error}") from None
        except pydantic_settings.SettingsError as error:
            raise SettingsError(
                f"In the environment: {error}. Write lists and sections as JSON there, such as "
                f'{PREFIX}ENGINES=\'["remote", "embedded"]\'.'
            ) from None

    @staticmethod
    def of_file(path: Path) -> "Settings":
        """Read them from one file and from nowhere else.

        Raises `SettingsError`, also where something would be in a home that the file does not name.
        """
        try:
            found = _OfFile(**tomllib.loads(path.read_text("utf-8")))
        except ValidationError as error:
            raise SettingsError(f"{path}: {'; '.join(_explain(error))}") from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"The settings in {str(path)!r} cannot be read: {error}") from None
        is_elsewhere = found.database_url is not None and found.s3.bucket is not None
        if not is_elsewhere and "home" not in found.model_fields_set:
            raise SettingsError(
                f"{str(path)!r} does not say where everything is. Set `home` in it, or both "
                "`database_url` and `s3.bucket`: what these do not take is kept in `home`."
            )
        return found

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


class _OfFile(Settings):
    """Settings that are what they are told to be, whatever the environment says."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments only."""
        return (init_settings,)


def _settings_file() -> Path:
    local = Path(FILE_NAME)
    return local if local.is_file() else default_home() / FILE_NAME


def _explain(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            lines.append(f"Unknown setting {key!r}; docs/reference/settings.md lists them all")
        elif _may_be_told(key, problem["input"]):
            lines.append(f"Setting {key!r} cannot be {problem['input']!r}: {problem['msg']}")
        else:
            lines.append(f"Setting {key!r} is not accepted: {problem['msg']}")
    return lines


def _may_be_told(key: str, value: object) -> bool:
    """Whether a value is nobody's secret: whole sections hold some, and so do URLs with users."""
    is_secret = any(word in key.lower() for word in _SECRETS)
    return isinstance(value, str | int | float) and not is_secret and "@" not in str(value)


def _warn_of_unknown_variables(settings: type[BaseSettings]) -> None:
    known = tuple(f"{PREFIX}{name}".upper() for name in settings.model_fields)
    for variable in os.environ:
        upper = variable.upper()
        if upper.startswith(PREFIX) and upper.split("__")[0] not in known:
            warnings.warn(f"Unknown environment variable {variable!r} is ignored.", stacklevel=3)
