"""Zero-shot voice cloning: a few seconds of someone speaking in, any text in that voice out."""

from myna.core.audio import Audio
from myna.core.errors import MynaError
from myna.core.speech import Chunk, Options, Speech, SpeechRequest
from myna.core.voice import Voice

__all__ = ["Audio", "Chunk", "MynaError", "Options", "Speech", "SpeechRequest", "Voice"]
