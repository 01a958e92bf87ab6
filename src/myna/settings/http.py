"""Settings of the server."""

import os
import re
from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from myna.settings.section import Section

ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^/\s]+")


class HttpSettings(Section):
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
    voice_aliases: dict[str, str] = Field(default_factory=dict)
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

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        named = tuple(origin.rstrip("/").lower() for origin in origins)
        for origin in named:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin!r} is no origin: write it like 'https://example.org', or '*'"
                )
        return named
