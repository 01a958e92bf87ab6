"""Settings of what is kept, and how much of one thing is accepted."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from myna.settings.section import Section


class CacheSettings(Section):
    """Finished sentences kept on disk."""

    enabled: bool = True
    """Keep finished sentences and replay them."""
    max_bytes: int = Field(default=2_000_000_000, ge=0)
    """Disk space for them; the longest unused go first."""


class LimitSettings(Section):
    """Bounds that keep one request from taking everything."""

    text_characters: int = Field(default=200_000, gt=0)
    """Longest text of one request."""
    reference_seconds: float = Field(default=120.0, gt=0)
    """Longest reference recording accepted; an engine uses the part of it that suits it."""
    audio_seconds: float = Field(default=900.0, gt=0)
    """Longest recording accepted for alignment, editing and conversion."""
    upload_bytes: int = Field(default=50_000_000, gt=0)
    """Largest audio file accepted."""


class S3Settings(Section):
    """A bucket for the recordings of voices, instead of a folder in `home`."""

    bucket: str | None = None
    """Its name. Unset: recordings are in `home`."""
    endpoint: str | None = Field(default=None, pattern=r"^https?://[^/]")
    """Address of an S3-compatible store. Unset: Amazon's."""
    region: str = "us-east-1"
    """The bucket's region."""
    access_key_id: str | None = None
    """Unset: found as Amazon's own tools find it."""
    secret_access_key: SecretStr | None = None
    """Likewise."""
    prefix: str = ""
    """What the names of all recordings begin with."""

    @model_validator(mode="after")
    def _both_keys(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("give both `access_key_id` and `secret_access_key`, or neither")
        return self
