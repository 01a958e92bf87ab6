"""Python surfaces that existing code expects: thin doors, each in the terms of another project."""

from myna.compat.gpt_sovits_client import GPTSoVITSClient
from myna.compat.voice_cloner import VoiceCloner

__all__ = ["GPTSoVITSClient", "VoiceCloner"]
