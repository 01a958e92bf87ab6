"""Settings of what is kept, and how much of one thing is accepted."""

from pydantic import Field

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
    """Longest recording accepted for alignment."""
    upload_bytes: int = Field(default=50_000_000, gt=0)
    """Largest audio file accepted."""
