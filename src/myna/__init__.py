"""Zero-shot voice cloning: a few seconds of someone speaking in, any text in that voice out."""

from typing import TYPE_CHECKING

from myna.core.audio import Audio
from myna.core.edit import Edit, EditReport
from myna.core.errors import (
    EngineError,
    MynaError,
    PlaybackError,
    RequestError,
    SettingsError,
    StorageError,
)
from myna.core.speech import Chunk, ConversionRequest, Options, Pause, Speech, SpeechRequest
from myna.core.timing import Alignment, TimedText
from myna.core.voice import Voice

if TYPE_CHECKING:
    from myna.dsp.codec import (
        AudioFormat,
        NativeAudio,
        decode_native,
        encode_native,
        load_audio,
        save_audio,
    )
    from myna.playback.playing import Ending, Playing, Priority
    from myna.playback.speaker import Speaker
    from myna.settings import Settings
    from myna.studio.editing.edit import EditedRecording, EditRequest
    from myna.studio.studio import Studio

__all__ = [
    "Alignment",
    "Audio",
    "AudioFormat",
    "Chunk",
    "ConversionRequest",
    "Edit",
    "EditReport",
    "EditRequest",
    "EditedRecording",
    "Ending",
    "EngineError",
    "MynaError",
    "NativeAudio",
    "Options",
    "Pause",
    "PlaybackError",
    "Playing",
    "Priority",
    "RequestError",
    "Settings",
    "SettingsError",
    "Speaker",
    "Speech",
    "SpeechRequest",
    "StorageError",
    "Studio",
    "TimedText",
    "Voice",
    "decode_native",
    "encode_native",
    "load_audio",
    "save_audio",
]

_HEAVY = {
    "AudioFormat": "myna.dsp.codec",
    "EditRequest": "myna.studio.editing.edit",
    "EditedRecording": "myna.studio.editing.edit",
    "NativeAudio": "myna.dsp.codec",
    "decode_native": "myna.dsp.codec",
    "encode_native": "myna.dsp.codec",
    "Ending": "myna.playback.playing",
    "Playing": "myna.playback.playing",
    "Priority": "myna.playback.playing",
    "Settings": "myna.settings",
    "Speaker": "myna.playback.speaker",
    "Studio": "myna.studio.studio",
    "load_audio": "myna.dsp.codec",
    "save_audio": "myna.dsp.codec",
}
"""Imported when first used, so that `import myna` stays quick."""


def __getattr__(name: str) -> object:
    if name not in _HEAVY:
        raise AttributeError(f"module 'myna' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HEAVY[name]), name)


def __dir__() -> list[str]:
    return __all__
